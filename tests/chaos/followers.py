"""Readers that follow a session for as long as it is used, over connections that are cut."""

import asyncio
from contextlib import aclosing, suppress

from tests.chaos.ground import PATIENCE, Ground, until
from tests.chaos.told import Told


class Follower:
    """Follows from the start of a session. While `reading` is not set it takes nothing more."""

    def __init__(self, ground: Ground, name: str, session: str) -> None:
        self.told = Told(name, session)
        self.cutter = ground.cutter()
        self.reading = asyncio.Event()
        self.reading.set()
        self.outages = 0
        self._ground = ground
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async with self._ground.assistant(self.cutter) as assistant:
            session = await assistant.open(self.told.session)
            async with aclosing(session.follow()) as events:
                async for one in events:
                    if one.event.type == "notice" and not one.key:
                        # The connection is lost, or there again.
                        self.outages += 1
                    else:
                        self.told.numbered(one)
                    await self.reading.wait()

    async def hears(self, key: str, within: float = PATIENCE) -> bool:
        """Wait for an event; whether it came."""
        return await until(lambda: self.told.has(key) or self.fault, within)

    @property
    def fault(self) -> str:
        """Why it follows no more."""
        if not self._task.done():
            return ""
        error = None if self._task.cancelled() else self._task.exception()
        last = self.told.lines[-1].event if self.told.lines else {}
        return f"{self.told.reader} follows no more: {error!r}, {last}"

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task
        await asyncio.to_thread(self.cutter.close)
