"""The years and months of the calendars that a rule may count in, over ordinals of the Gregorian day."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple, Protocol

LAST_DAY = date.max.toordinal()


class Month(NamedTuple):
    number: int
    leap: bool
    first: int
    """`date.toordinal` of its first day."""
    length: int


class Scale(Protocol):
    """A calendar. Years and months are counted by integers; what it does not know is empty."""

    def year(self, day: int) -> int:
        """The year of a day, one outside the known years if the day is."""

    def months(self, year: int) -> Sequence[Month]:
        """The months of a year; none for a year it does not know."""

    def month_index(self, day: int) -> int:
        """The number of a day's month, counted without gap through all years."""

    def month(self, index: int) -> Month | None:
        """The month of that number; None if it does not know it."""


def span(months: Sequence[Month]) -> tuple[int, int]:
    """First day and length of months that follow each other."""
    last = months[-1]
    return months[0].first, last.first + last.length - months[0].first


class Gregorian:
    """The proleptic Gregorian calendar, years 1 to 9999."""

    def year(self, day: int) -> int:
        return date.fromordinal(day).year

    def months(self, year: int) -> Sequence[Month]:
        return _months(year)

    def month_index(self, day: int) -> int:
        found = date.fromordinal(day)
        return found.year * 12 + found.month - 1

    def month(self, index: int) -> Month | None:
        months = _months(index // 12)
        return months[index % 12] if months else None


@lru_cache(maxsize=1024)
def _months(year: int) -> tuple[Month, ...]:
    if not date.min.year <= year <= date.max.year:
        return ()
    firsts = [date(year, month, 1).toordinal() for month in range(1, 13)]
    ends = [*firsts[1:], date(year, 12, 31).toordinal() + 1]
    return tuple(
        Month(n, False, first, end - first) for n, (first, end) in enumerate(zip(firsts, ends, strict=True), 1)
    )
