"""What a model writes as text, split into words, thinking and what may be calls."""

import re
from collections.abc import Iterator

from agent.model.reading import candidates
from agent.model.reading.code import Code
from agent.model.reading.flow import Flow, Span
from agent.model.reading.marks import HEADER_END, HEADER_STOPS, Marks, closers
from agent.model.reading.names import Names
from agent.model.reading.pile import Pile

_RECIPIENT = re.compile(r"\bto=([\w.:/\-]+)")
_BARE_RECIPIENT = "to=functions."
_LONGEST_HEADER = 300


class Scanner:
    """Feed it pieces in order, then `finish`. Text goes out as soon as it cannot be anything else."""

    def __init__(self, marks: Marks, names: Names, *, expects_thought: bool, may_think: bool = False) -> None:
        self.thought_apart = False
        """The reasoning comes in a field of its own, so a tag without its other half is left over and no border."""
        self._marks = marks
        self._names = names
        self._expects_thought = expects_thought
        self._may_think = may_think
        self._thought = False
        self._harmony = False
        self._flow = Flow()
        self._code = Code(self._flow, names)
        self._modes = {
            "begin": self._begin,
            "text": self._in_text,
            "thought": self._in_thought,
            "header": self._in_header,
            "fence": self._code.first_line,
            "code": self._in_code,
            "pile": self._flow.on_pile,
        }

    def begin_thinking(self) -> None:
        """What comes is reasoning, tags or not."""
        self.thought_apart, self._flow.mode = True, "thought"

    def feed(self, piece: str) -> Iterator[Span]:
        flow = self._flow
        if not flow.rest and not self._marks.starts.search(piece):
            if flow.mode == "thought":
                yield Span("thought", piece)
                return
            if flow.mode == "text" and not flow.fresh and "\n" not in piece:
                yield Span("text", piece)
                return
        flow.rest += piece
        yield from self._run(last=False)

    def finish(self) -> Iterator[Span]:
        yield from self._run(last=True)

    def _run(self, *, last: bool) -> Iterator[Span]:
        before = None
        while before != (before := (self._flow.mode, len(self._flow.rest))):
            yield from self._modes[self._flow.mode](last)

    def _begin(self, last: bool) -> Iterator[Span]:
        """Nothing was said yet: the whole answer may turn out to be a call."""
        flow, begun = self._flow, self._flow.rest.lstrip()
        if not last and (not begun or self._marks.unsettled(begun) == len(begun) or self._may_be_recipient(begun)):
            return iter(())
        flow.mode = "text"
        if self._names and begun.lower().startswith(_BARE_RECIPIENT):
            flow.mode = "header"
        elif self._names and begun.startswith(("{", "[")) and not self._marks.in_text.match(begun):
            flow.hold(Pile("bare", verdict=candidates.bare(self._names)))
        return iter(())

    def _may_be_recipient(self, begun: str) -> bool:
        return bool(self._names) and len(begun) < len(_BARE_RECIPIENT) and _BARE_RECIPIENT.startswith(begun.lower())

    def _in_text(self, last: bool) -> Iterator[Span]:
        flow = self._flow
        found = self._marks.in_text.search(flow.rest)
        if not found:
            kept = 0 if last else max(self._marks.unsettled(flow.rest), self._may_lead())
            yield from flow.say(len(flow.rest) - kept)
            return
        mark, role = found[0], self._marks.role(found[0])
        yield from flow.say(found.start())
        if role == "ticks" and mark == flow.rest and not last:
            return
        flow.rest = flow.rest[len(mark) :]
        yield from self._marked(mark, role)

    def _marked(self, mark: str, role: str) -> Iterator[Span]:
        flow = self._flow
        match role:
            case "think":
                flow.mode, self._thought = "thought", True
            case "close":
                yield from self._closed(mark)
            case "call":
                self._call(mark)
            case "header":
                flow.rest, flow.mode = mark + flow.rest, "header"
            case "ticks":
                yield from self._code.begin(mark)
            case "action" if flow.fresh:
                flow.hold(Pile("action", mark, verdict=candidates.action(self._names)))
            case "stray" | "dropped":
                yield Span("cut", mark)
            case "end" if self._harmony:
                yield Span("cut", mark)
            case _:
                yield from flow.text(mark)

    def _closed(self, mark: str) -> Iterator[Span]:
        """The end of a thinking whose beginning the template has put into the prompt."""
        flow = self._flow
        if self.thought_apart:
            yield Span("cut", mark)
        elif self._expects_thought or self._may_think or self._thought or flow.fresh:
            self._thought, flow.said, flow.fresh, flow.mode = True, False, True, "begin"
            yield Span("restart", mark)
        else:
            yield from flow.text(mark)

    def _call(self, mark: str) -> None:
        if mark.endswith("="):
            self._flow.rest = mark + self._flow.rest
            self._flow.hold(Pile("call", closers=closers(mark)))
        else:
            self._flow.hold(Pile("call", mark, closers=closers(mark), verdict=candidates.tagged))

    def _in_thought(self, last: bool) -> Iterator[Span]:
        flow = self._flow
        found = self._marks.in_thought.search(flow.rest)
        end = found.start() if found else len(flow.rest) - (0 if last else self._marks.unsettled(flow.rest))
        thought, flow.rest = flow.rest[:end], flow.rest[end:]
        if thought:
            yield Span("thought", thought)
        if found:
            yield from self._marked_in_thought(found[0], self._marks.role(found[0]))

    def _marked_in_thought(self, mark: str, role: str) -> Iterator[Span]:
        flow = self._flow
        if role == "header" and self._harmony:
            flow.mode = "header"
            return
        flow.rest = flow.rest[len(mark) :]
        if role == "close" or (role == "end" and self._harmony):
            flow.resume()
            yield Span("cut", mark)
        elif role != "think":
            yield Span("thought", mark)

    def _in_header(self, last: bool) -> Iterator[Span]:
        flow = self._flow
        end = HEADER_END.search(flow.rest, 0, _LONGEST_HEADER)
        if not end:
            if last or len(flow.rest) >= _LONGEST_HEADER:
                flow.mode = "text"
                mark = self._marks.in_text.match(flow.rest.lstrip())
                yield from flow.say(flow.rest.index(mark[0]) + len(mark[0]) if mark else len(_BARE_RECIPIENT))
            return
        header, flow.rest = flow.rest[: end.end()], flow.rest[end.end() :]
        self._harmony = True
        recipient = _RECIPIENT.search(header)
        if recipient and self._names:
            flow.hold(Pile("call", header, closers=HEADER_STOPS, heading=f"{recipient[1]}\n"))
        elif "analysis" in header:
            flow.mode, self._thought = "thought", True
        else:
            flow.resume()
            yield Span("cut", header)

    def _in_code(self, last: bool) -> Iterator[Span]:
        flow = self._flow
        unthought = self._expects_thought and not self._thought and not self.thought_apart
        found = (self._marks.in_unthought_code if unthought else self._marks.in_code).search(flow.rest)
        if not found:
            kept = self._marks.unsettled(flow.rest) if unthought and not last else 0
            yield from flow.say(len(flow.rest) - kept)
            return
        yield from flow.say(found.start())
        mark = found[0]
        if mark[0] == "`" and mark == flow.rest and not last:
            return
        flow.rest = flow.rest[len(mark) :]
        if mark[0] not in "`\n":
            yield from self._closed(mark)
        else:
            yield from self._code.mark(mark)

    def _may_lead(self) -> int:
        """Characters of the last line that may begin with `Action:`."""
        flow = self._flow
        start = flow.rest.rfind("\n") + 1
        line = flow.rest[start:].lstrip().lower()
        leads = self._names and (start or flow.fresh) and line and "action:".startswith(line)
        return len(line) if leads else 0
