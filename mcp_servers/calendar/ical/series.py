"""One item as a series: what it is made of, when it happens, and how it is changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property

from mcp_servers.calendar.entities import Event, Kind, Moment, Scope
from mcp_servers.calendar.ical.block import Block, parse, written
from mcp_servers.calendar.ical.components import Components, components, new_item
from mcp_servers.calendar.ical.edit import OF_SERIES, changed_one, first_start, without_one
from mcp_servers.calendar.ical.line import escaped, line
from mcp_servers.calendar.ical.moment import UTC_ZONE, key, of_key
from mcp_servers.calendar.ical.occurrences import Instance, event_of, occurrences
from mcp_servers.calendar.ical.split import head, tail
from mcp_servers.calendar.ical.whole import changed_all
from mcp_servers.calendar.ical.writing import FIELDS, differing, moment_line, patched, stamped, utc_text
from mcp_servers.calendar.ical.zone import Zones


@dataclass(frozen=True)
class Series:
    """Everything with one UID. Immutable: an edit gives another one."""

    item: Components

    @classmethod
    def parse(cls, data: str, zone: tzinfo) -> "Series":
        """Read an item's text; `zone` is the user's.

        Raises:
            InvalidCalendar: it holds no event and no task.
        """
        return cls(components(parse(data), zone))

    @cached_property
    def data(self) -> str:
        return written(self.item.calendar)

    @property
    def uid(self) -> str:
        return self.master.uid

    @property
    def kind(self) -> Kind:
        return self.master.kind

    @property
    def master(self) -> Event:
        """Of an item that holds only changed occurrences, the first of them."""
        return self.item.master.event

    @cached_property
    def changed(self) -> Mapping[str, Event]:
        """The changed occurrences as they are written, by RECURRENCE-ID in basic format."""
        return {name: each.event for name, each in self.item.changed.items()}

    def occurrences(self, start: datetime, end: datetime, limit: int) -> list[Instance]:
        """The first `limit` that overlap [start, end), in order; also cancelled ones (STATUS of their event)."""
        return occurrences(self.item, start, end, limit)

    def event(self, recurrence_id: str) -> Event:
        """The event as it is in one occurrence, with the rules and dates of its series; "" is the master itself.

        Raises:
            KeyError: there is no such occurrence.
        """
        return event_of(self.item, recurrence_id)

    def changed_to(
        self, event: Event, scope: Scope, recurrence_id: str, now: datetime
    ) -> "tuple[Series, Series | None]":
        """What `event`, got from `self.event(recurrence_id)` and changed, makes of the item.

        `this` gives the occurrence a component of its own. `following` ends this series before the occurrence and
        gives a second one, with a new UID, that goes on from there. `all`, or an empty `recurrence_id`, is for the
        whole series: a move of one occurrence moves all by as much. Only properties of fields that differ are written.

        Raises:
            KeyError: there is no such occurrence.
            UnclearEdit: the series would move in a way that its rules do not tell; the message is Korean.
        """
        changed = differing(self.event(recurrence_id), event) - {"sequence"}
        one = recurrence_id and (scope == "this" or self.master.recurrence_id is not None)
        if not (changed - OF_SERIES if one else changed):
            return self, None
        if one:
            return Series(changed_one(self.item, event, recurrence_id, changed, now)), None
        if scope == "following" and (cut := self._cut(recurrence_id)) is not None:
            rest = tail(self.item, cut, now)
            return Series(head(self.item, cut, now)), Series(changed_all(rest, event, recurrence_id, changed, now))
        return Series(changed_all(self.item, event, recurrence_id, changed, now)), None

    def without(self, scope: Scope, recurrence_id: str, now: datetime) -> "Series | None":
        """Without the occurrence, it and all later ones, or all; None when nothing is left and the item can go.

        Raises:
            KeyError: there is no such occurrence.
        """
        self.event(recurrence_id)
        if scope == "all" or not recurrence_id:
            return None
        if scope == "this":
            left = without_one(self.item, recurrence_id, now)
        else:
            cut = self._cut(recurrence_id)
            left = None if cut is None else head(self.item, cut, now)
        return None if left is None else Series(left)

    def _cut(self, recurrence_id: str) -> Moment | None:
        """Where a series is cut before that occurrence; None where nothing would be left before it."""
        begin = self.item.anchor
        if not recurrence_id or begin is None or not self.master.recurs:
            return None
        first = first_start(self.item)
        at = of_key(recurrence_id, begin)
        return None if first is None or key(first) >= recurrence_id else at


def read(data: str, zone: tzinfo) -> list[Event]:
    """Every VEVENT or VTODO of one item, the master first, then changed occurrences in order.

    Raises:
        InvalidCalendar: there is none.
    """
    series = Series.parse(data, zone)
    detached = series.master.recurrence_id is not None
    return list(series.changed.values()) if detached else [series.master, *series.changed.values()]


def new(event: Event, now: datetime) -> str:
    """The text of a new item."""
    blank = Block(event.kind, (line("UID", escaped(event.uid)), line("CREATED", utc_text(now))))
    named = Zones({}, UTC_ZONE)
    if event.recurrence_id is not None:
        blank = blank.with_lines("RECURRENCE-ID", [moment_line("RECURRENCE-ID", event.recurrence_id, named)])
    return written(new_item([patched(stamped(blank, now), event, FIELDS, named)]))
