"""How full the model's window is: estimated, set right by what the server counted last, or counted by the server."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.model.context import history
from agent.model.contract import AssistantMessage, ChatModel, ChatRequest, Message, SystemMessage, ToolMessage, ToolSpec
from agent.transcript.compaction import tokens
from agent.transcript.entries import Compaction, Replied, Row, Shelved

_PLAUSIBLE = (0.4, 2.0)
"""Bounds of counted over estimated tokens; beyond them the server counts something else, such as uncached tokens."""
_ROLE = 4
"""Tokens that a chat template puts round a message."""


@dataclass(frozen=True)
class Fill:
    """Tokens by kind of content, with Korean names for people."""

    parts: dict[str, int]
    exact: bool = False

    @property
    def used(self) -> int:
        return sum(self.parts.values())


def reserve(window: int) -> int:
    """Tokens kept free for the answer."""
    return min(4_096, window // 4)


def estimate(model: ChatModel, request: ChatRequest, rows: Sequence[Row]) -> Fill:
    """Without asking anybody: what the server counted for the last reply, scaled to what came since."""
    parts = _parts(request.tools, _sent(model, request.messages))
    ratio = _calibration(model, request, rows)
    return Fill({name: round(count * ratio) for name, count in parts.items()})


async def counted(model: ChatModel, request: ChatRequest, rows: Sequence[Row]) -> Fill:
    """By the server's own tokenizer if it has one, else the estimate."""
    guess = estimate(model, request, rows)
    exact = await model.count(request)
    if not exact or not guess.used:
        return guess
    parts = {name: count * exact // guess.used for name, count in guess.parts.items()}
    largest = max(parts, key=lambda name: parts[name])
    parts[largest] += exact - sum(parts.values())
    return Fill(parts, exact=True)


def overhead(tools: Sequence[ToolSpec]) -> int:
    """Tokens of the tool descriptions."""
    return sum(tokens(tool.model_dump_json()) for tool in tools)


def _sent(model: ChatModel, messages: Iterable[Message]) -> Iterator[Message]:
    """The messages without what stays at home."""
    for message in messages:
        forgets = isinstance(message, AssistantMessage) and not model.recalls_reasoning
        yield message.model_copy(update={"reasoning": ""}) if forgets else message


def _parts(tools: Sequence[ToolSpec], messages: Iterable[Message]) -> Counter[str]:
    parts: Counter[str] = Counter({"시스템 지시문": 0, "도구 설명": overhead(tools)})
    for message in messages:
        parts.update(_sizes(message))
    return parts


def _sizes(message: Message) -> dict[str, int]:
    match message:
        case SystemMessage(text=text):
            return {"시스템 지시문": tokens(text) + _ROLE}
        case AssistantMessage(text=text, reasoning=reasoning, calls=calls):
            made = sum(tokens(call.model_dump_json()) for call in calls)
            return {"답과 호출": tokens(text) + made + _ROLE, "생각": tokens(reasoning) if reasoning else 0}
        case ToolMessage(text=text):
            return {"도구 결과": tokens(text) + _ROLE}
        case _:
            return {"사용자": sum(map(tokens, (message.text, message.attached, message.aside))) + _ROLE}


def _calibration(model: ChatModel, request: ChatRequest, rows: Sequence[Row]) -> float:
    """Counted over estimated tokens of the newest reply whose request was a part of this one; 1 if there is none."""
    counted = estimated = 0
    seen = sum(_parts(request.tools, request.messages[:1]).values())
    told = list(history(rows))
    for (row, _), message in zip(told, _sent(model, (message for _, message in told)), strict=True):
        match row.entry:
            case Replied(input_tokens=given) if isinstance(message, AssistantMessage) and given:
                counted, estimated = given, seen
        seen += sum(_sizes(message).values())
    changed = max((row.id for row in rows if isinstance(row.entry, Compaction | Shelved)), default=0)
    newest = max((row.id for row in rows if isinstance(row.entry, Replied)), default=0)
    if not counted or changed > newest:
        return 1.0
    ratio = counted / estimated
    return ratio if _PLAUSIBLE[0] <= ratio <= _PLAUSIBLE[1] else 1.0
