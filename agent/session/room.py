"""One session in this process: its transcript, its events, the turn that runs, and whoever holds it."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from agent.events import Event
from agent.session.log import Entry, EventLog
from agent.session.offering import Offering
from agent.session.reader import LAST, Reader
from agent.session.replay import replay
from agent.session.turns import Turns
from agent.transcript.ledger import Ledger

log = logging.getLogger(__name__)

Stream = Callable[[Turns], AsyncGenerator[Event, None]]


class TurnWatch(Protocol):
    """Told of the turns that run, so that a later process knows which ones a crash cut."""

    def began(self, session: str) -> None: ...

    def ended(self, session: str) -> None: ...


class Unwatched:
    """Where nobody goes on after a crash by itself."""

    def began(self, session: str) -> None:
        return

    def ended(self, session: str) -> None:
        return


@dataclass
class Drive:
    """One stream of a turn on its way into the log."""

    turns: Turns
    key: str
    before: int
    """Number of the entry before its first one."""
    told: bool = False
    """Its last event stands in the log; what is left is to tidy up."""
    task: "asyncio.Task[None] | None" = None

    @property
    def done(self) -> bool:
        return self.task is not None and self.task.done()


class Room:
    """The turns of a session run one after another, whichever face asks for them."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.log = EventLog()
        self.offering = Offering(ledger)
        self.used = time.monotonic()
        self.readers = 0
        self._order = asyncio.Lock()
        self._drive: Drive | None = None
        self._primed = False

    @property
    def id(self) -> str:
        return self.ledger.session.id

    @property
    def running(self) -> Drive | None:
        """The stream that is on its way now."""
        return self._drive if self._drive and not (self._drive.told or self._drive.done) else None

    @property
    def in_use(self) -> bool:
        return self.readers > 0 or self._order.locked()

    def known(self, key: str) -> Drive | None:
        """The newest stream, if it is the one that this request began."""
        return self._drive if key and self._drive and self._drive.key == key else None

    async def begin(self, turns: Turns, stream: Stream, key: str, watch: TurnWatch) -> Drive:
        """Start a stream as soon as the one before it has ended."""
        await self._order.acquire()
        self._drive = drive = Drive(turns, key, self.log.last)
        drive.task = asyncio.create_task(self._run(drive, stream, watch), name=f"turn {self.id}")
        return drive

    async def told(self, reader: Reader, drive: Drive | None) -> AsyncGenerator[Sequence[Entry], None]:
        """A turn's stream to its last event, some entries at a time. Raises what broke it, if the fault was ours."""
        with self.attended():
            async with aclosing(reader.batches(lambda: drive is None or drive.done)) as batches:
                async for batch in batches:
                    yield batch
                    if isinstance(batch[-1].event, LAST):
                        break
            if drive and drive.task:
                await asyncio.shield(drive.task)

    def attended(self) -> "_Attended":
        """While somebody reads, the room stays loaded."""
        return _Attended(self)

    async def finished(self) -> None:
        """Returns when no turn runs."""
        async with self._order:
            return

    async def stop(self) -> None:
        """Cancel what runs."""
        if (drive := self._drive) and drive.task and not drive.done:
            await drive.turns.cancel()
            await asyncio.wait([drive.task])

    async def _run(self, drive: Drive, stream: Stream, watch: TurnWatch) -> None:
        watch.began(self.id)
        try:
            await self._prime()
            async with aclosing(stream(drive.turns)) as events:
                async for event in events:
                    drive.told = isinstance(event, LAST)
                    self.log.add(event)
        except Exception:
            log.exception("a turn of %s broke", self.id)
            raise
        finally:
            watch.ended(self.id)
            self.used = time.monotonic()
            self._order.release()
            # After the task is done, so that whoever waits sees it as ended.
            asyncio.get_running_loop().call_soon(self.log.wake)

    async def _prime(self) -> None:
        """A turn that goes on names its events as if it had been told here from its start."""
        if self._primed:
            return
        self._primed = True
        for event in replay(self.id, await self.ledger.store.rows(self.id, last_turns=1)):
            self.log.keyer.key(event)


class _Attended:
    def __init__(self, room: Room) -> None:
        self._room = room

    def __enter__(self) -> None:
        self._room.readers += 1

    def __exit__(self, *_: object) -> None:
        self._room.readers -= 1
        self._room.used = time.monotonic()
