"""The sessions that are loaded in this process."""

import time

from agent.session.drive import TurnWatch, Unwatched
from agent.session.room import Room
from agent.transcript.ledger import Ledger
from agent.transcript.store import SessionRow, TranscriptStore

_UNUSED = 300.0
"""Seconds after which a session that nobody holds is unloaded."""
_MOST = 64
"""Sessions that stay loaded without anybody holding them."""


class Rooms:
    """Every face that opens a session gets the same room."""

    def __init__(self, watch: TurnWatch | None = None) -> None:
        self.watch = watch or Unwatched()
        self._rooms: dict[str, Room] = {}

    def enter(self, store: TranscriptStore, row: SessionRow) -> Room:
        room = self._rooms.pop(row.id, None) or Room(Ledger(store, row))
        room.used = time.monotonic()
        self._rooms[row.id] = room
        if len(self._rooms) > _MOST:
            self.sweep()
        return room

    def get(self, session_id: str) -> Room | None:
        return self._rooms.get(session_id)

    @property
    def loaded(self) -> list[Room]:
        """The one that was entered last stands last."""
        return list(self._rooms.values())

    @property
    def running(self) -> list[Room]:
        return [room for room in self._rooms.values() if room.busy]

    def forget(self, session_id: str) -> None:
        self._rooms.pop(session_id, None)

    def sweep(self) -> None:
        """Unload what nobody has used for a while, and of the rest all but the newest."""
        spare = [room for room in self.loaded if not room.in_use]
        long_ago = time.monotonic() - _UNUSED
        for position, room in enumerate(spare):
            if room.used < long_ago or position < len(spare) - _MOST:
                self.forget(room.id)

    async def cut(self) -> None:
        """Leave every turn that runs as a crash would, for the next process."""
        for room in self.running:
            await room.cut()

    async def close(self) -> None:
        """Cancel every turn that runs."""
        for room in self.running:
            await room.stop()
        self._rooms.clear()
