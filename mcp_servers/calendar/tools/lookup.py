"""Tools that find and show events."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import view
from mcp_servers.calendar.found import find
from mcp_servers.calendar.korean_time import parse
from mcp_servers.calendar.models import Event, EventDetails, TimeExpression, Times
from mcp_servers.calendar.store import collections, occurrences
from mcp_servers.calendar.when import period
from mcp_servers.common.database import Database
from mcp_servers.common.page import Limit, Page, offset_of, page
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean

LongText = Annotated[Korean, Field(max_length=10_000)]
Period = Annotated[Korean, Field(description="예: 다음 주")]


class LookupTools:
    """The tools; their docstrings are what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def register(self, server: ToolServer) -> None:
        server.read("일정 보기")(self.get_event)
        server.read("일정 찾기", core=True)(self.search_events)
        server.read("시간 풀이")(self.resolve_time)

    async def get_event(self, event_id: str) -> EventDetails:
        """일정 하나를 자세히 본다."""
        now = self._settings.now()
        async with self._database.begin() as connection:
            return view.details(await find(connection, event_id, now), now)

    async def search_events(
        self,
        text: Korean | None = None,
        when: Period | None = None,
        limit: Limit = 20,
        cursor: str | None = None,
    ) -> Page[Event]:
        """일정을 낱말이나 기간으로 찾는다."""
        now, offset = self._settings.now(), offset_of(cursor)
        most = offset + limit + 1
        async with self._database.begin() as connection:
            if text and not when:
                found = await occurrences.named(connection, text, now, most=most)
            else:
                start, end = period(when, now)[:2] if when else (now, None)
                found = await occurrences.between(connection, start, end, now, words=text or "", most=most)
            names = await calendar_names(connection)
        return page([view.listed(one, names, now) for one in found[offset:most]], offset, limit)

    async def resolve_time(self, text: LongText, reference: str | None = None) -> Times:
        """글 속의 시간을 풀이한다."""
        now = _reference(reference, self._settings.now())
        return Times(expressions=[TimeExpression.of(found) for found in parse(text, now)])


async def calendar_names(connection: AsyncConnection) -> dict[str, str]:
    """Names of the calendars by id."""
    return {one.id: one.name for one in await collections.listed(connection)}


def _reference(text: str | None, now: datetime) -> datetime:
    if not text:
        return now
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"reference를 읽을 수 없습니다: {text!r}. 예: 2026-11-22T09:00:00+09:00") from error
    return instant.astimezone(now.tzinfo) if instant.tzinfo else instant.replace(tzinfo=now.tzinfo)
