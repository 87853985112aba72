"""The calendar server: seven tools over the event store."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import free, store, view
from mcp_servers.calendar.korean_time import parse, parse_duration
from mcp_servers.calendar.models import Created, Deleted, Event, FreeSlot, FreeTime, TimeExpression, Times, Updated
from mcp_servers.calendar.when import Slot, moved_slot, new_slot, period
from mcp_servers.common.database import Database
from mcp_servers.common.operation import Operations
from mcp_servers.common.page import Limit, Page, offset_of, page
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings, load
from mcp_servers.common.text import Korean

HEAD = "calendar0001"
_LONGEST_SEARCH = timedelta(days=92)
_OPEN_SEARCH = timedelta(days=14)
_MOST_SLOTS = 20

Value = TypeVar("Value")
Title = Annotated[Korean, Field(min_length=1)]
When = Annotated[Korean, Field(description="예: 내일 오후 3시")]
Period = Annotated[Korean, Field(description="예: 다음 주")]
Length = Annotated[Korean, Field(description="예: 한 시간 반")]


class Calendar:
    """The tools; their docstrings are what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self.operations = Operations(database, store.operations)

    async def create_event(
        self,
        ctx: Context,
        title: Title,
        start: When,
        end: Korean | None = None,
        duration: Length | None = None,
        location: Korean = "",
        attendees: list[Korean] | None = None,
        description: Korean = "",
    ) -> Created:
        """일정을 추가한다. 시각은 말한 그대로."""
        asked: dict[str, object] = {
            "title": title,
            "start": start,
            "end": end,
            "duration": duration,
            "location": location,
        }
        asked |= {"attendees": attendees, "description": description}

        async def work(connection: AsyncConnection) -> Created:
            now = self._settings.now()
            slot = new_slot(start, end or None, duration or None, now)
            event = store.Stored(
                store.new_id(), title, slot.start, slot.end, slot.all_day, location, attendees or [], description
            )
            await store.insert(connection, event, now)
            detail = view.clashes(await _clashing(connection, event), now)
            return Created(summary=view.line("추가", event, now), detail=detail, event=view.shown(event, now))

        return await self.operations.once(ctx, Created, asked, work)

    async def update_event(
        self,
        ctx: Context,
        event_id: str,
        title: Korean | None = None,
        start: When | None = None,
        end: Korean | None = None,
        duration: Length | None = None,
        location: Korean | None = None,
        attendees: list[Korean] | None = None,
        description: Korean | None = None,
    ) -> Updated:
        """일정을 바꾼다. 바꿀 값만 넣는다."""
        asked: dict[str, object] = {"event_id": event_id, "title": title, "location": location}
        asked |= {"attendees": attendees, "description": description}
        times = {"start": start or None, "end": end or None, "duration": duration or None}

        async def work(connection: AsyncConnection) -> Updated:
            now = self._settings.now()
            old = await _existing(connection, event_id)
            new = replace(
                old,
                title=title or old.title,
                location=_given(location, old.location),
                attendees=_given(attendees, old.attendees),
                description=_given(description, old.description),
            )
            if any(times.values()):
                slot = moved_slot(view.slot_of(old, now), now=now, **times)
                new = replace(new, starts_at=slot.start, ends_at=slot.end, all_day=slot.all_day)
            return await _changed(connection, old, new, now)

        return await self.operations.once(ctx, Updated, asked | times, work)

    async def delete_event(self, ctx: Context, event_id: str) -> Deleted:
        """일정을 지운다."""

        async def work(connection: AsyncConnection) -> Deleted:
            now = self._settings.now()
            event = await _existing(connection, event_id)
            await store.delete(connection, event_id)
            return Deleted(summary=view.line("삭제", event, now), event=view.shown(event, now))

        return await self.operations.once(ctx, Deleted, {"event_id": event_id}, work)

    async def get_event(self, event_id: str) -> Event:
        """일정 하나를 자세히 본다."""
        async with self._database.begin() as connection:
            return view.shown(await _existing(connection, event_id), self._settings.now())

    async def search_events(
        self,
        text: Korean | None = None,
        when: Period | None = None,
        limit: Limit = 20,
        cursor: str | None = None,
    ) -> Page[Event]:
        """일정을 낱말이나 기간으로 찾는다."""
        now, offset = self._settings.now(), offset_of(cursor)
        start, end = period(when, now)[:2] if when else (None if text else now, None)
        async with self._database.begin() as connection:
            found = await store.search(connection, words=text or "", start=start, end=end, limit=limit, offset=offset)
        return page([view.shown(event, now) for event in found], offset, limit)

    async def find_free_time(self, when: Period, duration: Length = "1시간") -> FreeTime:
        """빈 시간을 찾는다."""
        now, length = self._settings.now(), parse_duration(duration)
        if length is None:
            raise Refused(f"길이를 읽을 수 없습니다: {duration!r}. 예: 한 시간 반, 30분, PT1H")
        first, last, said = period(when, now)
        start, end = max(first, now.replace(second=0, microsecond=0)), last or max(first, now) + _OPEN_SEARCH
        if end - start > _LONGEST_SEARCH:
            raise Refused(f"기간이 너무 깁니다: {when!r}. 석 달 안으로 줄이세요. 예: 다음 주")
        named = said.grain in ("hour", "minute", "second")
        hours = [(start, end)] if named and start < end else free.working_hours(start, end)
        async with self._database.begin() as connection:
            events = await store.between(connection, start, end)
        return _free_time(hours, events, length, now)

    async def resolve_time(self, text: Korean, reference: str | None = None) -> Times:
        """글 속의 시간을 풀이한다."""
        now = _reference(reference, self._settings.now())
        return Times(expressions=[TimeExpression.of(found) for found in parse(text, now)])


