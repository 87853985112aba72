"""A session and an assistant that play recorded events and note what they hear."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from agent.contract import Attachment, Decision, SessionSummary
from agent.errors import UsageError
from agent.events import Event, TurnFinished

Gate = asyncio.Event
Stream = Sequence[Event | Gate]
"""What one `send` or `resume` plays; a gate holds it until somebody opens it or cancels."""


class ReplaySession:
    def __init__(self, *streams: Stream, id: str = "s1", history: Sequence[Event] = ()) -> None:
        self.id = id
        self.heard: list[str | Decision] = []
        self.cancelled = asyncio.Event()
        self._streams = list(streams)
        self._history = list(history)

    def send(self, text: str, attachments: Sequence[Attachment] = ()) -> AsyncIterator[Event]:
        self.heard.append(text)
        return self._play()

    def resume(self, decision: Decision) -> AsyncIterator[Event]:
        self.heard.append(decision)
        return self._play()

    async def cancel(self) -> None:
        self.cancelled.set()

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
    def __init__(self, *sessions: ReplaySession, summaries: Sequence[SessionSummary] = ()) -> None:
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

    async def close(self) -> None:
        self.closed = True


def summary(id: str, title: str, *, turns: int = 1, parked: bool = False) -> SessionSummary:
    return SessionSummary(id=id, title=title, turns=turns, updated_at=datetime.now(UTC), parked=parked)
