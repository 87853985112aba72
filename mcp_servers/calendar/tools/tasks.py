"""Tools for tasks (VTODO)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import draft, ical, task_view
from mcp_servers.calendar.entities import Event, Item, Moment
from mcp_servers.calendar.found import Found, collection_named, find_writable
from mcp_servers.calendar.korean_time import resolve
from mcp_servers.calendar.models import Priority, Task, TaskChanged
from mcp_servers.calendar.store import items, journal, tasks
from mcp_servers.calendar.store.journal import Changed
from mcp_servers.calendar.tools.events import Reminder, Repeat, Title
from mcp_servers.calendar.tools.lookup import calendar_names
from mcp_servers.calendar.when import period
from mcp_servers.common.database import Database
from mcp_servers.common.instant import zone_of
from mcp_servers.common.operation import Operations
from mcp_servers.common.page import Limit, Page, offset_of, page
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean

Due = Annotated[Korean, Field(description="예: 금요일까지")]
_PRIORITIES: dict[Priority, int] = {"높음": 1, "보통": 5, "낮음": 9}


class TaskTools:
    """The tools; their docstrings are what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database, operations: Operations) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations

    def register(self, server: ToolServer) -> None:
        server.read("할 일 목록")(self.list_tasks)
        server.change("할 일 추가", effect="change")(self.create_task)
        server.change("할 일 끝내기", effect="change")(self.complete_task)

    async def list_tasks(
        self,
        text: Korean | None = None,
        due: Annotated[Korean, Field(description="예: 이번 주")] | None = None,
        done: Annotated[bool, Field(description="끝낸 것을 볼지")] = False,
        limit: Limit = 20,
        cursor: str | None = None,
    ) -> Page[Task]:
        """할 일을 급한 것부터 본다."""
        now, offset = self._settings.now(), offset_of(cursor)
        until = period(due, now)[1] if due else None
        wanted = tasks.Wanted(words=text or "", due_before=until, done=done)
        async with self._database.begin() as connection:
            found = await tasks.listed(connection, wanted, offset=offset, limit=limit)
            names = await calendar_names(connection)
        return page([task_view.listed(row, names, now) for row in found], offset, limit)

    async def create_task(
        self,
        ctx: Context,
        title: Title,
        due: Due | None = None,
        repeat: Repeat | None = None,
        priority: Priority | None = None,
        description: Korean = "",
        reminder: Reminder | None = None,
        calendar: Korean | None = None,
    ) -> TaskChanged:
        """할 일을 추가한다."""
        asked = {"title": title, "due": due, "repeat": repeat, "priority": priority, "description": description}

        async def work(connection: AsyncConnection) -> TaskChanged:
            now = self._settings.now()
            task = Event(uid=draft.new_uid(), title=title, start=None, kind="VTODO", description=description)
            task = replace(task, status="NEEDS-ACTION", priority=_PRIORITIES[priority] if priority else 0)
            task = replace(task, alarms=draft.alarms(reminder) if reminder else ())
            task = _due(task, due, now) if due else task
            if repeat:
                task = draft.repeated(replace(task, start=task.end or now.date()), repeat, now)
            collection = await collection_named(connection, calendar)
            item = Item(items.new_id("VTODO"), collection.id, task.uid, "VTODO", ical.new(task, now))
            summary = task_view.line("추가", task, now)
            await journal.commit(connection, summary, [Changed(None, item)], now)
            found = Found(item, ical.Series.parse(item.data, zone_of(now)), collection)
            return TaskChanged(summary=summary, task=task_view.shown(found, now))

        asked |= {"reminder": reminder, "calendar": calendar}
        return await self._operations.once(ctx, TaskChanged, asked, work)

    async def complete_task(
        self, ctx: Context, task_id: str, done: Annotated[bool, Field(description="false면 다시 엶")] = True
    ) -> TaskChanged:
        """할 일을 끝낸 것으로 한다."""

        async def work(connection: AsyncConnection) -> TaskChanged:
            now = self._settings.now()
            found = _open_occurrence(await find_writable(connection, task_id, now, "VTODO"), now)
            if (found.event.status == "COMPLETED") == done:
                raise Refused("이미 끝낸 할 일입니다." if done else "끝내지 않은 할 일입니다.")
            new = _completed(found.event, now) if done else _reopened(found.event)
            scope: Literal["this", "all"] = "this" if found.recurrence_id else "all"
            series, _ = found.series.changed_to(new, scope, found.recurrence_id, now)
            item = replace(found.item, data=series.data)
            summary = task_view.line("완료" if done else "다시 열기", new, now)
            await journal.commit(connection, summary, [Changed(found.item, item)], now)
            return TaskChanged(summary=summary, task=task_view.shown(replace(found, item=item, series=series), now))

        return await self._operations.once(ctx, TaskChanged, {"task_id": task_id, "done": done}, work)


def _due(task: Event, text: str, now: datetime) -> Event:
    said = resolve(text, now)
    if said is None or said.kind in ("duration", "recurrence"):
        raise Refused(f"기한을 읽을 수 없습니다: {text!r}. 예: 금요일까지, 내일 오후 6시, 12월 말")
    end = said.end or said.first
    due: Moment = said.first if said.timed else max(said.first, task_view.day_before(end)).date()
    return replace(task, end=due)


def _open_occurrence(found: Found, now: datetime) -> Found:
    """Of a recurring task that is named as a whole, the first one that is open."""
    if found.recurrence_id or not found.series.master.recurs:
        return found
    recurrence_id = task_view.next_open(found.series, now)
    if recurrence_id is None:
        raise Refused("남은 할 일이 없습니다.", code="not_found")
    return replace(found, recurrence_id=recurrence_id)


def _completed(task: Event, now: datetime) -> Event:
    return replace(task, status="COMPLETED", completed_at=now.astimezone(UTC), percent=100)


def _reopened(task: Event) -> Event:
    return replace(task, status="NEEDS-ACTION", completed_at=None, percent=0)
