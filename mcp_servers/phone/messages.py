"""Tools to send and to find messages."""

from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.database import Database
from mcp_servers.common.operation import Operations
from mcp_servers.common.page import Limit, Page, offset_of, page
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean, one_line
from mcp_servers.phone import contacts, size, store
from mcp_servers.phone.models import Message, MessageSent
from mcp_servers.phone.provider import Draft, MessageProvider
from mcp_servers.phone.store import Wanted
from mcp_servers.phone.view import View, interval

_SUMMARY_CHARACTERS = 60


class MessageTools:
    def __init__(
        self, settings: ServerSettings, database: Database, operations: Operations, provider: MessageProvider
    ) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations
        self._provider = provider

    def register(self, server: ToolServer) -> None:
        server.change("문자 보내기", effect="send", core=True)(self.send_message)
        server.read("문자 찾기", core=True, outside=True)(self.search_messages)
        server.read("대화 보기", outside=True)(self.get_conversation)

    async def send_message(
        self, to: Annotated[Korean, Field(description="번호나 이름")], text: Korean, ctx: Context
    ) -> MessageSent:
        """문자를 보낸다."""
        size.check(text)

        async def send(connection: AsyncConnection) -> MessageSent:
            phone = await contacts.one_number(connection, to)
            row = await self._provider.send(connection, Draft(phone, text, self._settings.now()))
            view = await View.of(connection, [row], self._settings.now())
            return self._sent(view.message(row))

        return await self._operations.once(ctx, MessageSent, {"to": to, "text": text}, send)

    async def search_messages(
        self,
        text: Annotated[Korean | None, Field(description="내용 일부")] = None,
        contact: Annotated[Korean | None, Field(description="번호나 이름")] = None,
        when: Korean | None = None,
        limit: Limit = 20,
        cursor: str | None = None,
    ) -> Page[Message]:
        """문자를 최근 것부터 찾는다."""
        now, offset = self._settings.now(), offset_of(cursor)
        wanted_time = interval(when, now)
        async with self._database.begin() as connection:
            phones = await contacts.numbers(connection, contact) if contact else None
            rows = await store.messages(connection, Wanted(phones, wanted_time, text), offset, limit)
            view = await View.of(connection, rows, now)
        return page([view.message(row) for row in rows], offset, limit)

    async def get_conversation(
        self,
        contact: Annotated[Korean, Field(description="번호나 이름")],
        limit: Limit = 20,
        cursor: str | None = None,
    ) -> Page[Message]:
        """한 사람과의 문자를 본다. 최근이 끝."""
        offset, now = offset_of(cursor), self._settings.now()
        async with self._database.begin() as connection:
            phone = await contacts.one_number(connection, contact)
            rows = await store.messages(connection, Wanted({phone}), offset, limit)
            view = await View.of(connection, rows, now)
        newest_first = page([view.message(row) for row in rows], offset, limit)
        return Page[Message](items=newest_first.items[::-1], next_cursor=newest_first.next_cursor)

    def _sent(self, message: Message) -> MessageSent:
        whom = f"{message.contact} {message.phone}".strip()
        line = one_line(message.text)
        shown = line if len(line) <= _SUMMARY_CHARACTERS else f"{line[:_SUMMARY_CHARACTERS]}…"
        detail = [f"{message.kind} {size.size(message.text)}바이트", size.lost(message.text), message.text]
        return MessageSent(
            summary=f"문자 보내기: {whom} · “{shown}” {self._provider.notice}",
            detail="\n".join(filter(None, detail)),
            message=message,
        )
