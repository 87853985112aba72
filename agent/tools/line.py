"""One connection to an MCP server from its making to its loss: what of a connection speaks MCP."""

import asyncio
import math
from collections.abc import Callable
from typing import Any, cast

import anyio
from mcp import Client, MCPError
from mcp.client.session import IncomingMessage
from mcp.client.subscriptions import SubscriptionLost
from mcp.types import CallToolResult, RequestParamsMeta, ToolListChangedNotification
from mcp.types import Tool as ListedTool

from agent.errors import ToolFailed
from agent.tools.contract import Connect, Forgotten, OnProgress, OnTools
from agent.tools.delays import delays
from agent.tools.faults import (
    CONNECTION_CLOSED,
    INVALID_REQUEST,
    REQUEST_TIMEOUT,
    TRANSPORT_ERRORS,
    explain,
    said,
)

_START = 60.0
"""Seconds in which a server must have listed its tools: some install themselves first."""
_PAGES = 100
_MODERN = "2026-07-28"


class Line:
    """Held by one task; calls come from any other once it is open."""

    def __init__(self, server: str, silence: float) -> None:
        self.lost = asyncio.Event()
        """Set to leave it, and by whoever notices that the other side has gone."""
        self._server = server
        self._silence = silence
        self._client: Client
        self._changed = asyncio.Event()

    async def hold(self, connect: Connect, on_tools: OnTools, opened: Callable[[], None]) -> str:
        """From connecting to the loss; `opened` is called in between, once the tools have been listed.

        Returns:
            What went wrong, in a clause for people; empty if the connection stood and was lost.
        """
        try:
            with anyio.fail_after(_START) as starting:
                target = await connect(self.lost.set)
                async with Client(target, message_handler=self._heard, cache=None) as self._client:
                    await self._list(on_tools)
                    starting.deadline = math.inf
                    opened()
                    await self._watch(on_tools)
        except (*TRANSPORT_ERRORS, RuntimeError, ValueError, ImportError, BaseExceptionGroup) as error:
            return explain(error)
        return ""

    async def call(
        self, tool: str, arguments: dict[str, Any], meta: dict[str, Any], on_progress: OnProgress
    ) -> CallToolResult:
        """See `Connection.call`. Raises `Forgotten` if the call may be made again."""
        try:
            with anyio.fail_after(self._silence) as limit:

                async def progressed(progress: float, total: float | None, message: str | None) -> None:
                    limit.deadline = anyio.current_time() + self._silence
                    await on_progress(progress, total, said(message or ""))

                return await self._client.call_tool(
                    tool, arguments, progress_callback=progressed, meta=cast(RequestParamsMeta, meta)
                )
        except TimeoutError as error:
            raise ToolFailed(
                f"{self._server} 서버가 {self._silence:g}초 동안 답하지 않아 기다리기를 그만두었습니다.", code="timeout"
            ) from error
        except MCPError as error:
            raise self._translate(error) from error
        except TRANSPORT_ERRORS as error:
            raise self._broken() from error
        except (RuntimeError, ValueError) as error:
            raise ToolFailed(
                f"{self._server} 서버의 답이 약속한 형식이 아닙니다({said(str(error))}). 일은 되었을 수 있습니다.",
                code="failed",
            ) from error

    def _translate(self, error: MCPError) -> ToolFailed:
        if error.code in (INVALID_REQUEST, REQUEST_TIMEOUT) and "session" in error.message.casefold():
            self.lost.set()
            return Forgotten(f"{self._server} 서버가 연결을 잊었습니다. 잠시 뒤에 다시 하세요.", code="unavailable")
        if error.code == REQUEST_TIMEOUT:
            return ToolFailed(f"{self._server} 서버가 제때 답하지 않았습니다.", code="timeout")
        if error.code == CONNECTION_CLOSED:
            return self._broken()
        return ToolFailed(f"{self._server} 서버가 거절했습니다: {said(error.message)}", code="failed")

    def _broken(self) -> ToolFailed:
        self.lost.set()
        return ToolFailed(f"{self._server} 서버와 연결이 끊겼습니다. 다시 연결하고 있습니다.", code="lost")

    async def _list(self, on_tools: OnTools) -> None:
        tools: list[ListedTool] = []
        cursor: str | None = None
        for _ in range(_PAGES):
            listed = await self._client.list_tools(cursor=cursor)
            tools += listed.tools
            if not (cursor := listed.next_cursor):
                break
        await on_tools(tools)

    async def _watch(self, on_tools: OnTools) -> None:
        """Until the connection is lost; a changed list is read again meanwhile."""
        async with anyio.create_task_group() as side:
            side.start_soon(self._listen)
            side.start_soon(self._refresh, on_tools)
            await self.lost.wait()
            side.cancel_scope.cancel()

    async def _refresh(self, on_tools: OnTools) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._list(on_tools)

    async def _listen(self) -> None:
        """Hear of changes in the modern era; a server of the era before notifies by itself."""
        if self._client.protocol_version < _MODERN:
            return
        for delay in delays():
            try:
                async with self._client.listen(tools_list_changed=True) as events:
                    async for _ in events:
                        self._changed.set()
            except SubscriptionLost:
                pass
            except MCPError as error:
                if error.code != CONNECTION_CLOSED:
                    return
            # A proxy may end an idle stream: calls in flight go on, and what was missed is read.
            await anyio.sleep(delay)
            self._changed.set()

    async def _heard(self, message: IncomingMessage) -> None:
        if isinstance(message, ToolListChangedNotification):
            self._changed.set()
