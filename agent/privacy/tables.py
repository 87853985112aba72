"""Tables in text (CSV, tabs, Markdown): the heading above a cell says what its numbers are."""

from bisect import bisect_right
from collections.abc import Iterator

from agent.privacy.labels import Labels
from agent.privacy.words import Kind

_SEPARATORS = "|\t,"
_LONGEST_ROW = 2000
_LONGEST_HEADING = 24
"""Longer ones are prose that happens to have as many commas as the next line."""


class Tables:
    """Which heading stands above a place of a folded text."""

    def __init__(self, text: str, labels: Labels) -> None:
        self._text = text
        self._labels = labels
        self._lines: list[int] = []
        self._headings: list[tuple[str, tuple[int, int]] | None] = []
        for start, heading in _rows(text):
            self._lines.append(start)
            self._headings.append(heading)

    def heading(self, place: int, *kinds: Kind) -> bool:
        """Whether the heading of the column has such a label."""
        line = bisect_right(self._lines, place) - 1
        heading = self._headings[line]
        if heading is None:
            return False
        separator, (start, end) = heading
        column = self._text.count(separator, self._lines[line], place)
        cells = self._text[start:end].split(separator)
        if len(cells[column]) > _LONGEST_HEADING:
            return False
        left = start + sum(len(cell) + 1 for cell in cells[:column])
        return any(label.kind in kinds for label in self._labels.within(left, left + len(cells[column])))


def _rows(text: str) -> Iterator[tuple[int, tuple[str, tuple[int, int]] | None]]:
    """The start of every line and, below the first row of a table, its separator and the place of that row."""
    start, shape, first = 0, ("", 0), (0, 0)
    for line in text.split("\n"):
        separator = next((one for one in _SEPARATORS if one in line), "")
        current = (separator, line.count(separator) if separator else 0)
        if separator and current == shape and len(line) <= _LONGEST_ROW:
            yield start, (separator, first)
        else:
            shape, first = current, (start, start + len(line))
            yield start, None
        start += len(line) + 1
