"""Dates, times and lengths as iCalendar writes them (RFC 5545 sections 3.3.4 to 3.3.6, 3.3.9)."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from mcp_servers.calendar.entities import Moment

_WRITTEN = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d):?(\d\d)?(?:[.,]\d+)?(Z)?)?", re.IGNORECASE)
_LENGTH = re.compile(
    r"([+-]?)P(?:(\d{1,7})W)?(?:(\d{1,7})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?", re.IGNORECASE
)
_YEARS = (2, 9998)
"""So that no zone and no day more or less leaves what Python can hold."""
UTC_ZONE = ZoneInfo("UTC")


def parsed(text: str, zone: tzinfo | None) -> Moment:
    """DATE or DATE-TIME; one without `Z` is of `zone`, or floating when that is None.

    Raises:
        ValueError: it is no date.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"날짜로 읽을 수 없습니다: {text[:40]!r}")
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    on = date(*((year, month, day) if _YEARS[0] <= year <= _YEARS[1] else _nearest(year)))
    if found[4] is None:
        return on
    hour, minute, second = (int(part or 0) for part in found.group(4, 5, 6))
    # A leap second is the last one of its minute.
    clock = time(hour % 24 if hour == 24 else hour, minute, min(second, 59), tzinfo=UTC_ZONE if found[7] else zone)
    return datetime.combine(on, clock) + timedelta(days=hour // 24)


def _nearest(year: int) -> tuple[int, int, int]:
    return (_YEARS[0], 1, 1) if year < _YEARS[0] else (_YEARS[1], 12, 31)


def length(text: str) -> timedelta:
    """DURATION.

    Raises:
        ValueError: it is none.
    """
    found = _LENGTH.fullmatch(text.strip())
    if found is None or not any(found.groups()[1:]):
        raise ValueError(f"길이로 읽을 수 없습니다: {text[:40]!r}")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if found[1] == "-" else span


def length_text(span: timedelta) -> str:
    """DURATION, in whole seconds."""
    sign, rest = ("-", -span) if span < timedelta() else ("", span)
    days, seconds = rest.days, rest.seconds
    clock = "".join(
        f"{count}{unit}"
        for count, unit in ((seconds // 3600, "H"), (seconds // 60 % 60, "M"), (seconds % 60, "S"))
        if count
    )
    return f"{sign}P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}" if span else "PT0S"


def key(moment: Moment) -> str:
    """RECURRENCE-ID in basic format, the wall clock of its zone: "20261201T150000", or "20261201"."""
    day = f"{moment.year:04}{moment.month:02}{moment.day:02}"
    if not isinstance(moment, datetime):
        return day
    return f"{day}T{moment.hour:02}{moment.minute:02}{moment.second:02}"


def of_key(text: str, like: Moment) -> Moment:
    """The moment of a RECURRENCE-ID, a date or in the zone of `like`.

    Raises:
        ValueError: it is none.
    """
    return alike(parsed(text, like.tzinfo if isinstance(like, datetime) else None), like)


def alike(moment: Moment, like: Moment) -> Moment:
    """The same moment in the form and zone that `like` has: what occurrences of one series are told apart by."""
    if not isinstance(like, datetime):
        return moment.date() if isinstance(moment, datetime) else moment
    if not isinstance(moment, datetime):
        return datetime.combine(moment, like.timetz())
    if like.tzinfo is None:
        return moment.replace(tzinfo=None)
    return moment.replace(tzinfo=like.tzinfo) if moment.tzinfo is None else moment.astimezone(like.tzinfo)


def instant(moment: Moment, zone: tzinfo) -> datetime:
    """Aware: a date begins at midnight, and a floating time is one, in `zone`."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), zone)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def span(start: Moment, end: Moment) -> timedelta:
    """From one to the other, exact where both are aware (section 3.8.5.3)."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        if start.tzinfo is not None and end.tzinfo is not None:
            return end.astimezone(UTC) - start.astimezone(UTC)
        return end.replace(tzinfo=None) - start.replace(tzinfo=None)
    return _day(end) - _day(start)


def later(moment: Moment, by: timedelta) -> Moment:
    """`by` later, exact where `moment` is aware."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return (moment.astimezone(UTC) + by).astimezone(moment.tzinfo)
    return moment + by


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
