"""What the model is sent, as a pure function of the transcript: the same rows give the same bytes."""

from collections.abc import Iterable, Iterator, Sequence

from agent.model.contract import (
    AssistantMessage,
    CallMessage,
    ChatRequest,
    Message,
    SystemMessage,
    ToolMessage,
    ToolSpec,
    UserMessage,
)
from agent.prompts import render as prompt
from agent.settings import Settings
from agent.text import one_line
from agent.transcript.entries import (
    CallMade,
    Compaction,
    Ended,
    Pinned,
    Replied,
    Resulted,
    Row,
    Said,
    Shelved,
)

_WEEKDAYS = "월화수목금토일"
_HEAD = 160
"""Characters of a shelved result that stay."""


def request(workspace: str, rows: Sequence[Row], tools: tuple[ToolSpec, ...], settings: Settings) -> ChatRequest:
    """The next request of the session whose context these rows are."""
    newest = next((row.entry for row in reversed(rows) if isinstance(row.entry, Said)), None)
    return ChatRequest(
        messages=messages(workspace, rows),
        tools=tools,
        thinking=(newest and newest.options.thinking) or settings.thinking,
        private=settings.private or any(row.entry.is_private for row in rows),
    )


def messages(workspace: str, rows: Sequence[Row]) -> tuple[Message, ...]:
    """The whole context: system prompt, summary of compacted turns, then every message in order.

    Results stand in the order of their calls, whatever order they came in: several chat templates match them by place.
    """
    return (SystemMessage(text=prompt("system", workspace=workspace)), *(message for _, message in history(rows)))


def history(rows: Sequence[Row]) -> Iterator[tuple[Row, Message]]:
    """Every message behind the system prompt, with the row it comes from."""
    results = {row.entry.call_id: row.entry for row in rows if isinstance(row.entry, Resulted)}
    shelf = {
        call: handle for row in rows if isinstance(row.entry, Shelved) for call, handle in row.entry.handles.items()
    }
    pins: list[str] = []
    closed = True
    for row in _in_order(rows):
        match row.entry:
            case Compaction() as compaction:
                yield row, _summary(compaction)
                closed = False
            case Pinned(text=text):
                pins.append(text)
            case Said() as said:
                yield row, UserMessage(text=said.text, attached=said.attached, aside=_aside(said, pins))
                pins, closed = [], False
            case Replied() as reply:
                yield row, _reply(reply)
                for call in reply.calls:
                    yield row, _tool(call, results.get(call.id), shelf.get(call.id))
                closed = not reply.calls
            case Ended(message=message) if not closed:
                # Templates want the user and the assistant to take turns.
                yield row, AssistantMessage(text=message or "[중단됨]")


def _in_order(rows: Sequence[Row]) -> Iterable[Row]:
    # The summary was written after turns it does not stand for, but comes before them.
    return sorted(rows, key=lambda row: (not isinstance(row.entry, Compaction), row.id))


def _summary(compaction: Compaction) -> UserMessage:
    kept = [f"- 기억할 것: {pin}" for pin in compaction.pins] + [f"- 남은 일: {task}" for task in compaction.tasks]
    text = prompt("compaction", summary="\n".join([*kept, compaction.summary]))
    return UserMessage(text="", attached=text) if compaction.outside else UserMessage(text=text)


def _aside(said: Said, pins: Sequence[str]) -> str:
    now = f"{said.at:%Y-%m-%d}({_WEEKDAYS[said.at.weekday()]}) {said.at:%H:%M}"
    told = [f"[지금 {now}{' · ' + said.note if said.note else ''}]", *(f"[기억할 것: {pin}]" for pin in pins)]
    return "\n".join(told)


def _reply(reply: Replied) -> AssistantMessage:
    made = tuple(CallMessage(id=call.id, name=call.name, arguments=call.sent) for call in reply.calls)
    return AssistantMessage(text=reply.text, reasoning=reply.reasoning, calls=made)


def _tool(call: CallMade, result: Resulted | None, handle: str | None) -> ToolMessage:
    if result is None:
        return ToolMessage(call_id=call.id, tool=call.name, text="결과가 기록되지 않았습니다.", failed=True)
    return ToolMessage(
        call_id=call.id,
        tool=call.name,
        text=shelved(result.text, handle) if handle else result.text,
        failed=result.status != "done",
        outside=result.outside,
    )


def shelved(text: str, handle: str) -> str:
    """What stays of a result that left the context."""
    return f"{one_line(text, _HEAD)}\n[전체 {len(text):,}자를 치워 두었다. 필요하면 read_result(handle={handle!r})]"
