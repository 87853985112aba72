"""Stretches of time and the calendar arithmetic on them. Times are naive: the wall clock of the reference's zone."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAY = timedelta(days=1)
CLOCKS = ("hour", "minute", "second")
_MONTHS = {"century": 1200, "decade": 120, "year": 12, "half": 6, "quarter": 3, "month": 1}
_STEPS = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1), "second": timedelta(seconds=1)}


@dataclass(frozen=True, slots=True)
class Period:
    """`end` is exclusive. An exact period is an instant: its length is only its grain."""

    start: datetime
    end: datetime
    grain: str
    exact: bool = False

    @property
    def days(self) -> Iterator[datetime]:
        day = midnight(self.start)
        while day < self.end:
            yield day
            day += DAY


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def instant(start: datetime, grain: str = "minute") -> Period:
    return Period(start, start + _STEPS[grain], grain, exact=True)


def one_day(day: date | datetime) -> Period:
    start = datetime(day.year, day.month, day.day)
    return Period(start, start + DAY, "day")


def days(first: datetime, count: int, grain: str = "day") -> Period:
    return Period(first, first + count * DAY, grain)


def unit_at(unit: str, moment: datetime, ahead: int = 0) -> Period:
    """The calendar unit that holds the moment, or one `ahead` units later. Weeks begin on Monday (KS X ISO 8601)."""
    if months := _MONTHS.get(unit):
        index = (moment.year * 12 + moment.month - 1) // months + ahead
        return Period(_month(index * months), _month((index + 1) * months), unit)
    start = midnight(moment)
    if unit == "week":
        return days(start + timedelta(days=7 * ahead - start.weekday()), 7, "week")
    return one_day(start + timedelta(days=ahead))


def in_month(month: Period, day: int) -> datetime:
    """Day 1 to 31 of a month, or counted from its end when negative.

    Raises:
        ValueError: the month has no such day.
    """
    last = calendar.monthrange(month.start.year, month.start.month)[1]
    return month.start.replace(day=day if day > 0 else last + 1 + day)


def add_months(moment: datetime, months: int) -> datetime:
    """The same day of another month, or its last one when it is shorter (31 January + 1 month = 28 February)."""
    index = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def _month(index: int) -> datetime:
    return datetime(index // 12, index % 12 + 1, 1)
