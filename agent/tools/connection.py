"""One MCP connection and the task that owns it.

The SDK's client must be entered and left in one task; calls may come from any other. The owner connects, lists the
tools, waits until the connection is lost, and connects again with back-off.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.client.session import IncomingMessage
from mcp.client.subscriptions import SubscriptionLost
from mcp.types import CallToolResult, RequestParamsMeta, ToolListChangedNotification
from mcp.types import Tool as ListedTool

from agent.errors import ToolFailed
from agent.tools.targets import Connect

log = logging.getLogger(__name__)

OnTools = Callable[[list[ListedTool]], Awaitable[None]]
OnProgress = Callable[[float, float | None, str | None], Awaitable[None]]

_TRANSPORT_ERRORS = (
    MCPError,
    OSError,
    TimeoutError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    httpx2.HTTPError,
    SubscriptionLost,
)
_FIRST_DELAY, _LAST_DELAY = 0.2, 30.0
_CONNECTION_CLOSED, _REQUEST_TIMEOUT = -32000, -32001
_MODERN = "2026-07-28"


class Connection:
    """A server that may come and go. A call while it is away fails with a clear text and never hangs."""

    def __init__(self, server: str, connect: Connect, on_tools: OnTools, silence: float) -> None:
        self.server = server
        self.fault = ""
        """Why there is no connection, for people; empty while there is one."""
        self._connect = connect
        self._on_tools = on_tools
        self._silence = silence
        self._client: Client | None = None
        self._settled = asyncio.Event()
        self._lost = asyncio.Event()
        self._changed = asyncio.Event()
        self._stopping = False
        self._owner: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._owner = asyncio.create_task(self._own(), name=f"mcp {self.server}")

    async def close(self) -> None:
        self._stopping = True
        if self._owner:
            self._owner.cancel()
            with suppress(asyncio.CancelledError):
                await self._owner

    async def settled(self) -> None:
        """Returns once the first attempt has succeeded or failed."""
        await self._settled.wait()

    async def call(
        self, tool: str, arguments: dict[str, Any], meta: dict[str, Any], on_progress: OnProgress
    ) -> CallToolResult:
        """Call a tool; it is given up after the time of silence.

        Raises:
            ToolFailed: code `unavailable` if nothing was sent; `timeout` or `lost` if the outcome is not known.
        """
        client = await self._reach()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._silence) as deadline:

                async def progressed(progress: float, total: float | None, message: str | None) -> None:
                    deadline.reschedule(loop.time() + self._silence)
                    await on_progress(progress, total, message)

                return await client.call_tool(
                    tool, arguments, progress_callback=progressed, meta=cast(RequestParamsMeta, meta)
                )
        except TimeoutError as error:
            raise ToolFailed(
                f"{self.server} 서버가 {self._silence:.0f}초 동안 답하지 않아 기다리기를 그만두었습니다.",
                code="timeout",
            ) from error
        except MCPError as error:
            raise self._translate(error) from error
        except (*_TRANSPORT_ERRORS, RuntimeError) as error:
            self._lost.set()
            raise ToolFailed(f"{self.server} 서버와 연결이 끊겼습니다. 다시 연결하고 있습니다.", code="lost") from error

    def _translate(self, error: MCPError) -> ToolFailed:
        if error.error.code == _REQUEST_TIMEOUT:
            return ToolFailed(f"{self.server} 서버가 제때 답하지 않았습니다.", code="timeout")
        if error.error.code == _CONNECTION_CLOSED:
            self._lost.set()
            return ToolFailed(f"{self.server} 서버와 연결이 끊겼습니다. 다시 연결하고 있습니다.", code="lost")
        return ToolFailed(f"{self.server} 서버가 거절했습니다: {error.error.message}", code="failed")

    async def _reach(self) -> Client:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._silence):
                await self._settled.wait()
        if self._client is None:
            fault = self.fault or "아직 연결되지 않았습니다"
            raise ToolFailed(
                f"{self.server} 서버를 쓸 수 없습니다: {fault}. 잠시 뒤에 다시 하세요.", code="unavailable"
            )
        return self._client

    async def _own(self) -> None:
        delay = _FIRST_DELAY
        while not self._stopping:
            try:
                await self._hold()
                delay = _FIRST_DELAY
            except asyncio.CancelledError:
                # The SDK cancels the owner when an HTTP server dies in a call; only `close` means it.
                if self._stopping:
                    raise
                self.fault = "연결이 끊겼습니다"
            except (*_TRANSPORT_ERRORS, ValueError, ImportError, BaseExceptionGroup) as error:
                self.fault = _explain(error)
                log.warning("%s: %s", self.server, self.fault)
            finally:
                self._client = None
                self._settled.set()
            await asyncio.sleep(delay)
            delay = min(_LAST_DELAY, delay * 2)

    async def _hold(self) -> None:
        target = await self._connect()
        async with asyncio.timeout(None) as starting:
            starting.reschedule(asyncio.get_running_loop().time() + self._silence)
            async with Client(target, message_handler=self._heard, cache=None) as client:
                await self._list(client)
                starting.reschedule(None)
                self._client, self.fault = client, ""
                self._lost.clear()
                self._settled.set()
                await self._watch(client)

    async def _list(self, client: Client) -> None:
        tools: list[ListedTool] = []
        cursor: str | None = None
        while True:
            listed = await client.list_tools(cursor=cursor)
            tools += listed.tools
            if not (cursor := listed.next_cursor):
                break
        await self._on_tools(tools)

    async def _watch(self, client: Client) -> None:
        """Until the connection is lost; a changed list is read again meanwhile."""
        subscription = asyncio.create_task(self._listen(client))
        try:
            while not self._lost.is_set():
                waits = [asyncio.create_task(one.wait()) for one in (self._lost, self._changed)]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                for wait in waits:
                    wait.cancel()
                if self._changed.is_set():
                    self._changed.clear()
                    await self._list(client)
        finally:
            subscription.cancel()
        self.fault = "연결이 끊겼습니다"

    async def _listen(self, client: Client) -> None:
        if client.protocol_version < _MODERN:
            return
        with suppress(MCPError):
            try:
                async with client.listen(tools_list_changed=True) as events:
                    async for _ in events:
                        self._changed.set()
            except SubscriptionLost:
                self._lost.set()

    async def _heard(self, message: IncomingMessage) -> None:
        if isinstance(message, ToolListChangedNotification):
            self._changed.set()


def _explain(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    match error:
        case FileNotFoundError(filename=name) if name:
            return f"{name} 을(를) 찾을 수 없습니다"
        case TimeoutError():
            return "제때 시작하지 않았습니다"
        case MCPError():
            return error.error.message
    return str(error) or type(error).__name__
