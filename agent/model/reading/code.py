"""Code in backticks: what stands in it is text, whatever it looks like, unless a whole block may be a call."""

import re
from collections.abc import Iterator

from agent.model.reading import candidates
from agent.model.reading.flow import Flow, Span
from agent.model.reading.names import Names
from agent.model.reading.pile import Pile

_LONGEST_LINE = 300
_CALL_BLOCKS = {"", "json", "tool_call", "tool_calls", "tool_code", "tool", "function_call", "xml"}


class Code:
    """Where code begins and ends: a fence on lines of its own, or backticks within one line."""

    def __init__(self, flow: Flow, names: Names) -> None:
        self._flow = flow
        self._names = names
        self._ticks = ""
        self._fenced = False

    def begin(self, ticks: str) -> Iterator[Span]:
        flow = self._flow
        self._ticks, self._fenced = ticks, len(ticks) > 2 and flow.fresh
        flow.mode = "fence" if self._fenced else "code"
        return iter(()) if self._fenced else flow.text(ticks)

    def first_line(self, last: bool) -> Iterator[Span]:
        """What stands behind the opening of a fence says whether the block may be a call."""
        flow = self._flow
        line, ended, rest = flow.rest.partition("\n")
        if not ended and not last and len(line) < _LONGEST_LINE:
            return iter(())
        if not ended or not self._names or line.strip().lower() not in _CALL_BLOCKS:
            flow.mode, flow.rest = "code", flow.rest[len(line) :]
            return flow.text(self._ticks + line)
        flow.rest = rest
        end = re.compile(rf"(?:\n|(?<=\n))[ \t]*`{{{len(self._ticks)}}}")
        flow.hold(Pile("block", self._ticks + line + ended, closers=end, verdict=candidates.fenced(self._names)))
        return iter(())

    def mark(self, mark: str) -> Iterator[Span]:
        """Backticks or a line break within the code."""
        if self._fenced:
            ends = mark != "\n" and len(mark) >= len(self._ticks) and self._flow.fresh
        else:
            ends = mark in (self._ticks, "\n")
        if ends:
            self._flow.mode = "text"
        return self._flow.text(mark)
