"""The events that a reader who arrives late needs to draw a session, from its rows."""

from collections.abc import Iterator, Sequence

from agent.events import Compacted, Event, Notice, PlanChanged, ReasoningDelta, TextDelta, ToolCallApproved, TurnStarted
from agent.tools.own import SERVER
from agent.transcript.entries import Asked, Compaction, Crossed, Decided, Ended, Planned, Replied, Resulted, Row, Said
from agent.transcript.shown import ending, finished, replied


def replay(session: str, rows: Sequence[Row]) -> list[Event]:
    """In the order of the transcript; the question of a parked turn comes last."""
    own = {
        call.id for row in rows if isinstance(row.entry, Replied) for call in row.entry.calls if call.server == SERVER
    }
    return [event for row in rows for event in _events(session, row, own, newest=row is rows[-1])]


def _events(session: str, row: Row, own: set[str], *, newest: bool) -> Iterator[Event]:
    match row.entry:
        case Said(text=text):
            yield TurnStarted(session=session, turn=row.turn, text=text)
        case Replied() as reply:
            yield from _spoken(reply)
            yield from replied(reply)
        case Decided(call_id=call_id, approved=True, by=by) if call_id not in own:
            yield ToolCallApproved(call_id=call_id, by=by)
        case Resulted() as result:
            yield finished(result)
        case Planned(steps=steps):
            yield PlanChanged(steps=steps)
        case Compaction(summary=summary, turns=turns):
            yield Compacted(summary=summary, turns=turns)
        case Crossed() as crossed:
            yield Notice(text=crossed.shown)
        case Ended() as ended:
            yield from ending(row.turn, ended)
        case Asked(request=request) if newest:
            yield request


def _spoken(reply: Replied) -> Iterator[Event]:
    if reply.reasoning:
        yield ReasoningDelta(text=reply.reasoning)
    if reply.text:
        yield TextDelta(text=reply.text)
