"""A session and an assistant that play recorded events, to as many faces as read them, and note what they hear."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from agent.contract import (
    AS_USUAL,
    Attachment,
    ContextPart,
    ContextUse,
    Decision,
    EngineStatus,
    Numbered,
    Position,
    RequestOptions,
    SessionSummary,
)
from agent.errors import UsageError, UserError
from agent.events import ApprovalAsked, Event, QuestionAsked, TextDelta, TurnFinished

LAST = (TurnFinished, ApprovalAsked, QuestionAsked)
T = TypeVar("T")
Gate = asyncio.Event
Stream = Sequence[Event | Gate]
"""What one `send` or `resume` plays; a gate holds it until somebody opens it or cancels."""

USE = ContextUse(
    window=10_000,
    used=1_234,
    exact=True,
    parts=(ContextPart(name="사용자", tokens=234), ContextPart(name="답", tokens=1_000)),
)
IDLE_ENGINE = EngineStatus(engine="offline", model="offline", url="", context_tokens=10_000)


class ReplaySession:
    def __init__(self, *streams: Stream, id: str = "s1", history: Sequence[Event] = ()) -> None:
        self.id = id
        self.heard: list[str | Decision] = []
        self.options: list[RequestOptions] = []
        """Of each text that was heard."""
        self.pinned: list[str] = []
        self.hurried = 0
        """How often `answer_now` was called."""
        self.use: ContextUse | UserError = USE
        self.refuses: UserError | None = None
        """What `pin` raises."""
        self.cancelled = asyncio.Event()
        self.readers = 0
        """How many follow."""
        self.passing: list[Event] = []
        """What is told as no part of the session."""
        self.refused: Sequence[Event] = ()
        """What the next request is told, and nobody else."""
        self._streams = list(streams)
        self._log = list(history)
        self._past = len(self._log)
        self._news = asyncio.Event()
        self._playing: asyncio.Task[None] | None = None
        self._over = False

    def send(
        self, text: str, attachments: Sequence[Attachment] = (), options: RequestOptions = AS_USUAL
    ) -> AsyncIterator[Event]:
        self.heard.append(text)
        self.options.append(options)
        return self._turn()

    def resume(self, decision: Decision) -> AsyncIterator[Event]:
        self.heard.append(decision)
        return self._turn()

    async def follow(self, position: Position | None = None) -> AsyncGenerator[Numbered, None]:
        self.readers += 1
        try:
            async for number, event in self._read(position.number if position else 0):
                passing = event in self.passing or isinstance(event, TextDelta)
                epoch, key = "" if number <= self._past else "e", "" if passing else f"1/{event.type}/{number}"
                yield Numbered(epoch=epoch, number=number, key=key, event=event)
        finally:
            self.readers -= 1

    async def cancel(self) -> None:
        self.cancelled.set()

    def answer_now(self) -> None:
        self.hurried += 1

    async def pin(self, text: str) -> None:
        if self.refuses:
            raise self.refuses
        self.pinned.append(text)

    async def context(self) -> ContextUse:
        return _given(self.use)

    async def history(self) -> list[Event]:
        return list(self._log)

    def tell(self, *events: Event) -> None:
        """These happen now."""
        self._log += events
        self._news.set()
        self._news = asyncio.Event()

    def end(self) -> None:
        """The streams cannot go on."""
        self._over = True
        self.tell()

    def mend(self) -> None:
        """New streams can."""
        self._over = False

    async def _turn(self) -> AsyncGenerator[Event, None]:
        refused, self.refused = self.refused, ()
        for event in refused:
            yield event
        if refused:
            return
        start = len(self._log)
        self._playing = asyncio.create_task(self._play(self._streams.pop(0)))
        async for _, event in self._read(start):
            yield event
            if isinstance(event, LAST):
                return

    async def _read(self, number: int) -> AsyncGenerator[tuple[int, Event], None]:
        while True:
            while number < len(self._log):
                number += 1
                yield number, self._log[number - 1]
            if self._over:
                return
            await self._news.wait()

    async def _play(self, stream: Stream) -> None:
        self.cancelled.clear()
        for step in stream:
            if not isinstance(step, Gate):
                self.tell(step)
                continue
            await self._pass(step)
            if self.cancelled.is_set():
                self.tell(TurnFinished(turn=1, stop_reason="cancelled"))
                return

    async def _pass(self, gate: Gate) -> None:
        waits = [asyncio.create_task(each.wait()) for each in (gate, self.cancelled)]
        _, late = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()


class ReplayAssistant:
    def __init__(
        self,
        *sessions: ReplaySession,
        summaries: Sequence[SessionSummary] = (),
        engines: Sequence[EngineStatus | UserError] = (IDLE_ENGINE,),
    ) -> None:
        self._engines = list(engines)
        """What `engine` tells, one after the other; the last one for ever."""
        self._new = list(sessions)
        self._by_id = {session.id: session for session in sessions}
        self._summaries = list(summaries)
        self.closed = False

    async def open(self, session_id: str | None = None) -> ReplaySession:
        if session_id is None:
            return self._new.pop(0)
        if session_id not in self._by_id:
            raise UsageError(f"{session_id} 대화가 없습니다.", hint="modu sessions 로 목록을 보세요.")
        return self._by_id[session_id]

    async def sessions(self, limit: int = 50) -> list[SessionSummary]:
        return self._summaries[:limit]

    async def delete(self, session_id: str) -> None:
        del self._by_id[session_id]

    async def engine(self) -> EngineStatus:
        return _given(self._engines.pop(0) if len(self._engines) > 1 else self._engines[0])

    async def close(self) -> None:
        self.closed = True


def _given(answer: T | UserError) -> T:
    if isinstance(answer, UserError):
        raise answer
    return answer


def summary(id: str, title: str, *, turns: int = 1, parked: bool = False) -> SessionSummary:
    return SessionSummary(id=id, title=title, turns=turns, updated_at=datetime.now(UTC), parked=parked)
