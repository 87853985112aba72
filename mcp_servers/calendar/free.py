"""Free time: gaps between events in working hours, or in the hours the user named."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

Span = tuple[datetime, datetime]

WORK = ((time(9), time(12)), (time(13), time(18)))
_DAY = timedelta(days=1)


def working_hours(start: datetime, end: datetime) -> list[Span]:
    """09:00-12:00 and 13:00-18:00 of every working day in [start, end)."""
    hours = []
    for day in _days(start, end):
        if is_working_day(day):
            for opens, closes in WORK:
                span = _cut((_at(day, opens, start), _at(day, closes, start)), start, end)
                hours += [span] if span else []
    return hours


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _holidays(day.year)


def gaps(hours: Sequence[Span], busy: Sequence[Span], length: timedelta) -> list[Span]:
    """What is left of the hours, at least `length` long."""
    left = list(hours)
    for start, end in busy:
        left = [part for span in left for part in _less(span, start, end)]
    return [span for span in left if span[1] - span[0] >= length]


def _less(span: Span, start: datetime, end: datetime) -> Iterator[Span]:
    if end <= span[0] or span[1] <= start:
        yield span
        return
    if span[0] < start:
        yield span[0], start
    if end < span[1]:
        yield end, span[1]


def _cut(span: Span, start: datetime, end: datetime) -> Span | None:
    first, last = max(span[0], start), min(span[1], end)
    return (first, last) if first < last else None


def _days(start: datetime, end: datetime) -> Iterator[date]:
    day = start.date()
    while day <= end.date():
        yield day
        day += _DAY


def _at(day: date, clock: time, like: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=like.tzinfo)


def _holidays(year: int) -> set[date]:
    # The library costs 0.2 s to import.
    from holidays import country_holidays

    return set(country_holidays("KR", years=year))
