"""One MCP connection and the task that owns it.

The SDK's client must be entered and left in one task; calls may come from any other. The owner connects, lists the
tools, waits until the connection is lost, and connects again with back-off, or at once when somebody wants to call.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import anyio
from mcp import Client, MCPError
from mcp.client.session import IncomingMessage
from mcp.client.subscriptions import SubscriptionLost
from mcp.types import CallToolResult, RequestParamsMeta, ToolListChangedNotification
from mcp.types import Tool as ListedTool

from agent.errors import ToolFailed
from agent.tools.faults import (
    CONNECTION_CLOSED,
    INVALID_REQUEST,
    REQUEST_TIMEOUT,
    TRANSPORT_ERRORS,
    explain,
    said,
)
from agent.tools.targets import Connect

log = logging.getLogger(__name__)

OnTools = Callable[[list[ListedTool]], Awaitable[None]]
OnProgress = Callable[[float, float | None, str | None], Awaitable[None]]

_FIRST_DELAY, _LAST_DELAY = 0.2, 30.0
_START = 60.0
"""Seconds in which a server must have listed its tools: some install themselves first."""
_REACH = 15.0
"""Seconds a call waits for a connection that is being made."""
_FAREWELL = 2.0
"""Seconds to take leave of a server, such as ending a session, before the connection is cut."""
_PAGES = 100
_MODERN = "2026-07-28"


class _Forgotten(ToolFailed):
    """A handshake-era HTTP server was restarted: it has refused the call without looking at it."""


class Connection:
    """A server that may come and go. A call while it is away fails with a clear text and never hangs."""

    def __init__(self, server: str, connect: Connect, on_tools: OnTools, silence: float) -> None:
        self.server = server
        self.fault = "아직 연결하고 있습니다"
        """Why there is no connection, for people; empty while there is one."""
        self._connect = connect
        self._on_tools = on_tools
        self._silence = silence
        self._client: Client | None = None
        self._lost = asyncio.Event()
        """Of the present connection; the next one gets its own."""
        self._settled = asyncio.Event()
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self._closing = False
        self._owner: asyncio.Task[None] | None = None
        self._scope: anyio.CancelScope

    def start(self) -> None:
        """Begin to connect, unless that was begun before."""
        if self._owner:
            return
        self._scope = anyio.CancelScope()
        self._owner = asyncio.create_task(self._own(), name=f"mcp {self.server}")

    async def close(self) -> None:
        """Take leave, or stop trying. The transport's own shutdown is never cut short: it ends the child process."""
        if self._owner is None:
            return
        self._closing = True
        self._lost.set()
        if self._client is None:
            self._scope.cancel()
        await asyncio.wait([self._owner], timeout=_FAREWELL)
        self._scope.cancel()
        await asyncio.wait([self._owner])
        self._settled.set()
        self._owner.result()

    async def settled(self, patience: float) -> None:
        """Returns once the first attempt has succeeded or failed, or patience has run out."""
        with anyio.move_on_after(patience):
            await self._settled.wait()

    async def call(
        self, tool: str, arguments: dict[str, Any], meta: dict[str, Any], on_progress: OnProgress
    ) -> CallToolResult:
        """Call a tool; it is given up after the time of silence.

        Raises:
            ToolFailed: code `unavailable` if nothing was sent; `timeout` or `lost` if the outcome is not known.
        """
        try:
            return await self._ask(tool, arguments, meta, on_progress)
        except _Forgotten:
            return await self._ask(tool, arguments, meta, on_progress)

    async def _ask(
        self, tool: str, arguments: dict[str, Any], meta: dict[str, Any], on_progress: OnProgress
    ) -> CallToolResult:
        client, lost = await self._reach(), self._lost
        try:
            with anyio.fail_after(self._silence) as limit:

                async def progressed(progress: float, total: float | None, message: str | None) -> None:
                    limit.deadline = anyio.current_time() + self._silence
                    await on_progress(progress, total, said(message or ""))

                return await client.call_tool(
                    tool, arguments, progress_callback=progressed, meta=cast(RequestParamsMeta, meta)
                )
        except TimeoutError as error:
            raise ToolFailed(
                f"{self.server} 서버가 {self._silence:g}초 동안 답하지 않아 기다리기를 그만두었습니다.", code="timeout"
            ) from error
        except MCPError as error:
            raise self._translate(error, lost) from error
        except TRANSPORT_ERRORS as error:
            raise self._broken(lost) from error
        except (RuntimeError, ValueError) as error:
            raise ToolFailed(
                f"{self.server} 서버의 답이 약속한 형식이 아닙니다({said(str(error))}). 일은 되었을 수 있습니다.",
                code="failed",
            ) from error

    def _translate(self, error: MCPError, lost: asyncio.Event) -> ToolFailed:
        if error.code in (INVALID_REQUEST, REQUEST_TIMEOUT) and "session" in error.message.casefold():
            lost.set()
            return _Forgotten(f"{self.server} 서버가 연결을 잊었습니다. 잠시 뒤에 다시 하세요.", code="unavailable")
        if error.code == REQUEST_TIMEOUT:
            return ToolFailed(f"{self.server} 서버가 제때 답하지 않았습니다.", code="timeout")
        if error.code == CONNECTION_CLOSED:
            return self._broken(lost)
        return ToolFailed(f"{self.server} 서버가 거절했습니다: {said(error.message)}", code="failed")

    def _broken(self, lost: asyncio.Event) -> ToolFailed:
        lost.set()
        return ToolFailed(f"{self.server} 서버와 연결이 끊겼습니다. 다시 연결하고 있습니다.", code="lost")

    async def _reach(self) -> Client:
        if self._lost.is_set() or self._client is None:
            self._settled.clear()
            self._wanted.set()
            if self._owner and not self._owner.done():
                await self.settled(_REACH)
        if self._lost.is_set() or self._client is None:
            raise ToolFailed(
                f"{self.server} 서버를 쓸 수 없습니다: {self.fault}. 잠시 뒤에 다시 하거나 다른 도구를 쓰세요.",
                code="unavailable",
            )
        return self._client

    async def _own(self) -> None:
        delays = _delays()
        with self._scope:
            while not self._closing:
                begun = anyio.current_time()
                try:
                    await self._hold()
                except (*TRANSPORT_ERRORS, RuntimeError, ValueError, ImportError, BaseExceptionGroup) as error:
                    self._note(explain(error))
                finally:
                    if self._client is None:
                        self._settled.set()
                    self._client = None
                if anyio.current_time() - begun > _LAST_DELAY:
                    delays = _delays()
                with anyio.move_on_after(next(delays)):
                    await self._wanted.wait()
                self._wanted.clear()

    def _note(self, fault: str) -> None:
        if fault != self.fault:
            log.warning("%s: %s", self.server, fault)
        self.fault = fault

    async def _hold(self) -> None:
        """From connecting to the loss of the connection."""
        self._lost = lost = asyncio.Event()
        with anyio.fail_after(_START) as starting:
            target = await self._connect(lost.set)
            async with Client(target, message_handler=self._heard, cache=None) as client:
                await self._list(client)
                starting.deadline = math.inf
                self._client, self.fault = client, ""
                self._settled.set()
                await self._watch(client, lost)
                self.fault = "연결이 끊겼습니다"

    async def _list(self, client: Client) -> None:
        tools: list[ListedTool] = []
        cursor: str | None = None
        for _ in range(_PAGES):
            listed = await client.list_tools(cursor=cursor)
            tools += listed.tools
            if not (cursor := listed.next_cursor):
                break
        await self._on_tools(tools)

    async def _watch(self, client: Client, lost: asyncio.Event) -> None:
        """Until the connection is lost; a changed list is read again meanwhile."""
        async with anyio.create_task_group() as side:
            side.start_soon(self._listen, client)
            side.start_soon(self._refresh, client)
            await lost.wait()
            side.cancel_scope.cancel()

    async def _refresh(self, client: Client) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._list(client)

    async def _listen(self, client: Client) -> None:
        """Hear of changes in the modern era; a server of the era before notifies by itself."""
        if client.protocol_version < _MODERN:
            return
        for delay in _delays():
            try:
                async with client.listen(tools_list_changed=True) as events:
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


def _delays() -> Iterator[float]:
    delay = _FIRST_DELAY
    while True:
        yield delay
        delay = min(_LAST_DELAY, delay * 2)
