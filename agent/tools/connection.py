"""One MCP connection and the task that owns it.

The SDK's client must be entered and left in one task; calls may come from any other. The owner connects, lists the
tools, waits until the connection is lost, and connects again with back-off, or at once when somebody wants to call.
What speaks MCP (`line.py`) is loaded by the owner, since that takes more than a second and most turns call no tool.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import anyio

from agent.errors import ToolFailed
from agent.tools.contract import Connect, Forgotten, OnProgress, OnTools
from agent.tools.delays import LAST_DELAY, delays

if TYPE_CHECKING:
    from mcp.types import CallToolResult

    from agent.tools.line import Line

log = logging.getLogger(__name__)

_REACH = 15.0
"""Seconds a call waits for a connection that is being made."""
_FAREWELL = 2.0
"""Seconds to take leave of a server, such as ending a session, before the connection is cut."""


class Connection:
    """A server that may come and go. A call while it is away fails with a clear text and never hangs."""

    def __init__(self, server: str, connect: Connect, on_tools: OnTools, silence: float) -> None:
        self.server = server
        self.fault = "아직 연결하고 있습니다"
        """Why there is no connection, for people; empty while there is one."""
        self._connect = connect
        self._on_tools = on_tools
        self._silence = silence
        self._line: Line | None = None
        """Set while calls can be made."""
        self._settled = asyncio.Event()
        self._wanted = asyncio.Event()
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
        if self._line is None:
            self._scope.cancel()
        else:
            self._line.lost.set()
        await asyncio.wait([self._owner], timeout=_FAREWELL)
        self._scope.cancel()
        await asyncio.wait([self._owner])
        self._settled.set()
        self._owner.result()

    @property
    def state(self) -> str:
        """How it is, for people."""
        if self._owner is None:
            return "쉼"
        return "연결됨" if self._standing else self.fault

    async def settled(self, patience: float) -> None:
        """Returns once the first attempt has succeeded or failed, or patience has run out."""
        with anyio.move_on_after(patience):
            await self._settled.wait()

    async def call(
        self, tool: str, arguments: dict[str, Any], meta: dict[str, Any], on_progress: OnProgress
    ) -> "CallToolResult":
        """Call a tool; it is given up after the time of silence.

        Raises:
            ToolFailed: code `unavailable` if nothing was sent; `timeout` or `lost` if the outcome is not known.
        """
        try:
            return await (await self._reach()).call(tool, arguments, meta, on_progress)
        except Forgotten:
            return await (await self._reach()).call(tool, arguments, meta, on_progress)

    async def _reach(self) -> "Line":
        if self._standing is None:
            self._settled.clear()
            self._wanted.set()
            if self._owner and not self._owner.done():
                await self.settled(_REACH)
        if (line := self._standing) is None:
            raise ToolFailed(
                f"{self.server} 서버를 쓸 수 없습니다: {self.fault}. 잠시 뒤에 다시 하거나 다른 도구를 쓰세요.",
                code="unavailable",
            )
        return line

    @property
    def _standing(self) -> "Line | None":
        return self._line if self._line and not self._line.lost.is_set() else None

    async def _own(self) -> None:
        pauses = delays()
        with self._scope:
            while not self._closing:
                begun = anyio.current_time()
                try:
                    await self._hold()
                finally:
                    if self._line is None:
                        self._settled.set()
                    self._line = None
                if anyio.current_time() - begun > LAST_DELAY:
                    pauses = delays()
                with anyio.move_on_after(next(pauses)):
                    await self._wanted.wait()
                self._wanted.clear()

    async def _hold(self) -> None:
        """From connecting to the loss of the connection."""
        line = (await asyncio.to_thread(_loaded))(self.server, self._silence)

        def opened() -> None:
            self._line, self.fault = line, ""
            self._settled.set()

        if fault := await line.hold(self._connect, self._on_tools, opened):
            self._note(fault)
        else:
            self.fault = "연결이 끊겼습니다"

    def _note(self, fault: str) -> None:
        if fault != self.fault:
            log.warning("%s: %s", self.server, fault)
        self.fault = fault


def _loaded() -> "type[Line]":
    from agent.tools.line import Line

    return Line
