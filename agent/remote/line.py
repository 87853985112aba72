"""The connections of one face to the resident process, made when they are needed and made again when they are lost."""

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from agent.errors import UserError
from agent.remote.connection import Connection
from agent.text import refusal
from agent.wire.frames import WireError
from agent.wire.launching import Unreachable
from agent.wire.link import Dial, Lost

LOSSES = (Lost, OSError, WireError, Unreachable)
"""What an outage is made of; any other error would be the same the next time."""
_LOOK = "modu daemon logs 로 까닭을 보세요."
_PATIENCE = 30.0
"""Seconds of an outage that are borne."""
_NOTICED = 1.0
"""Seconds of an outage after which the reader hears of it."""
_LOSSES = 8
"""Lost connections that are borne without getting any further in between."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""Seconds between tries."""
_GOODBYE = 5.0
"""Seconds for the process to say that it tells no more."""
_KEPT = 4
"""Connections at rest."""
_GREETINGS = 5
"""Processes in a row that leave just when they are greeted."""


class Line:
    """Every request has a connection to itself while it runs: what a slow reader leaves unread waits in its own socket
    and holds up nobody else, and nothing has to be queued here. A local connection costs less than a millisecond."""

    def __init__(self, dial: Dial, look: Dial, greeting: Mapping[str, Any]) -> None:
        """`look` connects too, but starts nothing."""
        self._dial = dial
        self._look = look
        self._greeting = greeting
        self._resting: list[Connection] = []
        self._leaving: dict[asyncio.Task[None], Connection] = {}
        self._closed = False

    async def take(self) -> Connection:
        """Raises `Unreachable`, and the `UserError` with which the process refuses."""
        return await self._taken(self._dial)

    async def take_running(self) -> Connection:
        """As `take`, but only of a process that runs already."""
        return await self._taken(self._look)

    async def _taken(self, dial: Dial) -> Connection:
        while self._resting:
            if (connection := self._resting.pop()).usable:
                return connection
            connection.close()
        for attempt in range(_GREETINGS):
            if self._closed:
                raise UserError("이 창의 연결은 닫혔습니다.")
            with suppress(Lost):
                return await self._made(dial)
            await asyncio.sleep(_FIRST_PAUSE * 2**attempt)
        raise Unreachable("상주 프로세스가 연결을 받자마자 끝납니다.", hint=_LOOK)

    def give_back(self, connection: Connection) -> None:
        """Its request has been answered whole."""
        if self._closed or len(self._resting) >= _KEPT:
            connection.close()
        else:
            self._resting.append(connection)

    def leave(self, connection: Connection) -> None:
        """Its request is not read to its end."""
        connection.tell("leave")
        if self._closed:
            connection.close()
            return
        leaving = asyncio.create_task(self._left(connection))
        self._leaving[leaving] = connection
        leaving.add_done_callback(self._leaving.pop)

    def close(self) -> None:
        """A connection that still carries a request is closed by whoever reads it."""
        self._closed = True
        while self._resting:
            self._resting.pop().close()
        for leaving, connection in self._leaving.items():
            leaving.cancel()
            # A task that is cancelled before its first step does not do it.
            connection.close()

    async def _left(self, connection: Connection) -> None:
        """What was on its way is read first: to close before would be an error for the other side."""
        try:
            async with asyncio.timeout(_GOODBYE):
                while "result" not in await connection.answer():
                    pass
        except (*LOSSES, UserError):
            connection.close()
        except BaseException:
            connection.close()
            raise
        else:
            self.give_back(connection)

    async def _made(self, dial: Dial) -> Connection:
        dialing = asyncio.ensure_future(asyncio.to_thread(dial))
        try:
            made, extra = await asyncio.shield(dialing)
            return await Connection.open(made, {**self._greeting, **extra})
        except asyncio.CancelledError:
            dialing.add_done_callback(_hang_up)
            raise
        except OSError as error:
            raise Unreachable(f"상주 프로세스에 연결할 수 없습니다: {refusal(error)}", hint=_LOOK) from error


def _hang_up(dialing: "asyncio.Future[tuple[socket.socket, dict[str, Any]]]") -> None:
    """Nobody waits for it any more."""
    if not dialing.cancelled() and dialing.exception() is None:
        dialing.result()[0].close()


class Outage:
    """Times without an answer: tries are made further and further apart, and in the end no more."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._losses = 0
        self.mend()

    def mend(self) -> None:
        """The process says something."""
        self._since: float | None = None
        self._pause = _FIRST_PAUSE
        self.told = False
        """The reader knows of the outage."""

    def advance(self) -> None:
        """It says something that it will not say again."""
        self._losses = 0

    def lose(self, error: Exception) -> None:
        """A connection is lost. Raises `Unreachable` when that has happened too often."""
        # A process that dies of every reply says a part of it each time, and gets no further by that.
        self._losses += 1
        if self._losses > _LOSSES:
            raise _given_up() from error
        self._suffer(error)

    @property
    def unnoticed(self) -> float:
        """Seconds until the reader should know of it."""
        passed = 0.0 if self._since is None else monotonic() - self._since
        return max(_NOTICED - passed, 0.0)

    async def connection(self) -> Connection:
        """The next one, however many tries that takes. Raises `UserError`."""
        while True:
            if self._since is not None:
                await asyncio.sleep(self._pause)
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            try:
                return await self._take()
            except LOSSES as error:
                self._suffer(error)

    async def _take(self) -> Connection:
        return await self._line.take()

    def _suffer(self, error: Exception) -> None:
        if self._since is None:
            self._since = monotonic()
        elif monotonic() - self._since > _PATIENCE:
            raise _given_up() from error


class Absence(Outage):
    """An outage of a process that was ended on purpose, perhaps: who only watches waits for it, and starts none."""

    def lose(self, error: Exception) -> None:
        self._suffer(error)

    async def _take(self) -> Connection:
        return await self._line.take_running()

    def _suffer(self, error: Exception) -> None:
        if self._since is None:
            self._since = monotonic()


def _given_up() -> Unreachable:
    return Unreachable("상주 프로세스와 연결이 끊겼고 다시 이어지지 않습니다.", hint=_LOOK)
