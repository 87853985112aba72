"""Which words of a text say what the number at a place is."""

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple, cast

from agent.privacy.words import WORDS, Kind

_LABEL = re.compile(
    # Most characters begin no label; to see that first takes half the time.
    "(?=[a-z가-힣☎☏📞📱㈜(])(?:" + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in WORDS.items()) + ")"
)
_NEXT_LINE = re.compile(r"""[\s:|*"'()>-]*|[^\n]*\n[^\n:]{1,12}:[^\n]{0,10}""")
"""A number below its label, or in the answer to the question that has the label."""
_LONG_NUMBER = re.compile(r"[0-9]{4}")


class Label(NamedTuple):
    """A word that names a kind of number."""

    start: int
    end: int
    kind: Kind


class Labels:
    """All labels of a folded text, for questions about what stands near a place."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[Label] = []
        for found in _LABEL.finditer(text):
            label = Label(*found.span(), cast(Kind, found.lastgroup))
            if label.kind != "unnamed" or not self._found or self._found[-1].end != label.start:
                self._found.append(label)
        self._starts = [label.start for label in self._found]
        self._ends = [label.end for label in self._found]

    def within(self, start: int, end: int) -> list[Label]:
        """The labels that lie in this part of the text."""
        return self._found[bisect_left(self._starts, start) : bisect_right(self._ends, end)]

    def nearest(self, place: int, reach: int) -> Kind | None:
        """What the last label before says, if it speaks of this place."""
        before = self.within(place - reach, place)
        return before[-1].kind if before and self._speaks_of(before[-1], place) else None

    def before(self, place: int, *kinds: Kind, reach: int) -> bool:
        """Whether such a label stands before, with no other number and no end of a line between."""
        return any(label.kind in kinds and self._speaks_of(label, place) for label in self.within(place - reach, place))

    def around(self, place: int, *kinds: Kind, reach: int) -> bool:
        """Whether such a label stands anywhere near, however many lines and numbers between."""
        return any(label.kind in kinds for label in self.within(place - reach, place + reach))

    def after(self, place: int, *kinds: Kind, reach: int) -> bool:
        """Whether such a label follows on the same line."""
        return any(
            label.kind in kinds and "\n" not in self._text[place : label.start]
            for label in self.within(place, place + reach)
        )

    def _speaks_of(self, label: Label, place: int) -> bool:
        gap = self._text[label.end : place]
        return not _LONG_NUMBER.search(gap) and ("\n" not in gap or bool(_NEXT_LINE.fullmatch(gap)))
