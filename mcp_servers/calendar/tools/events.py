"""Tools that make, change and delete events."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import draft, ical, view
from mcp_servers.calendar.booking import booked
from mcp_servers.calendar.entities import Event, Item, Occurrence, Scope
from mcp_servers.calendar.found import Found, collection_named, find_writable
from mcp_servers.calendar.models import Created, Deleted, Updated
from mcp_servers.calendar.store import collections, items, journal, occurrences
from mcp_servers.calendar.store.journal import Changed
from mcp_servers.calendar.store.people import person_of
from mcp_servers.calendar.when import new_slot
from mcp_servers.common.database import Database
from mcp_servers.common.instant import zone_of
from mcp_servers.common.operation import Operations
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean

Value = TypeVar("Value")
Title = Annotated[Korean, Field(min_length=1)]
When = Annotated[Korean, Field(description="예: 내일 오후 3시")]
Length = Annotated[Korean, Field(description="예: 한 시간 반")]
Repeat = Annotated[Korean, Field(description="예: 매주 화요일")]
Reminder = Annotated[Korean, Field(description="예: 10분 전")]
_MOST_CLASHES = 5


class EventTools:
    """The tools; their docstrings are what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database, operations: Operations) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations

    def register(self, server: ToolServer) -> None:
        server.change("일정 추가", effect="change", core=True)(self.create_event)
        server.change("일정 변경", effect="change", core=True)(self.update_event)
        server.change("일정 옮기기", effect="change")(self.move_event)
        server.change("일정 삭제", effect="delete", core=True)(self.delete_event)

    async def create_event(
        self,
        ctx: Context,
        title: Title,
        start: When,
        end: Korean | None = None,
        duration: Length | None = None,
        repeat: Repeat | None = None,
        location: Korean = "",
        attendees: list[Korean] | None = None,
        description: Korean = "",
        reminder: Reminder | None = None,
        calendar: Korean | None = None,
    ) -> Created:
        """일정을 추가한다. 시각은 말한 그대로."""
        fields = {"location": location, "description": description, "reminder": reminder, "repeat": repeat}
        times = {"start": start, "end": end or None, "duration": duration or None}

        async def work(connection: AsyncConnection) -> Created:
            now = self._settings.now()
            slot = new_slot(start, times["end"], times["duration"], now)
            event = draft.drafted(title, slot, fields, attendees or [], now)
            collection = await collection_named(connection, calendar)
            event = await booked(connection, event, now)
            item = Item(items.new_id("VEVENT"), collection.id, event.uid, "VEVENT", ical.new(event, now))
            summary = view.line("추가", event, now)
            await journal.commit(connection, summary, [Changed(None, item)], now)
            found = Found(item, ical.Series.parse(item.data, zone_of(now)), collection)
            detail = view.clashes(await _clashing(connection, found, now), now)
            return Created(summary=summary, detail=detail, event=view.shown(found, now))

        asked = {"title": title, "attendees": attendees, "calendar": calendar} | fields | times
        return await self._operations.once(ctx, Created, asked, work)

    async def update_event(
        self,
        ctx: Context,
        event_id: str,
        title: Korean | None = None,
        start: When | None = None,
        end: Korean | None = None,
        duration: Length | None = None,
        repeat: Korean | None = None,
        location: Korean | None = None,
        attendees: list[Korean] | None = None,
        description: Korean | None = None,
        reminder: Korean | None = None,
        scope: Scope | None = None,
    ) -> Updated:
        """일정을 바꾼다. 바꿀 값만 넣는다."""
        texts = {"title": title, "location": location, "description": description}
        times = {"start": start or None, "end": end or None, "duration": duration or None}
        again = {"repeat": repeat, "reminder": reminder}

        async def work(connection: AsyncConnection) -> Updated:
            now = self._settings.now()
            found = await find_writable(connection, event_id, now)
            new = _rewritten(found.event, texts, attendees)
            if reminder:
                new = replace(new, alarms=draft.alarms(reminder))
            if any(times.values()):
                new = draft.rescheduled(new, times, now)
            if repeat:
                new = draft.repeated(new, repeat, now)
            reach: Scope | None = "all" if repeat and scope is None else scope
            return await changed(connection, found, new, reach, now)

        asked = {"event_id": event_id, "attendees": attendees, "scope": scope} | texts | times | again
        return await self._operations.once(ctx, Updated, asked, work)

    async def move_event(
        self,
        ctx: Context,
        event_id: str,
        to: When | None = None,
        calendar: Annotated[Korean, Field(description="옮길 달력 이름")] | None = None,
        scope: Scope | None = None,
    ) -> Updated:
        """일정을 다른 때나 다른 달력으로 옮긴다."""

        async def work(connection: AsyncConnection) -> Updated:
            now = self._settings.now()
            found = await find_writable(connection, event_id, now)
            if to:
                times = {"start": to, "end": None, "duration": None}
                return await changed(connection, found, draft.rescheduled(found.event, times, now), scope, now)
            return await _transferred(connection, found, calendar, now)

        if bool(to) == bool(calendar):
            raise Refused("to(언제로)와 calendar(어느 달력으로) 가운데 하나만 넣으세요.")
        asked = {"event_id": event_id, "to": to, "calendar": calendar, "scope": scope}
        return await self._operations.once(ctx, Updated, asked, work)

    async def delete_event(self, ctx: Context, event_id: str, scope: Scope | None = None) -> Deleted:
        """일정을 지운다."""

        async def work(connection: AsyncConnection) -> Deleted:
            now = self._settings.now()
            found = await find_writable(connection, event_id, now)
            left = found.series.without(_reach(found, scope), found.recurrence_id, now)
            after = replace(found.item, data=left.data) if left else None
            summary = view.line("삭제", found.event, now) if after is None else _thinned(found, scope, now)
            await journal.commit(connection, summary, [Changed(found.item, after)], now)
            return Deleted(summary=summary, event=view.shown(found, now))

        return await self._operations.once(ctx, Deleted, {"event_id": event_id, "scope": scope}, work)