def create(env: Mapping[str, str]) -> ToolServer:
    """The server over the settings in `env`.

    Raises:
        ValueError: a setting does not parse.
    """
    settings = load(env)
    return build(settings, open_database(settings))


def open_database(settings: ServerSettings) -> Database:
    return Database.open(settings, Path(__file__).parent, HEAD)


def build(settings: ServerSettings, database: Database) -> ToolServer:
    """The server over a database that the caller closes."""
    calendar = Calendar(settings, database)
    server = ToolServer("달력", server="calendar", instructions="일정을 적고 찾고 바꾼다.", database=database)
    server.change("일정 추가", effect="change", core=True)(calendar.create_event)
    server.change("일정 변경", effect="change", core=True)(calendar.update_event)
    server.change("일정 삭제", effect="delete", core=True)(calendar.delete_event)
    server.read("일정 보기")(calendar.get_event)
    server.read("일정 찾기", core=True)(calendar.search_events)
    server.read("빈 시간 찾기", core=True)(calendar.find_free_time)
    server.read("시간 풀이")(calendar.resolve_time)
    server.serve_outcomes(calendar.operations.outcome)
    return server


def _given(value: Value | None, otherwise: Value) -> Value:
    return otherwise if value is None else value


async def _existing(connection: AsyncConnection, event_id: str) -> store.Stored:
    if found := await store.get(connection, event_id):
        return found
    raise Refused(f"{event_id!r} 일정이 없습니다. search_events로 찾아 그 id를 넣으세요.", code="not_found")


async def _clashing(connection: AsyncConnection, event: store.Stored) -> list[store.Stored]:
    return store.overlapping(await store.between(connection, event.starts_at, event.ends_at), event)


async def _changed(connection: AsyncConnection, old: store.Stored, new: store.Stored, now: datetime) -> Updated:
    altered = view.differences(old, new, now)
    if not altered:
        raise Refused("바뀌는 것이 없습니다. 바꿀 값을 지금과 다르게 넣으세요.")
    await store.update(connection, new, now)
    moved = (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at)
    clash = view.clashes(await _clashing(connection, new), now) if moved else ""
    detail = "\n".join([*altered, *([clash] if clash else [])])
    return Updated(summary=view.line("변경", new, now), detail=detail, event=view.shown(new, now))


def _free_time(hours: list[free.Span], events: list[store.Stored], length: timedelta, now: datetime) -> FreeTime:
    busy = [(slot.start, slot.end) for event in events if not (slot := view.slot_of(event, now)).all_day]
    spans = free.gaps(hours, busy, length)[:_MOST_SLOTS]
    slots = [
        FreeSlot(start=start.isoformat(), end=end.isoformat(), when=view.when(Slot(start, end), now))
        for start, end in spans
    ]
    all_day = ", ".join(f"{event.title} ({view.when(event, now)})" for event in events if event.all_day)
    notes = [f"종일 일정: {all_day}"] if all_day else []
    if not hours:
        notes.append("남은 근무 시간(평일 9~18시)이 없습니다. 시각을 함께 적으세요. 예: 토요일 오후 2시부터 5시까지")
    elif not slots:
        notes.append("빈 시간이 없습니다. 기간을 넓히거나 길이를 줄여 보세요.")
    return FreeTime(slots=slots, note="\n".join(notes))


def _reference(text: str | None, now: datetime) -> datetime:
    if not text:
        return now
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"reference를 읽을 수 없습니다: {text!r}. 예: 2026-11-22T09:00:00+09:00") from error
    return instant.astimezone(now.tzinfo) if instant.tzinfo else instant.replace(tzinfo=now.tzinfo)
