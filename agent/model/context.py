"""What the model is sent, as a pure function of the transcript: the same rows give the same bytes."""

from collections.abc import Iterable, Iterator, Sequence

from agent.model.contract import AssistantMessage, CallMessage, Message, SystemMessage, ToolMessage, UserMessage
from agent.prompts import render as prompt
from agent.transcript.entries import CallMade, Compaction, Replied, Resulted, Row, Said

_WEEKDAYS = "월화수목금토일"


def messages(workspace: str, rows: Sequence[Row]) -> tuple[Message, ...]:
    """The whole context: system prompt, summary of compacted turns, then every message in order.

    Results stand in the order of their calls, whatever order they came in: several chat templates match them by place.
    """
    return (SystemMessage(text=prompt("system", workspace=workspace)), *_history(rows))


def _history(rows: Sequence[Row]) -> Iterator[Message]:
    results = {(row.turn, row.entry.call_id): row.entry for row in rows if isinstance(row.entry, Resulted)}
    for row in _in_order(rows):
        match row.entry:
            case Compaction(summary=summary, outside=outside):
                text = prompt("compaction", summary=summary)
                yield UserMessage(text="", attached=text) if outside else UserMessage(text=text)
            case Said() as said:
                yield UserMessage(text=said.text, attached=said.attached, aside=_aside(said))
            case Replied() as reply:
                yield AssistantMessage(
                    text=reply.text,
                    reasoning=reply.reasoning,
                    calls=tuple(CallMessage(id=call.id, name=call.name, arguments=call.sent) for call in reply.calls),
                )
                yield from (_tool(call, results.get((row.turn, call.id))) for call in reply.calls)


def _in_order(rows: Sequence[Row]) -> Iterable[Row]:
    # The summary was written after turns it does not stand for, but comes before them.
    return sorted(rows, key=lambda row: (not isinstance(row.entry, Compaction), row.id))


def _aside(said: Said) -> str:
    now = f"{said.at:%Y-%m-%d}({_WEEKDAYS[said.at.weekday()]}) {said.at:%H:%M}"
    return f"[지금 {now}{' · ' + said.note if said.note else ''}]"


def _tool(call: CallMade, result: Resulted | None) -> ToolMessage:
    if result is None:
        return ToolMessage(call_id=call.id, tool=call.name, text="결과가 기록되지 않았습니다.", failed=True)
    return ToolMessage(
        call_id=call.id,
        tool=call.name,
        text=result.text,
        failed=result.status != "done",
        outside=result.outside,
    )
