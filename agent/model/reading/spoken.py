"""Whether a piece of a model's text is a call, and which."""

import re

from agent.model.reading.calls import CallReader
from agent.model.reading.edges import trimmed
from agent.model.reading.flow import Span
from agent.model.reading.quotation import Quotations
from agent.model.reading.raw import Raw
from agent.model.reading.values import leading
from agent.model.reading.written import Written, calls_in

_ACTION = re.compile(r"[ \t]*([^\n]*)\n\s*action input:[ \t]*(.*)", re.IGNORECASE | re.DOTALL)
_INVENTED = re.compile(r"(?:^|\n)\s*observation:.*", re.IGNORECASE | re.DOTALL)
"""A result that the model made up for its own call, and what follows from it."""
_EMPTY = {"", "[]", "{}"}


class SpokenCalls:
    """Reads the spans of one reply that may be calls."""

    def __init__(self, reader: CallReader, quotations: Quotations) -> None:
        self._reader = reader
        self._quotations = quotations

    def read(self, span: Span) -> Written | None:
        """The calls and the text that follows them, None if the span is text."""
        if span.kind == "call" and span.body.strip() in _EMPTY:
            return Written([])
        written = self._action(span.body) if span.kind == "action" else calls_in(trimmed(span.body))
        if not written.calls or self._quotations.holds(span.body):
            return None
        if span.kind == "call":
            return written if not span.closed else Written(written.calls)
        if written.rest and span.kind != "action":
            return None
        return written if all(map(self._reader.is_certain, written.calls)) else None

    def _action(self, body: str) -> Written:
        found = _ACTION.match(body)
        if not found:
            name, _, rest = body.partition("\n")
            return Written([Raw(name.strip(), said_arguments=False)], _INVENTED.sub("", rest))
        values, rest = leading(found[2])
        if values and isinstance(values[0], dict):
            return Written([Raw(found[1].strip(), values[0])], _INVENTED.sub("", rest))
        return Written([Raw(found[1].strip(), _INVENTED.sub("", found[2]).strip())])
