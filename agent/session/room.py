"""One session in this process: its transcript, its events, the turn that runs, and whoever holds it."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from agent.events import TurnStarted
from agent.session.drive import Drive
from agent.session.log import Entry, EventLog
from agent.session.offering import Offering
from agent.session.reader import LAST, Reader
from agent.session.replay import replay
from agent.transcript.ledger import Ledger

log = logging.getLogger(__name__)


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
        self._known = 0
        """The newest row of which the events are told here."""

    @property
    def id(self) -> str:
        return self.ledger.session.id

    @property
    def running(self) -> Drive | None:
        """The stream that is on its way now."""
        return self._drive if self._drive and not (self._drive.told or self._drive.done) else None

    @property
    def busy(self) -> bool:
        """A stream is on its way, or tidied up."""
        return self._order.locked()

    @property
    def in_use(self) -> bool:
        return self.readers > 0 or self.busy

    def known(self, key: str) -> Drive | None:
        """The newest stream, if it is the one that this request began."""
        return self._drive if key and self._drive and self._drive.key == key else None

    async def begin(self, drive: Drive) -> None:
        """Start a stream as soon as the one before it has ended; returns when its first event is there."""
        await self._order.acquire()
        self._drive = drive
        drive.turns.tell_others = self.log.add
        drive.turns.caught_up = self.catch_up
        drive.task = asyncio.create_task(self._run(drive), name=f"turn {self.id}")
        await drive.started.wait()

    async def told(self, reader: Reader, drive: Drive | None, turn: int) -> AsyncGenerator[Sequence[Entry], None]:
        """The stream of a turn to its last event, some entries at a time; `turn` is 0 where it is not known yet.

        Raises what broke it, if the fault was ours.
        """
        with self.attended():
            async with aclosing(reader.batches(lambda: drive is None or drive.done)) as batches:
                async for batch in batches:
                    end = next((n for n, entry in enumerate(batch) if _ends(entry, turn)), None)
                    yield batch if end is None else batch[: end + 1]
                    if end is not None:
                        break
            if drive and drive.task:
                await asyncio.shield(drive.task)

    def catch_up(self) -> None:
        """Let readers take from the transcript what another process has done; the ledger must be fresh."""
        if self.readers and self.ledger.last != self._known:
            self.log.renew()
        self._known = self.ledger.last

    def attended(self) -> "_Attended":
        """While somebody reads, the room stays loaded."""
        return _Attended(self)

    async def stop(self) -> None:
        """Cancel what runs."""
        if (drive := self._drive) and drive.task and not drive.done:
            await drive.turns.cancel()
            await asyncio.wait([drive.task])

    async def cut(self) -> None:
        """Leave what runs as a crash would."""
        if (drive := self._drive) and drive.task and not drive.done:
            drive.cut()
            await asyncio.wait([drive.task])

    async def _run(self, drive: Drive) -> None:
        drive.watch.began(self.id)
        try:
            await self._prime()
            async with aclosing(drive.stream(drive.turns)) as events:
                async for event in events:
                    if isinstance(event, TurnStarted):
                        drive.turn = event.turn
                    if not drive.started.is_set():
                        drive.before = self.log.last
                    drive.told = isinstance(event, LAST)
                    # What comes before there is a turn belongs to none.
                    (self.log.add if drive.turn else self.log.add_unnamed)(event)
                    drive.started.set()
        except Exception:
            log.exception("a turn of %s broke", self.id)
            raise
        finally:
            if not drive.was_cut:
                drive.watch.ended(self.id)
            self.used = time.monotonic()
            self._known = self.ledger.last
            drive.started.set()
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


def _ends(entry: Entry, turn: int) -> bool:
    of = int(entry.key.partition("/")[0]) if entry.key else turn
    return isinstance(entry.event, LAST) and (not turn or of == turn)


class _Attended:
    def __init__(self, room: Room) -> None:
        self._room = room

    def __enter__(self) -> None:
        self._room.readers += 1

    def __exit__(self, *_: object) -> None:
        self._room.readers -= 1
        self._room.used = time.monotonic()
