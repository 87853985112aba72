"""Tools to look through calls."""

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.database import Database
from mcp_servers.common.page import Limit, Page, offset_of, page
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean
from mcp_servers.phone import contacts, digest, entities, store
from mcp_servers.phone.models import Call, CallSummary, CallTranscript
from mcp_servers.phone.store import Wanted
from mcp_servers.phone.view import View, interval, turns_of

_DIRECTIONS = {"missed": "부재중 전화", "incoming": "받은 전화", "outgoing": "건 전화"}


class CallTools:
    def __init__(self, settings: ServerSettings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def register(self, server: ToolServer) -> None:
        server.read("통화 목록", core=True, outside=True)(self.list_calls)
        server.read("통화 내용 보기", outside=True)(self.get_call)
        server.read("통화 요약", core=True, outside=True)(self.summarize_call)

    async def list_calls(
        self,
        contact: Annotated[Korean | None, Field(description="번호나 이름")] = None,
        when: Korean | None = None,
        limit: Limit = 20,
        cursor: str | None = None,
    ) -> Page[Call]:
        """통화를 최근 것부터 나열한다."""
        now, offset = self._settings.now(), offset_of(cursor)
        wanted_time = interval(when, now)
        async with self._database.begin() as connection:
            phones = await contacts.numbers(connection, contact) if contact else None
            rows = await store.calls(connection, Wanted(phones, wanted_time), offset, limit)
            view = await View.of(connection, rows, now)
        return page([view.call(row) for row in rows], offset, limit)

    async def get_call(self, call_id: str) -> CallTranscript:
        """통화 녹취를 본다."""
        async with self._database.begin() as connection:
            row, view = await self._one(connection, call_id)
        return view.transcript(row)

    async def summarize_call(self, call_id: str) -> CallSummary:
        """통화의 핵심 말과 할 일을 뽑는다."""
        async with self._database.begin() as connection:
            row, view = await self._one(connection, call_id)
        if not row.turns:
            raise Refused(
                "이 통화에는 녹취가 없어 요약할 수 없습니다. list_calls에서 has_transcript가 true인 통화를 고르세요.",
                code="unavailable",
            )
        said = digest.sentences(turns_of(row))
        everything = "\n".join(turn.text for turn in said)
        call = view.call(row)
        return CallSummary(
            call=call,
            headline=_headline(call),
            sentences=digest.telling(said),
            times=entities.times(everything),
            phones=entities.phones(everything),
            amounts=entities.amounts(everything),
            todos=digest.todos(said),
        )

    async def _one(self, connection: AsyncConnection, call_id: str) -> tuple[sa.Row[Any], View]:
        row = await store.call_by_id(connection, call_id)
        if row is None:
            raise Refused(f"'{call_id}' 통화가 없습니다. list_calls가 돌려준 id를 그대로 넣으세요.", code="not_found")
        return row, await View.of(connection, [row], self._settings.now())


def _headline(call: Call) -> str:
    whom = f"{call.contact} {call.phone}".strip()
    return f"{_DIRECTIONS[call.direction]} · {whom} · {call.when} · {call.duration}"
