"""Text that is held back because it may be a call."""

import re
from typing import Literal

from agent.model.reading.candidates import DECISIVE, Verdict
from agent.model.reading.values import in_string

Kind = Literal["call", "block", "bare", "action"]
"""Behind a tag; in a fenced block; the whole answer; `Action:`."""
_OVERLAP = 48
"""Characters; longer than any mark."""
_PATIENCE = 8
"""Ends that are passed over because they seem to stand in a string."""


class Pile:
    """Grows by pieces and looks for its end, each character once."""

    def __init__(
        self,
        kind: Kind,
        opener: str = "",
        *,
        closers: re.Pattern[str] | None = None,
        verdict: Verdict | None = None,
        heading: str = "",
    ) -> None:
        """`opener`: as it was written; `heading`: what the opener said, to stand before the body."""
        self.kind: Kind = kind
        self.opener = opener
        self._closers = closers
        self._verdict = verdict
        self._asked = 0
        self._parts: list[str] = []
        self._size = 0
        self._tail = ""
        self._passed_over = 0
        self._heading = heading

    @property
    def written(self) -> str:
        """All that was held back behind the opener."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def body(self, end: int | None = None) -> str:
        return self._heading + self.written[:end]

    def add(self, piece: str) -> tuple[int, int] | None:
        """Where in what was written its end stands, if it has come."""
        seen, window = len(self._tail), self._tail + piece
        start = self._size - seen
        self._parts.append(piece)
        self._size += len(piece)
        self._tail = window[-_OVERLAP:]
        for found in self._closers.finditer(window) if self._closers else ():
            if found.end() > seen and self._ends(start + found.start()):
                return start + found.start(), start + found.end()
        return None

    def is_no_call(self, end: int | None) -> bool:
        """Decided at the earliest character that tells; without one the text up to `end` is held."""
        while self._verdict and self._asked < (self._size if end is None else end):
            self._asked += 1
            decided = self._verdict(self.written[: self._asked]) if self._asked < DECISIVE else False
            if decided is not None:
                self._verdict = None
                return not decided
        return False

    def _ends(self, at: int) -> bool:
        """An end inside a string of the arguments is part of them."""
        body = self.written[:at].strip()
        if self._passed_over >= _PATIENCE or not body.startswith(("{", "[")) or body.endswith(("}", "]")):
            return True
        self._passed_over += 1
        return not in_string(body)
