"""The sessions of one home, served to whoever connects: by the resident process, or by a face to itself."""

import asyncio
import importlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.host.connection import Connection
from agent.host.desk import Desk
from agent.host.gate import Gate

_SWEEP = 60.0
"""Seconds between two looks for what nobody uses any more."""
_FIRST = "agent.model.http.chat"
"""What a first request needs besides what is here."""
_BEHIND = ("agent.model.reading.reply", "agent.session.engine", "agent.tools.line")
"""Loaded behind the first request: more than two seconds of work that it can do without."""
_SETTLED = 3.0
"""Seconds from there to the first look at reminders, which loads a tool server."""
_HEAD_START, _GLANCE = 5.0, 0.02
"""Seconds that a first request has until its model has been asked, and between two looks."""


class Host:
    """`serve` each connection; `close` at the end."""

    def __init__(self, home: Path, token: str | None = None) -> None:
        self._gate = Gate(token)
        self._desk = Desk(home)
        self._sweeping: asyncio.Task[None] | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection to its end. Streams need a limit of `MAX_LINE`."""
        if self._sweeping is None:
            self._sweeping = asyncio.create_task(self._sweep())
        serving = asyncio.create_task(Connection(self._gate, self._desk, reader, writer).serve())
        self._connections.add(serving)
        try:
            await serving
        finally:
            self._connections.discard(serving)

    @property
    def idle_seconds(self) -> float:
        """0 while a face is there, a turn runs or a reminder waits."""
        return self._desk.pulse.idle_seconds

    @property
    def on_stop(self) -> Callable[[float], None]:
        """Called with the patience that a face asked for."""
        return self._desk.on_stop

    @on_stop.setter
    def on_stop(self, stop: Callable[[float], None]) -> None:
        self._desk.on_stop = stop

    @property
    def on_stale(self) -> Callable[[], None]:
        return self._gate.on_stale

    @on_stale.setter
    def on_stale(self, retire: Callable[[], None]) -> None:
        self._gate.on_stale = retire

    async def recover(self) -> None:
        """Begin to go on with the turns that a crash cut."""
        self._desk.recover()

    async def warm(self) -> None:
        """Load what is needed first, and the rest once the model of the first request has been asked."""
        await asyncio.to_thread(importlib.import_module, _FIRST)
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEAD_START):
                while self._desk.pulse.asking:
                    await asyncio.sleep(_GLANCE)
        for name in _BEHIND:
            await asyncio.to_thread(importlib.import_module, name)
        self.remind(_SETTLED)

    def remind(self, after: float = 0.0) -> None:
        """Begin to tell reminders, in so many seconds."""
        self._desk.reminders.start(after)

    async def status(self) -> dict[str, Any]:
        return await self._desk.pulse.status()

    async def finish(self, patience: float) -> None:
        """Begin nothing more, and let the turns that run end, so many seconds at most; the next process goes on with
        the others."""
        await self._desk.reminders.close()
        try:
            async with asyncio.timeout(patience):
                self._desk.leave()
                while self._desk.busy:
                    await asyncio.sleep(_GLANCE)
                    self._desk.leave()
        except TimeoutError:
            pass
        finally:
            await self._desk.rooms.cut()

    async def close(self) -> None:
        """Connections are cut, turns that still run are cancelled."""
        if self._sweeping:
            self._sweeping.cancel()
            await asyncio.wait([self._sweeping])
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._desk.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP)
            self._desk.rooms.sweep()
            if not self._desk.rooms.running:
                await self._desk.stock.sweep()
