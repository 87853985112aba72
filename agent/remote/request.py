"""One request until its answer is whole, over as many connections as that takes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from agent.contract import Position
from agent.errors import UserError
from agent.remote.connection import Connection
from agent.remote.line import LOSSES, Line, Outage
from agent.wire.link import Lost
from agent.wire.track import Track

AWAY: dict[str, Any] = {}
"""Stands among the lines once an outage has lasted a while."""


class Request:
    def __init__(
        self,
        line: Line,
        method: str,
        params: Mapping[str, Any],
        uploads: Sequence[tuple[str, str]] = (),
        position: Position | None = None,
        *,
        endless: bool = False,
        outage: type[Outage] = Outage,
    ) -> None:
        """`endless`: the reader ends it, the process only when it leaves."""
        self._line = line
        self._method = method
        self._params = params
        self._uploads = uploads
        self._endless = endless
        self._outage = outage
        self._connection: Connection | None = None
        self._cancelled = False
        self.track = Track.at((position or Position()).model_dump())

    def cancel(self) -> None:
        """End the turn that it began, or will have begun."""
        self._cancelled = True
        if self._connection is not None:
            self._connection.tell("cancel")

    async def result(self) -> Any:
        """The answer of a request that is no stream."""
        async with aclosing(self.lines()) as lines:
            return [line async for line in lines][-1]["result"]

    async def lines(self) -> AsyncGenerator[dict[str, Any], None]:
        """The lines, the last with the result; what was lost with a connection comes again, what has come does not.

        Raises `UserError`.
        """
        outage = self._outage(self._line)
        while True:
            connecting = asyncio.create_task(outage.connection())
            try:
                if not outage.told and not (await asyncio.wait({connecting}, timeout=outage.unnoticed))[0]:
                    outage.told = True
                    yield AWAY
                connection = await asyncio.shield(connecting)
            except BaseException:
                _abandon(connecting)
                raise
            try:
                async with aclosing(self._once(connection)) as lines:
                    async for line in lines:
                        if "event" in line:
                            outage.mend()
                        if line.get("k"):
                            outage.advance()
                        yield line
            except LOSSES as error:
                outage.lose(error)
            else:
                return

    async def _once(self, connection: Connection) -> AsyncGenerator[dict[str, Any], None]:
        whole = False
        try:
            await connection.ask(self._method, self._asked(), self._uploads)
            self._connection = connection
            if self._cancelled:
                connection.tell("cancel")
            while not whole:
                line = await connection.answer()
                if "n" in line:
                    self.track.take(line)
                if "result" in line and self._endless:
                    raise Lost
                whole = "result" in line
                yield line
        except UserError:
            whole = True
            raise
        finally:
            self._connection = None
            if whole:
                self._line.give_back(connection)
            else:
                self._line.leave(connection)

    def _asked(self) -> Mapping[str, Any]:
        return {**self._params, "position": self.track.position} if self.track.begun else self._params


def _abandon(connecting: "asyncio.Task[Connection]") -> None:
    def close(made: "asyncio.Task[Connection]") -> None:
        if not made.cancelled() and made.exception() is None:
            made.result().close()

    connecting.cancel()
    connecting.add_done_callback(close)
