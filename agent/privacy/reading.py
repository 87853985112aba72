"""What every recogniser gets: the folded text, its labels and tables, each worked out once and only if asked for."""

import re
from functools import cached_property

from agent.privacy.folding import Folded
from agent.privacy.labels import Labels
from agent.privacy.tables import Tables
from agent.privacy.words import Kind

_NUMBER_BEFORE = re.compile(r"[0-9] {1,2}\Z")
_NUMBER_AFTER = re.compile(r" {1,2}[0-9]")
_IN_ADDRESS = re.compile(r"://[^\s]*\Z")
_LONGEST_ADDRESS = 200
"""Of the web, where paths are full of numbers."""


class Reading:
    """A text as recognisers see it; all positions are those of `text`."""

    def __init__(self, original: str) -> None:
        self.folded = Folded(original)
        self.text = self.folded.text

    @cached_property
    def labels(self) -> Labels:
        return Labels(self.text)

    @cached_property
    def tables(self) -> Tables:
        return Tables(self.text, self.labels)

    def named(self, place: int, *kinds: Kind, reach: int = 24) -> bool:
        """Whether a label shortly before or the heading of the column names the number at this place."""
        return self.labels.before(place, *kinds, reach=reach) or self.tables.heading(place, *kinds)

    def foreign(self, place: int, reach: int = 8) -> bool:
        """Whether the number at this place is said to be something that is nobody's."""
        if self.labels.nearest(place, reach) == "other" or self.tables.heading(place, "other"):
            return True
        return _IN_ADDRESS.search(self.text, max(0, place - _LONGEST_ADDRESS), place) is not None

    def unknown(self, place: int, reach: int) -> bool:
        """Whether the number at this place is said to be nobody's, or something we have no name for."""
        return self.labels.nearest(place, reach) == "unnamed" or self.foreign(place, reach)

    def in_row(self, start: int, end: int) -> bool:
        """Whether other numbers stand beside, a blank apart, as in a row of figures."""
        return bool(_NUMBER_BEFORE.search(self.text, max(0, start - 3), start) or _NUMBER_AFTER.match(self.text, end))

    def line(self, place: int, reach: int) -> tuple[int, int]:
        """The part of the line at a place that lies within reach."""
        left, right = max(0, place - reach), place + reach
        end = self.text.find("\n", place, right)
        return max(left, self.text.rfind("\n", left, place)), right if end < 0 else end
