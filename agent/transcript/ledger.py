"""One session's transcript while a process works on it: the rows of the model's context in memory, and appends."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import TypeVar

from agent.transcript.entries import (
    Asked,
    CallMade,
    Compaction,
    Decided,
    Ended,
    Entry,
    Intended,
    Replied,
    Resulted,
    Row,
    Said,
)
from agent.transcript.store import SessionRow, TranscriptStore

Kind = TypeVar("Kind", bound=Entry)


class Ledger:
    """Reads grow with the model's context, never with the session's length."""

    def __init__(self, store: TranscriptStore, session: SessionRow) -> None:
        self.store = store
        self.session = session
        self._rows: list[Row] = []
        self._last = 0
        self._loaded = False
        self._order = asyncio.Lock()

    async def refresh(self) -> None:
        """Take in what was written since, by another process or by an append whose caller was cancelled."""
        async with self._order:
            if not self._loaded:
                self._last = await self.store.context_start(self.session.id)
                self._loaded = True
            self._take(await self.store.rows(self.session.id, after=self._last))

    async def append(self, turn: int, *entries: Entry) -> None:
        """Write rows; those already there stay as they are. A cancelled caller does not stop a row half-way."""
        await asyncio.shield(asyncio.create_task(self._append(turn, entries)))

    async def _append(self, turn: int, entries: Sequence[Entry]) -> None:
        async with self._order:
            self._take(await self.store.append(self.session.id, turn, *entries))

    def _take(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._rows.append(row)
            self._last = row.id
            if isinstance(row.entry, Compaction):
                self._forget(row.entry.through, row.entry)

    def _forget(self, through: int, kept: Compaction) -> None:
        # An older summary may stand in a turn that stays; the new one stands for it too.
        self._rows = [
            row
            for row in self._rows
            if row.entry is kept or (row.turn > through and not isinstance(row.entry, Compaction))
        ]

    @property
    def rows(self) -> Sequence[Row]:
        """The model's context, oldest first."""
        return self._rows

    @property
    def last(self) -> int:
        """Id of the newest row that is known here."""
        return self._last

    @property
    def turn(self) -> int:
        """The newest turn; 0 before the first."""
        return max((row.turn for row in reversed(self._rows)), default=0)

    def of(self, turn: int, kind: type[Kind]) -> Iterator[Kind]:
        """The entries of one kind in one turn, oldest first."""
        for row in self._rows:
            if row.turn == turn and isinstance(row.entry, kind):
                yield row.entry

    def turn_of(self, key: str) -> int | None:
        """The turn that the request of this key began."""
        return next((row.turn for row in self._rows if isinstance(row.entry, Said) and row.entry.key == key), None)

    def said(self, turn: int) -> Said:
        return next(self.of(turn, Said))

    def last_reply(self, turn: int) -> Replied | None:
        return next(reversed(list(self.of(turn, Replied))), None)

    def ended(self, turn: int) -> Ended | None:
        return next(self.of(turn, Ended), None)

    def results(self, turn: int) -> dict[str, Resulted]:
        return {one.call_id: one for one in self.of(turn, Resulted)}

    def decisions(self, turn: int) -> dict[str, Decided]:
        return {one.call_id: one for one in self.of(turn, Decided)}

    def intents(self, turn: int) -> dict[str, Intended]:
        return {one.call_id: one for one in self.of(turn, Intended)}

    def open_calls(self, turn: int) -> list[CallMade]:
        """Calls of the newest reply that have no result yet, in the order they were made."""
        reply, done = self.last_reply(turn), self.results(turn)
        return [call for call in reply.calls if call.id not in done] if reply else []

    def parked_on(self, turn: int) -> Asked | None:
        """The question the turn waits for."""
        asked = next(reversed(list(self.of(turn, Asked))), None)
        if asked is None or self.ended(turn):
            return None
        reply = self.last_reply(turn)
        waiting = reply is not None and reply.step == asked.step and self._unanswered(turn, asked)
        return asked if waiting else None

    def _unanswered(self, turn: int, asked: Asked) -> bool:
        settled = self.results(turn).keys() | self.decisions(turn).keys()
        return any(call_id not in settled for call_id in asked.call_ids)

    def remembered(self) -> set[str]:
        """The tools, as offered, that the user let through for the rest of the session."""
        kept = {
            row.entry.call_id
            for row in self._rows
            if isinstance(row.entry, Decided) and row.entry.remember == "session"
        }
        replies = (row.entry for row in self._rows if isinstance(row.entry, Replied))
        return {f"{call.server}_{call.tool}" for reply in replies for call in reply.calls if call.id in kept}

    @property
    def tainted(self) -> bool:
        """Outside text is in the model's context (invariant 4)."""
        return any(row.entry.from_outside for row in self._rows)

    @property
    def user_words(self) -> str:
        """All that the user said themselves, in the model's context."""
        return "\n".join(row.entry.text for row in self._rows if isinstance(row.entry, Said))
