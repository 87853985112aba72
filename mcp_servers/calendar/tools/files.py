"""Tools that read and write .ics files, invitations among them (RFC 5545, RFC 5546)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import ical
from mcp_servers.calendar.entities import Item, Person
from mcp_servers.calendar.found import among, collection_named, find
from mcp_servers.calendar.ical import invitation
from mcp_servers.calendar.ical.invitation import Incoming
from mcp_servers.calendar.importing import imported
from mcp_servers.calendar.models import Exported, Imported
from mcp_servers.calendar.store import collections, items, occurrences
from mcp_servers.calendar.store.people import person_of
from mcp_servers.calendar.tools.answers import answering, my_person
from mcp_servers.calendar.when import period
from mcp_servers.common.database import Database
from mcp_servers.common.instant import zone_of
from mcp_servers.common.operation import Operations, is_preview
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean
from mcp_servers.common.workspace import Workspace

_MOST_BYTES = 32 * 1024 * 1024
FilePath = Annotated[str, Field(min_length=1, description="작업 폴더 안의 .ics 경로")]
Message = Literal["publish", "request", "reply", "cancel"]


class FileTools:
    """The tools; their docstrings are what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database, operations: Operations) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations
        self._workspace = Workspace(settings.workspace, settings.home)

    def register(self, server: ToolServer) -> None:
        server.change("달력 파일 가져오기", effect="change", outside=True)(self.import_ics)
        server.change("달력 파일 내보내기", effect="edit")(self.export_ics)

    async def import_ics(self, ctx: Context, path: FilePath, calendar: Korean | None = None) -> Imported:
        """.ics 파일(받은 초대도)을 달력에 넣는다."""
        file = self._workspace.existing(path)
        if not file.is_file():
            raise Refused(f"파일이 아닙니다: {path}. .ics 파일의 경로를 넣으세요.")
        if file.stat().st_size > _MOST_BYTES:
            raise Refused(f"32MB가 넘는 파일입니다: {path}. 기간을 나누어 내보낸 파일을 쓰세요.", code="too_large")
        incoming = await asyncio.to_thread(_incoming, file, self._settings.now())

        async def work(connection: AsyncConnection) -> Imported:
            target = await collection_named(connection, calendar)
            return await imported(connection, incoming, target, self._settings.now())

        return await self._operations.once(ctx, Imported, {"path": path, "calendar": calendar}, work)

    async def export_ics(
        self,
        ctx: Context,
        path: FilePath,
        event_id: str | None = None,
        when: Annotated[Korean, Field(description="예: 이번 달")] | None = None,
        calendar: Korean | None = None,
        sender: Annotated[Korean, Field(description="초대를 보내는 내 이메일")] | None = None,
        message: Annotated[
            Message, Field(description="초대(request)·답장(reply)·취소(cancel)로 내보낼 때")
        ] = "publish",
    ) -> Exported:
        """일정을 .ics 파일로 내보낸다."""
        file = self._workspace.writable(path)
        asked = {"path": path, "event_id": event_id, "when": when, "calendar": calendar, "message": message}
        asked |= {"sender": sender}

        async def work(connection: AsyncConnection) -> Exported:
            now = self._settings.now()
            if message != "publish" and not event_id:
                raise Refused("초대·답장·취소는 event_id로 일정 하나를 골라야 합니다.")
            if event_id:
                me = person_of(sender) if sender else await my_person(connection)
                text, count = await _one(connection, event_id, message, me, now), 1
            else:
                chosen = await _chosen(connection, when, calendar, now)
                text, count = ical.write_file([one.data for one in chosen]), len(chosen)
            if not is_preview(ctx):
                await asyncio.to_thread(file.parent.mkdir, parents=True, exist_ok=True)
                await asyncio.to_thread(file.write_text, text, encoding="utf-8", newline="")
            shown = self._workspace.relative(file)
            return Exported(summary=f"달력 파일 내보내기: {shown} · {count}건", path=shown, count=count)

        return await self._operations.once(ctx, Exported, asked, work)


def _incoming(file: Path, now: datetime) -> Incoming:
    try:
        return Incoming.parse(file.read_bytes(), zone_of(now))
    except ical.InvalidCalendar as error:
        raise Refused(str(error)) from error


async def _one(connection: AsyncConnection, event_id: str, message: Message, me: Person | None, now: datetime) -> str:
    """One event as a file, or as a message by iTIP (RFC 5546)."""
    found = await find(connection, event_id, now)
    series, recurrence_id = found.series, found.recurrence_id
    try:
        match message:
            case "publish":
                return ical.write_file([found.item.data])
            case "request":
                return invitation.request(_organized(series, me, now), now)
            case "cancel":
                return invitation.cancel(_organized(series, me, now), now, recurrence_id)
            case "reply":
                attendee = answering(found.event, me)
                return invitation.reply(series, attendee, attendee.status, now, recurrence_id)
    except ical.InvalidCalendar as error:
        raise Refused(str(error)) from error


def _organized(series: ical.Series, me: Person | None, now: datetime) -> ical.Series:
    """An event of the user's own has no organizer until it is sent to others."""
    if series.master.organizer:
        return series
    if me is None or not me.address:
        raise Refused("보내는 사람을 알 수 없습니다. sender에 내 이메일을 넣으세요.")
    return series.changed_to(replace(series.master, organizer=me), "all", "", now)[0]


async def _chosen(connection: AsyncConnection, when: str | None, calendar: str | None, now: datetime) -> Sequence[Item]:
    """Every item of a calendar (or of all of the user's), or those with an occurrence in the period."""
    known = [one for one in await collections.listed(connection) if not one.owner]
    ids = [among(known, calendar).id] if calendar else [one.id for one in known]
    if not when:
        return await items.in_collections(connection, ids)
    start, end, _ = period(when, now)
    found = await occurrences.between(connection, start, end, now, collections=ids)
    return await items.with_ids(connection, list(dict.fromkeys(one.item for one in found)))
