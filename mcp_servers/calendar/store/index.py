"""What the index says of an item: its components, occurrences and participants as rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from mcp_servers.calendar.entities import Event, Item, Person
from mcp_servers.calendar.ical import Instance, Series, instant
from mcp_servers.calendar.store import people
from mcp_servers.calendar.store.spans import span
from mcp_servers.common.instant import zone_of
from mcp_servers.common.text import nfc

_BACK, _AHEAD = timedelta(days=366), timedelta(days=2 * 366)
_MARGIN = timedelta(days=366)
_FIRST, _LAST = datetime(1, 6, 1, tzinfo=UTC), datetime(9999, 6, 1, tzinfo=UTC)
_MOST = 10_000
"""Occurrences of one item; a rule that repeats more often than daily for decades is cut there."""

Window = tuple[datetime, datetime]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one item; `start` and `until` bound what they cover, None where they cover all."""

    components: list[Row]
    occurrences: list[Row]
    participants: list[Row]
    start: datetime | None
    until: datetime | None


def window(now: datetime) -> Window:
    """The stretch that is indexed when an item is written."""
    return now - _BACK, now + _AHEAD


def widened(
    covered: tuple[datetime | None, datetime | None], start: datetime | None, end: datetime, now: datetime
) -> Window:
    """The stretch that covers also [start, end), with room for the next query."""
    first, last = window(now)
    starts = [first, *([covered[0]] if covered[0] else []), *([start - _MARGIN] if start else [])]
    ends = [last, *([covered[1]] if covered[1] else []), end + _MARGIN]
    return min(starts), max(ends)


def rows(item: Item, stretch: Window, now: datetime) -> Rows:
    """Every row of an item, its occurrences within the stretch.

    Raises:
        ValueError: the text is no iCalendar.
    """
    zone = zone_of(now)
    series = Series.parse(item.data, zone)
    events = {"": series.master, **series.changed}
    components = [_component(item, key, event, zone) for key, event in events.items()]
    participants = [row for key, event in events.items() for row in _participants(item, key, event)]
    if not series.master.recurs:
        instances = series.occurrences(_FIRST, _LAST, _MOST)
        return Rows(components, [_occurrence(item, one) for one in instances], participants, None, None)
    instances = series.occurrences(*stretch, _MOST)
    start = stretch[0] if series.occurrences(_FIRST, stretch[0], 1) else None
    until = stretch[1] if len(instances) < _MOST and series.occurrences(stretch[1], _LAST, 1) else None
    return Rows(components, [_occurrence(item, one) for one in instances], participants, start, until)


def _component(item: Item, key: str, event: Event, zone: tzinfo) -> Row:
    row: Row = {"item": item.id, "recurrence_id": key, "collection": item.collection, "kind": event.kind}
    row |= {"title": event.title, "location": event.location, "description": event.description}
    row |= {"status": event.status, "recurs": event.recurs, "outside": item.outside}
    row |= {"alarms": len(event.alarms)}
    row |= {"attendees": [_plain(person) for person in event.attendees], "searchable": _searchable(event)}
    row |= {"due_at": instant(event.end, zone) if event.kind == "VTODO" and event.end else None}
    return row | {"completed_at": event.completed_at, "priority": event.priority}


def _occurrence(item: Item, one: Instance) -> Row:
    row: Row = {"item": item.id, "recurrence_id": one.recurrence_id, "component": one.component, "kind": item.kind}
    row |= {"starts_at": one.start, "ends_at": one.end, "all_day": one.all_day, "span": span(one.start, one.end)}
    return row | {"busy": one.event.busy and one.event.status != "CANCELLED"}


def _participants(item: Item, key: str, event: Event) -> Iterator[Row]:
    statuses = {name: person.status for person in event.attendees for name in people.keys(person)}
    for name, status in statuses.items():
        yield {"item": item.id, "component": key, "person": name, "status": status}


def _plain(person: Person) -> dict[str, str]:
    return {name: getattr(person, name) for name in ("name", "address", "status", "role", "kind")}


def _searchable(event: Event) -> str:
    names = [f"{person.name} {person.address}" for person in event.attendees]
    return fold("\n".join([event.title, event.location, event.description, *event.categories, *names]))


def fold(text: str) -> str:
    """As texts are compared in a search."""
    return nfc(text).casefold()
