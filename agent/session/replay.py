"""The events that a reader who arrives late needs to draw a session, from its rows."""

from collections.abc import Iterator, Sequence

from agent.events import (
    Compacted,
    Event,
    Notice,
    PlanChanged,
    ReasoningDelta,
    TextDelta,
    ToolCallProposed,
    TurnFinished,
    TurnStarted,
    Usage,
)
from agent.graph.act import finished
from agent.transcript.entries import Asked, Compaction, Crossed, Ended, Planned, Replied, Resulted, Row, Said


def replay(session: str, rows: Sequence[Row]) -> list[Event]:
    """In the order of the transcript; the question of a parked turn comes last."""
    return [event for row in rows for event in _events(session, row, newest=row is rows[-1])]


def _events(session: str, row: Row, *, newest: bool) -> Iterator[Event]:
    match row.entry:
        case Said(text=text):
            yield TurnStarted(session=session, turn=row.turn, text=text)
        case Replied() as reply:
            yield from _reply(reply)
        case Resulted() as result:
            yield finished(result)
        case Planned(steps=steps):
            yield PlanChanged(steps=steps)
        case Compaction(summary=summary, turns=turns):
            yield Compacted(summary=summary, turns=turns)
        case Crossed() as crossed:
            yield Notice(text=crossed.shown)
        case Ended(stop_reason=reason, text=text, data=data):
            yield TurnFinished(turn=row.turn, stop_reason=reason, text=text, data=data)
        case Asked(request=request) if newest:
            yield request


def _reply(reply: Replied) -> Iterator[Event]:
    if reply.reasoning:
        yield ReasoningDelta(text=reply.reasoning)
    if reply.text:
        yield TextDelta(text=reply.text)
    yield Usage(
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cached_tokens=reply.cached_tokens,
        reasoning_tokens=reply.reasoning_tokens,
    )
    for call in reply.calls:
        yield ToolCallProposed(
            call_id=call.id, server=call.server, tool=call.tool, title=call.title, arguments=call.arguments
        )