async def changed(
    connection: AsyncConnection, found: Found, new: Event, scope: Scope | None, now: datetime, verb: str = "변경"
) -> Updated:
    """Write a changed event and say what was before and after.

    Raises:
        Refused: nothing is different, or the scope does not fit the event.
    """
    old = found.event
    altered = view.differences(old, new, now)
    if new == old:
        raise Refused("바뀌는 것이 없습니다. 바꿀 값을 지금과 다르게 넣으세요.")
    new = await booked(connection, new, now, instead_of=found)
    reach = _reach(found, scope)
    series, rest = _edited(found, new, reach, now)
    item = replace(found.item, data=series.data)
    changes = [Changed(found.item, item)]
    shown = replace(found, item=item, series=series, recurrence_id=found.recurrence_id if reach == "this" else "")
    if rest:
        later = replace(item, id=items.new_id(item.kind), uid=rest.uid, data=rest.data)
        changes.append(Changed(None, later))
        shown = replace(shown, item=later, series=rest)
    summary = view.line(verb, new, now) + _WHICH[reach] * found.series.master.recurs
    await journal.commit(connection, summary, changes, now)
    moved = (old.start, old.end) != (new.start, new.end)
    clash = view.clashes(await _clashing(connection, shown, now), now) if moved else ""
    return Updated(
        summary=summary, detail="\n".join([*altered, *([clash] if clash else [])]), event=view.shown(shown, now)
    )


def _edited(found: Found, new: Event, reach: Scope, now: datetime) -> tuple[ical.Series, ical.Series | None]:
    try:
        return found.series.changed_to(new, reach, found.recurrence_id, now)
    except ical.UnclearEdit as error:
        raise Refused(str(error)) from error


_WHICH = {"this": " · 이번 것만", "following": " · 이번 것과 그 뒤 모두", "all": " · 반복 전체"}


def _reach(found: Found, scope: Scope | None) -> Scope:
    """One occurrence where an id names one, else everything."""
    if not found.recurrence_id:
        if scope in ("this", "following") and found.series.master.recurs:
            raise Refused("반복 일정입니다. search_events로 바꿀 날을 찾아 그 id(…@날짜)를 넣으세요.", code="ambiguous")
        return "all"
    return scope or "this"


def _rewritten(event: Event, texts: dict[str, str | None], attendees: Sequence[str] | None) -> Event:
    known = {key: person for person in event.attendees for key in (person.name, person.address) if key}
    return replace(
        event,
        title=texts["title"] or event.title,
        location=_given(texts["location"], event.location),
        description=_given(texts["description"], event.description),
        attendees=event.attendees
        if attendees is None
        else tuple(known.get(name) or person_of(name) for name in attendees),
    )


def _given(value: Value | None, otherwise: Value) -> Value:
    return otherwise if value is None else value


def _thinned(found: Found, scope: Scope | None, now: datetime) -> str:
    return view.line("삭제", replace(found.event, rules=(), rdates=()), now) + _WHICH[_reach(found, scope)]


async def _transferred(connection: AsyncConnection, found: Found, calendar: str | None, now: datetime) -> Updated:
    target = await collection_named(connection, calendar)
    if target.id == found.collection.id:
        raise Refused(f"이미 '{target.name}' 달력에 있습니다.")
    if await items.by_uid(connection, target.id, found.item.uid):
        raise Refused(f"'{target.name}' 달력에 같은 일정이 이미 있습니다.", code="conflict")
    item = replace(found.item, id=items.new_id(found.item.kind), collection=target.id)
    summary = f"{view.line('이동', found.series.master, now)} · {found.collection.name} → {target.name}"
    await journal.commit(connection, summary, [Changed(found.item, None), Changed(None, item)], now)
    return Updated(summary=summary, event=view.shown(Found(item, found.series, target), now))


async def _clashing(connection: AsyncConnection, found: Found, now: datetime) -> list[Occurrence]:
    """The user's other events at that time, without all-day ones: a birthday keeps nobody from meeting."""
    slot = view.slot_of(found.event, now)
    if slot.all_day:
        return []
    own = [one.id for one in await collections.listed(connection) if not one.owner]
    others = await occurrences.between(connection, slot.start, slot.end, now, collections=own)
    return [one for one in others if one.item != found.item.id and not one.all_day and one.busy][:_MOST_CLASHES]
