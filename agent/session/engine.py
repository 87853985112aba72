"""What drives a turn once its first request is on the way: the graph, its checkpoints, and the end of a turn.

Importing it loads LangGraph, so it is loaded in a thread and behind the first request.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Literal, cast

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from agent.contract import Decision
from agent.events import Event, Failure, StopReason
from agent.graph.state import State, TurnContext
from agent.graph.wiring import build
from agent.session.closing import close_turn
from agent.session.mind import Mind
from agent.session.spoken import Spoken
from agent.telemetry.contract import Telemetry
from agent.telemetry.silent import Silent
from agent.transcript.entries import Resulted
from agent.transcript.ledger import Ledger

Given = State | Command[Any] | None


class Engine:
    """The graph over one store of checkpoints; it holds nothing of a turn."""

    def __init__(self, checkpointer: BaseCheckpointSaver[str], telemetry: Telemetry) -> None:
        self._checkpointer = checkpointer
        self._telemetry = telemetry
        self._graph = build(checkpointer)

    async def run(
        self, mind: Mind, ledger: Ledger, turn: int, given: Sequence[Given], hurry: asyncio.Event
    ) -> AsyncGenerator[Event, None]:
        """The events of a turn from where it stands to its end or its next question."""
        observer, stopped = self._telemetry.turn(ledger.session.id, turn), "error"
        context = self._context(mind, ledger, hurry, observer)
        try:
            for one in given:
                async for mode, part in self._graph.astream(
                    one,
                    {"configurable": {"thread_id": _thread(ledger, turn)}, "recursion_limit": 10_000},
                    context=context,
                    stream_mode=["custom", "updates"],
                ):
                    if mode == "custom":
                        yield cast(Event, part)
            if parked := ledger.parked_on(turn):
                yield parked.request
            ended = ledger.ended(turn)
            stopped = ended.stop_reason if ended else "needs_approval"
        except asyncio.CancelledError:
            stopped = "cancelled"
            raise
        finally:
            observer.end(stopped)

    async def way_back(self, ledger: Ledger, turn: int, decision: Decision) -> list[Given]:
        """What the graph must be given to stand again where the transcript says the turn is, and to go on."""
        given: list[Given] = []
        match await self._checkpoint(_thread(ledger, turn)):
            case "running":
                given = [None]
            case "none":
                reply = ledger.last_reply(turn)
                given = [State(turn=turn, step=reply.step if reply else 0)]
        if ledger.parked_on(turn):
            given.append(Command(resume=decision.model_dump(mode="json")))
        return given

    async def close_turn(
        self,
        mind: Mind,
        ledger: Ledger,
        turn: int,
        reason: StopReason,
        spoken: Spoken,
        failure: Failure | None = None,
    ) -> list[Resulted]:
        """End a turn so that the transcript is whole. Returns the results that were written."""
        context = self._context(mind, ledger, asyncio.Event(), Silent())
        results = await close_turn(context, turn, reason, spoken, failure)
        await self.forget(ledger, turn)
        return results

    def close(self) -> None:
        """Send what telemetry still holds; blocks."""
        self._telemetry.close()

    async def forget(self, ledger: Ledger, turn: int) -> None:
        """A finished turn needs no checkpoint."""
        await self._checkpointer.adelete_thread(_thread(ledger, turn))

    async def _checkpoint(self, thread: str) -> Literal["none", "running", "asking"]:
        """How far LangGraph has written a turn down: not at all, somewhere in it, or at a question."""
        state = await self._graph.aget_state({"configurable": {"thread_id": thread}})
        if not state.next:
            return "none"
        return "asking" if state.interrupts else "running"

    def _context(self, mind: Mind, ledger: Ledger, hurry: asyncio.Event, observer: Any) -> TurnContext:
        return TurnContext(
            ledger=ledger,
            hub=mind.hub,
            model=mind.model,
            settings=mind.settings,
            tools=mind.tools,
            hurry=hurry,
            observer=observer,
        )


def _thread(ledger: Ledger, turn: int) -> str:
    return f"{ledger.session.id}/{turn}"
