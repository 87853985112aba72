"""When the components of an item happen: occurrences of the rules, with changed ones in the place of theirs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from mcp_servers.calendar.entities import Event, Moment
from mcp_servers.calendar.ical.components import Components, anchor
from mcp_servers.calendar.ical.moment import instant, key, later, of_key, span
from mcp_servers.calendar.recurrence.expand import TooManyOccurrences
from mcp_servers.calendar.recurrence.series import Period

_DAY = timedelta(days=1)
_NOTHING = timedelta()
_LONGEST = timedelta(days=3660)
"""How far before a stretch an occurrence is looked for that may still reach into it."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One occurrence; instants are aware."""

    recurrence_id: str
    """Empty for what does not recur."""
    start: datetime
    end: datetime
    """Exclusive; the start again where the event has no length."""
    all_day: bool
    component: str
    """The RECURRENCE-ID of the component that describes it; empty for the master."""
    event: Event
    """As it is on this occasion."""


def occurrences(item: Components, start: datetime, end: datetime, limit: int) -> list[Instance]:
    """The first `limit` that overlap [start, end), in order of time."""
    found = [each for each in _changed(item) if _overlaps(each, start, end)]
    room = limit
    for each in _of_master(item, start, end):
        if room <= 0:
            break
        if _overlaps(each, start, end):
            found.append(each)
            room -= 1
    return sorted(found, key=lambda each: (each.start, each.recurrence_id))[:limit]


def event_of(item: Components, recurrence_id: str) -> Event:
    """The event as it is in one occurrence, with the rules and dates of its series; "" is the master itself.

    Raises:
        KeyError: there is no such occurrence.
    """
    if recurrence_id in item.changed:
        return _within(item, item.changed[recurrence_id].event)
    if not recurrence_id:
        return item.master.event
    return moved(item.master.event, *occurrence_of(item, recurrence_id))


def occurrence_of(item: Components, recurrence_id: str) -> tuple[Moment, timedelta | None]:
    """When the series has that occurrence, and the length if it is one of its own.

    Raises:
        KeyError: there is no such occurrence.
    """
    begin = item.anchor
    if begin is None or not item.master.event.recurs:
        raise KeyError(recurrence_id)
    try:
        at = instant(of_key(recurrence_id, begin), item.zones.home)
    except ValueError:
        raise KeyError(recurrence_id) from None
    for moment, length in series_starts(item, at - _DAY, at + _DAY):
        if key(moment) == recurrence_id:
            return moment, length
    raise KeyError(recurrence_id)


def series_starts(
    item: Components, start: datetime, end: datetime | None = None
) -> Iterator[tuple[Moment, timedelta | None]]:
    """The occurrences of rules and dates that begin in [start, end), ascending, also those that are changed.

    Endless where the rule is; what takes too long to find ends them.
    """
    if item.recurrence is None:
        return
    begin = item.anchor
    floating = isinstance(begin, datetime) and begin.tzinfo is None
    try:
        for found in item.recurrence.occurrences(start.astimezone(item.zone), end):
            at = found.start
            yield at.replace(tzinfo=None) if floating and isinstance(at, datetime) else at, found.length
    except TooManyOccurrences:
        return


def moved(master: Event, to: Moment, length: timedelta | None = None) -> Event:
    """The master on the occasion `to`."""
    # A time that the clock skips is the one that it skips to (section 3.3.5).
    at = later(to, _NOTHING)
    if master.start is None:
        return replace(master, end=at, recurrence_id=to)
    if length is None and master.end is None:
        return replace(master, start=at, end=None, recurrence_id=to)
    end = later(at, span(master.start, master.end or master.start) if length is None else length)
    if isinstance(end, datetime) and end.tzinfo and isinstance(master.end, datetime) and master.end.tzinfo:
        end = end.astimezone(master.end.tzinfo)
    return replace(master, start=at, end=end, recurrence_id=to)


def _within(item: Components, changed: Event) -> Event:
    master = item.master.event
    return replace(changed, rules=master.rules, rdates=master.rdates, exdates=master.exdates)


def _changed(item: Components) -> Iterator[Instance]:
    for name, each in item.changed.items():
        if found := _instance(_within(item, each.event), name, name, item.zones.home):
            yield found


def _of_master(item: Components, start: datetime, end: datetime) -> Iterator[Instance]:
    master, home = item.master.event, item.zones.home
    if master.recurrence_id is not None:
        return
    if not master.recurs:
        if found := _instance(master, "", "", home):
            yield found
        return
    for moment, length in series_starts(item, _earlier(start, _reach(item)), end):
        name = key(moment)
        if name not in item.changed and (found := _instance(moved(master, moment, length), name, "", home)):
            yield found


def _earlier(at: datetime, by: timedelta) -> datetime:
    return max(at.astimezone(UTC), datetime(12, 1, 1, tzinfo=UTC)) - by


def _reach(item: Components) -> timedelta:
    """How long before a stretch an occurrence may begin that reaches into it."""
    single = _instance(item.master.event, "", "", item.zones.home)
    dates = item.recurrence.rdates if item.recurrence else ()
    lengths = [each.length for each in dates if isinstance(each, Period)]
    return min(max([single.end - single.start if single else _NOTHING, *lengths]), _LONGEST) + _DAY


def _instance(event: Event, name: str, component: str, home: tzinfo) -> Instance | None:
    begin = anchor(event)
    if begin is None:
        return None
    all_day = not isinstance(begin, datetime)
    end = event.end if event.end is not None else begin + _DAY * all_day
    first, last = instant(begin, home), instant(end, home)
    return Instance(name, first, max(first, last), all_day, component, event)


def _overlaps(instance: Instance, start: datetime, end: datetime) -> bool:
    return instance.start < end and (instance.end > start or instance.start == instance.end == start)
