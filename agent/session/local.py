"""`Session` in this process, as one face holds it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from agent.contract import (
    AS_USUAL,
    Attachment,
    ContextPart,
    ContextUse,
    Decision,
    Numbered,
    Position,
    RequestOptions,
    TurnContinued,
)
from agent.errors import UsageError
from agent.events import Event, Notice
from agent.model.context import request
from agent.model.window import counted
from agent.session.drive import Drive, TurnWatch
from agent.session.reader import HISTORY_TURNS, Reader
from agent.session.replay import replay
from agent.session.room import Room
from agent.session.runtime import Runtime
from agent.session.turns import Turns
from agent.text import clean
from agent.transcript.entries import Pinned
from agent.transcript.shown import ending

_GLANCE = 0.5
"""Seconds between two looks whether another process has ended a turn."""
_LONGEST_PIN = 500
"""Characters."""
WAITS = Notice(text="다른 창의 요청이 끝나면 이어서 합니다.")
_TOO_LATE = Notice(text="그 물음에는 다른 창에서 이미 답했습니다.")
ANSWERED = Notice(text="다른 창에서 먼저 답했습니다.")


class LocalSession:
    """See `agent.contract.Session`. Settings are the face's own; the room is everybody's."""

    def __init__(self, runtime: Runtime, room: Room, watch: TurnWatch) -> None:
        self._runtime = runtime
        self._watch = watch
        self.room = room

    @property
    def id(self) -> str:
        return self.room.id

    async def send(
        self, text: str, attachments: Sequence[Attachment] = (), options: RequestOptions = AS_USUAL
    ) -> AsyncGenerator[Event, None]:
        if self.must_wait:
            yield WAITS
        drive = self.sending(text, attachments, options)
        await self.room.begin(drive)
        async with aclosing(self._events(drive)) as events:
            async for event in events:
                yield event

    async def resume(self, decision: Decision) -> AsyncGenerator[Event, None]:
        await self.room.ledger.refresh()
        if drive := self.room.running:
            if not isinstance(decision, TurnContinued):
                yield ANSWERED
        elif late := self.too_late(decision):
            for event in late:
                yield event
            return
        else:
            drive = self.resuming(decision)
            await self.room.begin(drive)
        async with aclosing(self._events(drive)) as events:
            async for event in events:
                yield event

    async def follow(self, position: Position | None = None) -> AsyncGenerator[Numbered, None]:
        with self.room.attended():
            async with aclosing(self.reader(position).batches()) as batches:
                async for batch in batches:
                    for entry in batch:
                        yield entry.numbered

    def sending(
        self, text: str, attachments: Sequence[Attachment] = (), options: RequestOptions = AS_USUAL, key: str = ""
    ) -> Drive:
        """A turn, for `room.begin`. `key` names the request (`Said.key`)."""
        said = clean(text).strip()
        return Drive(self._turns(), lambda turns: turns.send(said, attachments, options, key), self._watch, key)

    def too_late(self, decision: Decision) -> list[Event]:
        """What to tell who answers a question that is no longer open; nothing if it is. The ledger must be fresh."""
        ledger, turn = self.room.ledger, self.room.ledger.turn
        parked, ended = ledger.parked_on(turn), ledger.ended(turn)
        if isinstance(decision, TurnContinued) or not decision.asked:
            return []
        if ended:
            return [_TOO_LATE, *ending(turn, ended)]
        if parked and set(decision.asked) != set(parked.call_ids):
            return [_TOO_LATE, parked.request]
        return []

    def resuming(self, decision: Decision) -> Drive:
        """The rest of a parked or interrupted turn, for `room.begin`; the ledger must be fresh."""
        turn = self.room.ledger.turn
        return Drive(self._turns(), lambda turns: turns.resume(decision), self._watch, turn=turn)

    def recovering(self) -> Drive:
        """The rest of a turn that a crash cut, for `room.begin`; the ledger must be fresh."""
        return Drive(self._turns(), lambda turns: turns.recover(), self._watch, turn=self.room.ledger.turn)

    @property
    def must_wait(self) -> bool:
        """A turn that is sent now begins when another one has ended, here or in another process."""
        elsewhere = self._runtime.patience > 0 and not self.room.busy and not self.free
        return bool(self.room.running) or elsewhere

    @property
    def free(self) -> bool:
        """No other process runs a turn of it, and this one neither."""
        return self._runtime.free(self.id)

    async def watch_others(self) -> None:
        """Until the turn that another process runs has ended, which the readers here are then told of."""
        if self.free or self.room.busy:
            return
        while not self.free:
            if self.room.busy:
                # What runs here now has waited for the other, and tells.
                return
            await asyncio.sleep(_GLANCE)
        await self.room.ledger.refresh()
        self.room.catch_up()

    def reader(self, position: Position | None) -> Reader:
        return Reader(self.room.ledger, self.room.log, position)

    async def cancel(self) -> None:
        await self.room.stop()

    def answer_now(self) -> None:
        if drive := self.room.running:
            drive.turns.hurry.set()

    async def pin(self, text: str) -> None:
        fact = " ".join(clean(text).split())
        if not 0 < len(fact) <= _LONGEST_PIN:
            raise UsageError(f"고정할 글은 1자부터 {_LONGEST_PIN}자까지입니다.", hint="짧게 줄여 다시 적으세요.")
        ledger = self.room.ledger
        await ledger.refresh()
        await ledger.append(ledger.turn, Pinned(text=fact))

    async def context(self) -> ContextUse:
        ledger, mind = self.room.ledger, await self._runtime.mind()
        await ledger.refresh()
        window = mind.model.context_tokens
        tools = await self.room.offering.tools(mind.hub.catalog.core(), mind.settings, window)
        asked = request(ledger.session.workspace, ledger.rows, tools, mind.settings)
        fill = await counted(mind.model, asked, ledger.rows)
        parts = tuple(ContextPart(name=name, tokens=count) for name, count in fill.parts.items() if count)
        return ContextUse(window=window, used=fill.used, exact=fill.exact, parts=parts)

    async def history(self) -> list[Event]:
        rows = await self._runtime.store.rows(self.id, last_turns=HISTORY_TURNS)
        return replay(self.id, rows)

    def _turns(self) -> Turns:
        return Turns(self._runtime, self.room.ledger, self.room.offering)

    async def _events(self, drive: Drive) -> AsyncGenerator[Event, None]:
        start = Position(epoch=self.room.log.epoch, number=drive.before)
        async with aclosing(self.room.told(self.reader(start), drive, drive.turn)) as batches:
            async for batch in batches:
                for entry in batch:
                    yield entry.event
