"""Weekdays and week numbers over day ordinals, for years of any scale (RFC 5545 section 3.3.10, BYWEEKNO)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mcp_servers.calendar.recurrence.parts import ByDay
from mcp_servers.calendar.recurrence.scale import Month, Scale, span


def weekday(day: int) -> int:
    """0 for Monday."""
    return (day - 1) % 7


def weekdays_within(first: int, length: int, wanted: Iterable[ByDay]) -> Iterator[int]:
    """The days of a span that are such weekdays, every one or the nth of the span."""
    for by_day in wanted:
        days = range(first + (by_day.weekday - weekday(first)) % 7, first + length, 7)
        if not by_day.nth:
            yield from days
        elif abs(by_day.nth) <= len(days):
            yield days[by_day.nth - (by_day.nth > 0)]


@dataclass(frozen=True, slots=True)
class Weeks:
    """Weeks that start on `week_start`; week 1 of a year is the first with at least four of its days."""

    scale: Scale
    week_start: int

    def year(self, day: int) -> int:
        """The year that the week of a day is counted to."""
        year = self.scale.year(day)
        for near in (year - 1, year + 1):
            if months := self.scale.months(near):
                first, after = self._bounds(months)
                if first <= day < after:
                    return near
        return year

    def days(self, months: Sequence[Month], wanted: Iterable[int]) -> Iterator[int]:
        """The days of the year's wanted weeks, also those that lie in the neighbouring years."""
        first, after = self._bounds(months)
        for number in wanted:
            begin = first + 7 * (number - 1) if number > 0 else after + 7 * number
            if first <= begin < after:
                yield from range(begin, begin + 7)

    def holds(self, day: int, wanted: Iterable[int]) -> bool:
        """Whether the week of a day bears one of the numbers, counted from either end of its year."""
        months = self.scale.months(self.year(day))
        return bool(months) and day in self.days(months, wanted)

    def _bounds(self, months: Sequence[Month]) -> tuple[int, int]:
        start, length = span(months)
        return self._week_one(start), self._week_one(start + length)

    def _week_one(self, new_year: int) -> int:
        into_week = (new_year - 1 - self.week_start) % 7
        return new_year - into_week + 7 * (into_week > 3)
