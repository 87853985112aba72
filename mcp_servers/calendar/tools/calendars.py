"""Tools for the calendars themselves, and the one that takes back the last change."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

import sqlalchemy as sa
from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import ical, view
from mcp_servers.calendar.entities import Collection, Item
from mcp_servers.calendar.found import among
from mcp_servers.calendar.models import CalendarChanged, CalendarInfo, Calendars, Undone
from mcp_servers.calendar.store import collections, journal
from mcp_servers.calendar.store.journal import Changed
from mcp_servers.calendar.tables import item
from mcp_servers.common.database import Database
from mcp_servers.common.instant import zone_of
from mcp_servers.common.operation import Operations
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean

Name = Annotated[Korean, Field(min_length=1, max_length=100)]
Color = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$", description="예: #3366cc")]


class CalendarTools:
    """The tools; their docstrings are what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database, operations: Operations) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations

    def register(self, server: ToolServer) -> None:
        server.read("달력 목록")(self.list_calendars)
        server.change("달력 저장", effect="change")(self.save_calendar)
        server.change("달력 지우기", effect="delete")(self.delete_calendar)
        server.change("마지막 변경 되돌리기", effect="change")(self.undo_last_change)

    async def list_calendars(self) -> Calendars:
        """달력들을 본다."""
        async with self._database.begin() as connection:
            count = sa.select(item.c.collection, item.c.kind, sa.func.count()).group_by(item.c.collection, item.c.kind)
            numbers = {(row[0], row[1]): row[2] for row in await connection.execute(count)}
            return Calendars(calendars=[_info(one, numbers) for one in await collections.listed(connection)])

    async def save_calendar(
        self,
        ctx: Context,
        name: Name,
        color: Color | None = None,
        owner: Annotated[Korean, Field(description="다른 사람의 달력이면 그 이름이나 이메일")] | None = None,
        rights: Literal["write", "read"] | None = None,
        calendar: Annotated[Korean, Field(description="고칠 달력의 이름이나 id. 새 달력이면 비움")] | None = None,
    ) -> CalendarChanged:
        """달력을 만들거나 고친다."""
        asked = {"name": name, "color": color, "owner": owner, "rights": rights, "calendar": calendar}

        async def work(connection: AsyncConnection) -> CalendarChanged:
            known = await collections.listed(connection)
            old = among(known, calendar) if calendar else None
            if any(one.name.casefold() == name.casefold() and one != old for one in known):
                raise Refused(f"'{name}' 달력이 이미 있습니다. 다른 이름을 쓰세요.", code="conflict")
            base = old or Collection(collections.new_id(), name)
            new = replace(
                base, name=name, color=color or base.color, owner=owner or base.owner, rights=rights or base.rights
            )
            await (collections.update if old else collections.add)(connection, new)
            return CalendarChanged(summary=f"달력 {'수정' if old else '추가'}: {new.name}", calendar=new.id)

        return await self._operations.once(ctx, CalendarChanged, asked, work)

    async def delete_calendar(self, ctx: Context, calendar: Korean) -> CalendarChanged:
        """달력을 그 안의 일정과 함께 지운다."""

        async def work(connection: AsyncConnection) -> CalendarChanged:
            old = among(await collections.listed(connection), calendar)
            if old.id == collections.DEFAULT.id:
                raise Refused("기본 달력은 지울 수 없습니다.", code="forbidden")
            count = await connection.scalar(sa.select(sa.func.count()).where(item.c.collection == old.id))
            await collections.delete(connection, old.id)
            here = " · 서버의 달력은 그대로입니다" if old.account else ""
            summary = f"달력 삭제: {old.name} · 일정과 할 일 {count}건{here}"
            return CalendarChanged(summary=summary, calendar=old.id)

        return await self._operations.once(ctx, CalendarChanged, {"calendar": calendar}, work)

    async def undo_last_change(self, ctx: Context) -> Undone:
        """방금 한 일정·할 일 변경을 되돌린다."""

        async def work(connection: AsyncConnection) -> Undone:
            now = self._settings.now()
            undone = await journal.undo(connection, now)
            detail = "\n".join(line for changed in undone.changes for line in _restored(changed, now))
            return Undone(summary=f"되돌림: {undone.summary}", detail=detail)

        return await self._operations.once(ctx, Undone, {}, work)


def _info(one: Collection, numbers: dict[tuple[str, str], int]) -> CalendarInfo:
    return CalendarInfo(
        id=one.id,
        name=one.name,
        color=one.color,
        rights=one.rights,
        owner=one.owner,
        account=one.account,
        events=numbers.get((one.id, "VEVENT"), 0),
        tasks=numbers.get((one.id, "VTODO"), 0),
    )


def _restored(changed: Changed, now: datetime) -> list[str]:
    """What is there again, or gone again."""
    before, after = _shown(changed.before, now), _shown(changed.after, now)
    if not before:
        return [f"없앰: {after}"]
    return [f"되살림: {before}"] if not after else [f"{after} → {before}"]


def _shown(one: Item | None, now: datetime) -> str:
    if one is None:
        return ""
    return view.titled(ical.Series.parse(one.data, zone_of(now)).master, now)
