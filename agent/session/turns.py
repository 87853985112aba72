"""Runs one stream of a turn: from a request or a decision to its end, its next question, or its cancellation."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from agent.contract import Attachment, Decision, RequestOptions, TurnContinued
from agent.errors import ModelFailed, ModelUnavailable, StorageError, UsageError, UserError
from agent.events import Event, Failure, Notice, TurnFinished, TurnStarted
from agent.model.choice import OFFLINE
from agent.session.attachments import attach
from agent.session.early import asked_ahead
from agent.session.mind import Mind
from agent.session.offering import Offering
from agent.session.runtime import Runtime
from agent.session.spoken import Spoken
from agent.text import refusal
from agent.transcript.entries import Said
from agent.transcript.ledger import Ledger
from agent.transcript.shown import ending, finished

if TYPE_CHECKING:
    from agent.session.engine import Engine, Given

log = logging.getLogger(__name__)

T = TypeVar("T")

_GLANCE = 0.1
"""Seconds between two looks whether another process has ended its turn."""


class _Stopped(Exception):
    """The user stopped a request that had not begun."""


class Turns:
    """Used for one stream. Closing the stream early cancels the turn."""

    def __init__(self, runtime: Runtime, ledger: Ledger, offering: Offering) -> None:
        self._runtime = runtime
        self._ledger = ledger
        self._offering = offering
        self._running: asyncio.Task[Any] | None = None
        self._cancelled = False
        self._begun: Mind | None = None
        """What the turn is run with, once it has begun or goes on."""
        self.hurry = asyncio.Event()
        """Set when the user has seen enough thinking."""
        self.tell_others: Callable[[Event], None] = lambda _event: None
        """Takes what happens to an earlier turn, which is not part of the stream."""
        self.caught_up: Callable[[], None] = lambda: None
        """Called when the ledger knows what other processes have written, before anything is told."""

    def send(
        self, text: str, attachments: Sequence[Attachment], options: RequestOptions, key: str
    ) -> AsyncGenerator[Event, None]:
        return self._guarded(self._send(text, attachments, options, key))

    def resume(self, decision: Decision) -> AsyncGenerator[Event, None]:
        return self._guarded(self._resume(decision))

    def recover(self) -> AsyncGenerator[Event, None]:
        """As `resume`, of a turn that a crash cut; silent where there is nothing left to do."""
        return self._guarded(self._recover())

    async def cancel(self) -> None:
        self._cancelled = True
        if self._running:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _send(
        self, text: str, attachments: Sequence[Attachment], options: RequestOptions, key: str
    ) -> AsyncGenerator[Event, None]:
        mind = await self._mind()
        if options.answer_schema and mind.model.name == OFFLINE:
            raise UsageError(
                "내장 오프라인 엔진은 JSON 스키마에 맞춘 답을 만들지 못합니다.",
                hint="--base-url 로 모델 서버를 알려 주세요.",
            )
        await self._catch_up()
        cut_short = await self._close_left_open(mind)
        turn = self._ledger.turn + 1
        attached = await attach(attachments, self._runtime.store, self._ledger.session.id)
        note = "plan 모드: 읽기만 하고 바꾸지 않는다" if mind.settings.mode == "plan" else ""
        said = Said(text=text, at=self._runtime.now(), note=note, attached=attached.text, options=options, key=key)
        await self._ledger.append(turn, said)
        self._begun = mind
        yield TurnStarted(session=self._ledger.session.id, turn=turn, text=text)
        for notice in (*cut_short, *self._runtime.untold(mind), *attached.notices):
            yield Notice(text=notice)
        async with asked_ahead(mind, self._ledger) as begun:
            engine = await self._started(self._runtime.engine())
            async with aclosing(self._run(engine, begun, turn, [{"turn": turn, "step": 0}])) as events:
                async for event in events:
                    yield event

    async def _recover(self) -> AsyncGenerator[Event, None]:
        ledger = self._ledger
        await ledger.refresh()
        if ledger.turn and not ledger.ended(ledger.turn) and not ledger.parked_on(ledger.turn):
            async with aclosing(self._resume(TurnContinued())) as events:
                async for event in events:
                    yield event

    async def _resume(self, decision: Decision) -> AsyncGenerator[Event, None]:
        mind, engine = await self._mind(), await self._started(self._runtime.engine())
        await self._catch_up()
        turn = self._ledger.turn
        parked = self._ledger.parked_on(turn)
        if turn == 0 or self._ledger.ended(turn):
            raise UsageError("이어서 할 일이 없습니다.", hint="새 요청을 보내세요.")
        if parked and isinstance(decision, TurnContinued):
            yield parked.request
            return
        given = await engine.way_back(self._ledger, turn, decision)
        self._begun = mind
        async with aclosing(self._run(engine, mind, turn, given)) as events:
            async for event in events:
                yield event

    async def _catch_up(self) -> None:
        await self._ledger.refresh()
        self.caught_up()

    async def _mind(self) -> Mind:
        mind = await self._started(self._runtime.mind())
        core, window = mind.hub.catalog.core(), mind.model.context_tokens
        return mind.offering(await self._offering.tools(core, mind.settings, window))

    async def _started(self, starting: Coroutine[Any, Any, T]) -> T:
        """Raises `_Stopped` if `cancel` came while the servers and the model were still starting."""
        task = asyncio.create_task(starting)
        self._running = task
        try:
            if self._cancelled:
                task.cancel()
            return await task
        except asyncio.CancelledError as cancelled:
            if task.cancelled():
                raise _Stopped from cancelled
            task.cancel()
            raise
        finally:
            self._running = None

    async def _close_left_open(self, mind: Mind) -> list[str]:
        """A turn that waits for an answer, or that a crash cut short, ends before the next one begins.

        Returns what the user should know of it.
        """
        turn = self._ledger.turn
        if turn == 0 or self._ledger.ended(turn):
            return []
        parked = self._ledger.parked_on(turn)
        engine = await self._started(self._runtime.engine())
        results = await engine.close_turn(mind, self._ledger, turn, "cancelled", Spoken())
        for result in results:
            self.tell_others(finished(result))
        if ended := self._ledger.ended(turn):
            for event in ending(turn, ended):
                self.tell_others(event)
        if parked:
            return []
        known = "; ".join(f"{result.summary}" for result in results if result.status in ("done", "unknown"))
        return [f"지난 요청이 중간에 끊겼습니다. {known or '끊긴 뒤에 실행된 것은 없습니다.'}"]

    async def _run(
        self, engine: "Engine", mind: Mind, turn: int, given: Sequence["Given"]
    ) -> AsyncGenerator[Event, None]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._running = asyncio.create_task(self._pump(engine, mind, turn, given, queue))
        # Not in the task itself: one that is cancelled before its first step would not say so.
        self._running.add_done_callback(lambda _: queue.put_nowait(None))
        if self._cancelled:
            self._running.cancel()
        spoken = Spoken()
        try:
            while (event := await queue.get()) is not None:
                spoken.take(event)
                yield event
            await self._running
        except asyncio.CancelledError:
            if not self._running.cancelled():
                raise
            yield await self._close_cancelled(engine, mind, turn, spoken)
        except GeneratorExit:
            await self.cancel()
            await self._close_cancelled(engine, mind, turn, spoken)
            raise
        finally:
            await self.cancel()
            self._running = None
        if self._ledger.ended(turn):
            await engine.forget(self._ledger, turn)

    async def _pump(
        self, engine: "Engine", mind: Mind, turn: int, given: Sequence["Given"], queue: asyncio.Queue[Event | None]
    ) -> None:
        async with aclosing(engine.run(mind, self._ledger, turn, given, self.hurry)) as events:
            async for event in events:
                queue.put_nowait(event)

    async def _close_cancelled(self, engine: "Engine", mind: Mind, turn: int, spoken: Spoken) -> TurnFinished:
        await engine.close_turn(mind, self._ledger, turn, "cancelled", spoken)
        return TurnFinished(turn=turn, stop_reason="cancelled", text=spoken.whole, model=mind.model.name)

    async def _guarded(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """What the user can fix arrives as `Failure`; one process at a time runs turns of a session."""
        try:
            await self._wait()
            async with self._runtime.alone(self._ledger.session.id), aclosing(events):
                async for event in events:
                    yield event
        except _Stopped:
            yield await self._stopped()
        except UserError as error:
            log.warning("turn failed: %s", error)
            if isinstance(error, ModelUnavailable | ModelFailed):
                self._runtime.doubt_model()
            for event in await self._failed(error):
                yield event
        except (sqlite3.Error, OSError) as error:
            why = refusal(error) if isinstance(error, OSError) else error
            full = StorageError(f"기록을 저장할 수 없습니다: {why}", hint="남은 공간과 폴더의 권한을 확인하세요.")
            for event in await self._failed(full):
                yield event

    async def _wait(self) -> None:
        """Until no other process runs a turn of the session, within reason. Raises `_Stopped`."""
        deadline = time.monotonic() + self._runtime.patience
        while time.monotonic() < deadline and not self._runtime.free(self._ledger.session.id):
            await asyncio.sleep(_GLANCE)
            if self._cancelled:
                raise _Stopped

    async def _stopped(self) -> TurnFinished:
        """Also a turn whose request was already written down, but which nothing came of."""
        turn = self._ledger.turn
        if self._begun and not self._ledger.ended(turn):
            engine = await self._runtime.engine()
            await engine.close_turn(self._begun, self._ledger, turn, "cancelled", Spoken())
        return TurnFinished(turn=max(1, turn), stop_reason="cancelled")

    async def _failed(self, error: UserError) -> tuple[Event, Event]:
        """Written down if this ends a turn that had begun."""
        turn = self._ledger.turn
        failure = Failure(message=str(error), hint=error.hint, exit_code=error.exit_code)
        if self._begun and not self._ledger.ended(turn) and not isinstance(error, StorageError):
            engine = await self._runtime.engine()
            await engine.close_turn(self._begun, self._ledger, turn, "error", Spoken(), failure)
        return failure, TurnFinished(turn=max(1, turn), stop_reason="error")
