"""A session and an assistant that play recorded events and note what they hear."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from agent.contract import (
    AS_USUAL,
    Attachment,
    ContextPart,
    ContextUse,
    Decision,
    EngineStatus,
    RequestOptions,
    SessionSummary,
)
from agent.errors import UsageError, UserError
from agent.events import Event, TurnFinished

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
        self._streams = list(streams)
        self._history = list(history)

    def send(
        self, text: str, attachments: Sequence[Attachment] = (), options: RequestOptions = AS_USUAL
    ) -> AsyncIterator[Event]:
        self.heard.append(text)
        self.options.append(options)
        return self._play()

    def resume(self, decision: Decision) -> AsyncIterator[Event]:
        self.heard.append(decision)
        return self._play()

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
        return list(self._history)

    async def _play(self) -> AsyncIterator[Event]:
        for step in self._streams.pop(0):
            if isinstance(step, Gate):
                await self._pass(step)
                if self.cancelled.is_set():
                    yield TurnFinished(turn=1, stop_reason="cancelled")
                    return
            else:
                yield step

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
