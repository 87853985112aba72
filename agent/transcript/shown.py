"""The events that rows stand for: what is told while a turn runs, and again to a reader who comes later."""

from collections.abc import Iterator

from agent.events import Event, Failure, ToolCallFinished, ToolCallProposed, TurnFinished, Usage
from agent.text import clip, one_line
from agent.transcript.entries import Ended, Replied, Resulted

_SHOWN = 2_000
"""Characters of a result in an event."""


def replied(reply: Replied) -> Iterator[Event]:
    """What follows the text of a reply."""
    yield Usage(
        model=reply.model,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cached_tokens=reply.cached_tokens,
        reasoning_tokens=reply.reasoning_tokens,
    )
    for call in reply.calls:
        yield ToolCallProposed(
            call_id=call.id, server=call.server, tool=call.tool, title=call.title, arguments=call.arguments
        )


def finished(result: Resulted) -> ToolCallFinished:
    """What became of a call."""
    return ToolCallFinished(
        call_id=result.call_id,
        status=result.status,
        summary=one_line(result.summary, 160),
        result=clip(result.text, _SHOWN),
        outside=result.outside,
    )


def ending(turn: int, ended: Ended) -> Iterator[Event]:
    """How a turn ended."""
    if ended.failure:
        yield ended.failure
    elif ended.stop_reason == "error" and ended.message:
        yield Failure(message=ended.message)
    yield TurnFinished(
        turn=turn,
        stop_reason=ended.stop_reason,
        text=f"{ended.text}\n\n{ended.message}".strip(),
        model=ended.model,
        data=ended.data,
    )
