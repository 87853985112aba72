"""The alarms (VALARM) of an item's text, and the instants at which they go off."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from mcp_servers.calendar.entities import Alarm
from mcp_servers.calendar.ical import Series
from mcp_servers.calendar.ical.block import Block
from mcp_servers.calendar.ical.moment import length, parsed
from mcp_servers.calendar.ical.reading import alarm

_ACTIONS = {"DISPLAY", "AUDIO", "EMAIL"}
"""Others are ignored (RFC 5545 section 3.8.6.1); Apple writes NONE for "no reminder"."""
_MOST = 20
"""Alarms of one component that are looked at."""
_REPEATS = 12
"""Times that one alarm is repeated at most (REPEAT is a number without a bound)."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bell:
    """An alarm with what the calendar's own reading leaves to its text."""

    alarm: Alarm
    repeats: int = 0
    every: timedelta = timedelta()
    acknowledged: datetime | None = None
    """Until then it was dismissed, perhaps on another device (RFC 9074 section 6.1)."""


def bells(data: str, zone: tzinfo) -> Mapping[str, tuple[Bell, ...]]:
    """By component: "" for the master, else the RECURRENCE-ID of a changed occurrence.

    Raises:
        ValueError: the text is no iCalendar.
    """
    item = Series.parse(data, zone).item
    return {name: tuple(_bells(one.block, zone)) for name, one in {"": item.master, **item.changed}.items()}


def _bells(component: Block, zone: tzinfo) -> Iterator[Bell]:
    for block in component.blocks("VALARM")[:_MOST]:
        read = alarm(block, zone)
        if read.action in _ACTIONS:
            yield Bell(read, *_repetition(block), _acknowledged(block, zone))


def _repetition(block: Block) -> tuple[int, timedelta]:
    """REPEAT and DURATION go together (section 3.8.6.2)."""
    try:
        every, times = length(block.text("DURATION")), int(block.text("REPEAT")[:9])
    except ValueError:
        return 0, timedelta()
    return (min(times, _REPEATS), every) if every >= timedelta(minutes=1) else (0, timedelta())


def _acknowledged(block: Block, zone: tzinfo) -> datetime | None:
    try:
        read = parsed(block.text("ACKNOWLEDGED"), zone)
    except ValueError:
        return None
    return read if isinstance(read, datetime) else None


def rings(bell: Bell, start: datetime | None, end: datetime | None, zone: tzinfo) -> Iterator[datetime]:
    """When it goes off for an occurrence from `start` to `end` (aware; None for a task without a time)."""
    edge = end if bell.alarm.related == "END" else start
    first = bell.alarm.at if bell.alarm.at else _before(edge, bell.alarm.before or timedelta(), zone)
    if first is None:
        return
    for number in range(bell.repeats + 1):
        at = first + number * bell.every
        if bell.acknowledged is None or at > bell.acknowledged:
            yield at


def _before(edge: datetime | None, span: timedelta, zone: tzinfo) -> datetime | None:
    if edge is None:
        return None
    try:
        if span % _DAY:
            return edge - span
        # Days are nominal (section 3.3.6): the same time of day, also across a change of offset.
        return edge.astimezone(zone) - span
    except OverflowError:
        return None
