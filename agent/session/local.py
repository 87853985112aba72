"""`Session` in this process: turns, their end, and the way back after a crash or a cancellation."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from typing import Any, cast

from langgraph.types import Command

from agent.contract import AS_USUAL, Attachment, ContextPart, ContextUse, Decision, RequestOptions, TurnContinued
from agent.errors import SessionBusy, StorageError, UsageError, UserError
from agent.events import Event, Failure, Notice, TurnFinished, TurnStarted
from agent.graph.state import State
from agent.model.choice import OFFLINE
from agent.model.context import request
from agent.model.contract import ToolSpec
from agent.model.window import counted
from agent.session.attachments import attach
from agent.session.closing import close_turn
from agent.session.offering import offered
from agent.session.replay import replay
from agent.session.runtime import Engine, Runtime
from agent.session.spoken import Spoken
from agent.text import clean, refusal
from agent.transcript.entries import Pinned, Said
from agent.transcript.ledger import Ledger

log = logging.getLogger(__name__)

_HISTORY_TURNS = 50
_LONGEST_PIN = 500
"""Characters."""
Given = State | Command[Any] | None


class _Stopped(Exception):
    """The user stopped a request that had not begun."""


class LocalSession:
    """See `agent.contract.Session`."""

    def __init__(self, runtime: Runtime, ledger: Ledger) -> None:
        self._runtime = runtime
        self._ledger = ledger
        self._running: asyncio.Task[Any] | None = None
        self._hurry = asyncio.Event()
        self._offered: tuple[ToolSpec, ...] | None = None

    @property
    def id(self) -> str:
        return self._ledger.session.id

    async def send(
        self, text: str, attachments: Sequence[Attachment] = (), options: RequestOptions = AS_USUAL
    ) -> AsyncGenerator[Event, None]:
        async with aclosing(self._guarded(self._send(clean(text).strip(), attachments, options))) as events:
            async for event in events:
                yield event

    async def resume(self, decision: Decision) -> AsyncGenerator[Event, None]:
        async with aclosing(self._guarded(self._resume(decision))) as events:
            async for event in events:
                yield event

    async def cancel(self) -> None:
        if self._running:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    def answer_now(self) -> None:
        self._hurry.set()

    async def pin(self, text: str) -> None:
        fact = " ".join(clean(text).split())
        if not 0 < len(fact) <= _LONGEST_PIN:
            raise UsageError(f"고정할 글은 1자부터 {_LONGEST_PIN}자까지입니다.", hint="짧게 줄여 다시 적으세요.")
        await self._ledger.refresh()
        await self._ledger.append(self._ledger.turn, Pinned(text=fact))

    async def context(self) -> ContextUse:
        engine = await self._runtime.engine()
        await self._ledger.refresh()
        rows = self._ledger.rows
        asked = request(self._ledger.session.workspace, rows, await self._tools(engine), self._runtime.settings)
        fill = await counted(engine.model, asked, rows)
        parts = tuple(ContextPart(name=name, tokens=count) for name, count in fill.parts.items() if count)
        return ContextUse(window=engine.model.context_tokens, used=fill.used, exact=fill.exact, parts=parts)

    async def history(self) -> list[Event]:
        rows = await self._runtime.store.rows(self.id, last_turns=_HISTORY_TURNS)
        return replay(self.id, rows)

    async def _send(
        self, text: str, attachments: Sequence[Attachment], options: RequestOptions
    ) -> AsyncGenerator[Event, None]:
        engine = await self._engine()
        if options.answer_schema and engine.model.name == OFFLINE:
            raise UsageError(
                "내장 오프라인 엔진은 JSON 스키마에 맞춘 답을 만들지 못합니다.",
                hint="--base-url 로 모델 서버를 알려 주세요.",
            )
        await self._ledger.refresh()
        async for event in self._close_left_open(engine):
            yield event
        turn = self._ledger.turn + 1
        attached = await attach(attachments, self._runtime.store, self.id)
        note = "plan 모드: 읽기만 하고 바꾸지 않는다" if self._runtime.settings.mode == "plan" else ""
        said = Said(text=text, at=self._runtime.now(), note=note, attached=attached.text, options=options)
        await self._ledger.append(turn, said)
        yield TurnStarted(session=self.id, turn=turn, text=text)
        for notice in (*engine.notices(), *attached.notices):
            yield Notice(text=notice)
        async with aclosing(self._run(engine, turn, State(turn=turn, step=0))) as events:
            async for event in events:
                yield event

    async def _resume(self, decision: Decision) -> AsyncGenerator[Event, None]:
        engine = await self._engine()
        await self._ledger.refresh()
        turn = self._ledger.turn
        if turn == 0 or self._ledger.ended(turn):
            raise UsageError("이어서 할 일이 없습니다.", hint="새 요청을 보내세요.")
        parked = self._ledger.parked_on(turn)
        if parked and isinstance(decision, TurnContinued):
            yield parked.request
            return
        given = await self._way_back(engine, turn)
        if parked:
            given.append(Command(resume=decision.model_dump(mode="json")))
        async with aclosing(self._run(engine, turn, *given)) as events:
            async for event in events:
                yield event

    async def _engine(self) -> Engine:
        """Raises `_Stopped` if `cancel` came while the servers and the model were still starting."""
        starting = asyncio.create_task(self._runtime.engine())
        self._running = starting
        try:
            return await starting
        except asyncio.CancelledError as cancelled:
            if starting.cancelled():
                raise _Stopped from cancelled
            starting.cancel()
            raise
        finally:
            self._running = None

    async def _tools(self, engine: Engine) -> tuple[ToolSpec, ...]:
        if self._offered is None:
            core, window = engine.hub.catalog.core(), engine.model.context_tokens
            self._offered = await offered(self._ledger, core, self._runtime.settings, window)
        return self._offered

    async def _way_back(self, engine: Engine, turn: int) -> list[Given]:
        """What the graph must be given to stand again where the transcript says the turn is."""
        match await engine.checkpoint(self._thread(turn)):
            case "asking":
                return []
            case "running":
                return [None]
            case "none":
                reply = self._ledger.last_reply(turn)
                return [State(turn=turn, step=reply.step if reply else 0)]

    async def _close_left_open(self, engine: Engine) -> AsyncIterator[Event]:
        """A turn that waits for an answer, or that a crash cut short, ends before the next one begins."""
        turn = self._ledger.turn
        if turn == 0 or self._ledger.ended(turn):
            return
        parked = self._ledger.parked_on(turn)
        results = await close_turn(engine, self._ledger, turn, "cancelled", Spoken())
        await engine.forget(self._thread(turn))
        if not parked:
            known = "; ".join(f"{result.summary}" for result in results if result.status in ("done", "unknown"))
            yield Notice(text=f"지난 요청이 중간에 끊겼습니다. {known or '끊긴 뒤에 실행된 것은 없습니다.'}")

    async def _run(self, engine: Engine, turn: int, *given: Given) -> AsyncGenerator[Event, None]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._running = asyncio.create_task(self._pump(engine, turn, given, queue))
        spoken = Spoken()
        try:
            while (event := await queue.get()) is not None:
                spoken.take(event)
                yield event
            await self._running
        except asyncio.CancelledError:
            if not self._running.cancelled():
                raise
            yield await self._cancelled(engine, turn, spoken)
        except GeneratorExit:
            await self.cancel()
            await self._cancelled(engine, turn, spoken)
            raise
        finally:
            await self.cancel()
            self._running = None
        if self._ledger.ended(turn):
            await engine.forget(self._thread(turn))

    async def _pump(
        self, engine: Engine, turn: int, given: Sequence[Given], queue: asyncio.Queue[Event | None]
    ) -> None:
        observer, stopped = engine.telemetry.turn(self.id, turn), "error"
        try:
            context = engine.turn_context(self._ledger, await self._tools(engine), self._hurry, observer)
            for one in given:
                async for mode, part in engine.graph.astream(
                    one,
                    {"configurable": {"thread_id": self._thread(turn)}, "recursion_limit": 10_000},
                    context=context,
                    stream_mode=["custom", "updates"],
                ):
                    if mode == "custom":
                        queue.put_nowait(cast(Event, part))
            if parked := self._ledger.parked_on(turn):
                queue.put_nowait(parked.request)
            ended = self._ledger.ended(turn)
            stopped = ended.stop_reason if ended else "needs_approval"
        except asyncio.CancelledError:
            stopped = "cancelled"
            raise
        finally:
            observer.end(stopped)
            queue.put_nowait(None)

    async def _cancelled(self, engine: Engine, turn: int, spoken: Spoken) -> TurnFinished:
        await close_turn(engine, self._ledger, turn, "cancelled", spoken)
        await engine.forget(self._thread(turn))
        return TurnFinished(turn=turn, stop_reason="cancelled", text=spoken.whole, model=engine.model.name)

    async def _guarded(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """What the user can fix arrives as `Failure`; one process at a time runs turns of a session."""
        try:
            async with self._runtime.alone(self.id), aclosing(events):
                async for event in events:
                    yield event
        except _Stopped:
            yield TurnFinished(turn=max(1, self._ledger.turn), stop_reason="cancelled")
        except UserError as error:
            log.warning("turn failed: %s", error)
            await self._record_failure(error)
            for event in self._failed(error):
                yield event
        except (sqlite3.Error, OSError) as error:
            why = refusal(error) if isinstance(error, OSError) else error
            full = StorageError(f"기록을 저장할 수 없습니다: {why}", hint="남은 공간과 폴더의 권한을 확인하세요.")
            for event in self._failed(full):
                yield event

    async def _record_failure(self, error: UserError) -> None:
        turn = self._ledger.turn
        if turn and not self._ledger.ended(turn) and not isinstance(error, StorageError | UsageError | SessionBusy):
            engine = await self._runtime.engine()
            await close_turn(engine, self._ledger, turn, "error", Spoken())
            await engine.forget(self._thread(turn))

    def _failed(self, error: UserError) -> tuple[Event, Event]:
        return (
            Failure(message=str(error), hint=error.hint, exit_code=error.exit_code),
            TurnFinished(turn=max(1, self._ledger.turn), stop_reason="error"),
        )

    def _thread(self, turn: int) -> str:
        return f"{self.id}/{turn}"
