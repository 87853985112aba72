"""A request with personal data replaced by placeholders, and the reply with the data put back."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

from agent.model.contract import (
    AssistantMessage,
    Call,
    CallMessage,
    ChatRequest,
    Delta,
    Finished,
    Message,
    Reasoning,
    Restarted,
    SystemMessage,
    Text,
    ToolMessage,
    UserMessage,
)
from agent.privacy.masking import Masking
from agent.privacy.streaming import Restorer

Swap = Callable[[str], str]


class MaskedExchange:
    """One request and its reply. Placeholders are numbered in the order in which the values stand in the request.

    The context only grows at its end, so a value keeps its placeholder from request to request.
    """

    def __init__(self) -> None:
        self._masking = Masking()
        self._text = Restorer(self._masking)
        self._reasoning = Restorer(self._masking)

    async def outgoing(self, request: ChatRequest) -> ChatRequest:
        """The request as it may leave. A long context takes a while, so another thread does it."""
        messages = await asyncio.to_thread(lambda: tuple(_swapped(one, self._masking.mask) for one in request.messages))
        return request.model_copy(update={"messages": messages})

    @property
    def counts(self) -> dict[str, int]:
        """Values replaced, by category."""
        return {str(category): count for category, count in self._masking.counts.items()}

    def incoming(self, delta: Delta) -> Iterator[Delta]:
        """The delta with the values put back; a placeholder may come in pieces."""
        match delta:
            case Text(text=text):
                yield from _said(Text, self._text.feed(text))
            case Reasoning(text=text):
                yield from _said(Reasoning, self._reasoning.feed(text))
            case Restarted():
                self._text, self._reasoning = Restorer(self._masking), Restorer(self._masking)
                yield delta
            case Call():
                yield from self._held()
                arguments = _swapped_json(delta.arguments, self._masking.restore)
                yield delta.model_copy(update={"arguments": arguments})
            case Finished():
                yield from self._held()
                yield delta
            case _:
                yield delta

    def _held(self) -> Iterator[Delta]:
        yield from _said(Reasoning, self._reasoning.flush())
        yield from _said(Text, self._text.flush())


def _said(kind: type[Text] | type[Reasoning], text: str) -> Iterator[Delta]:
    if text:
        yield kind(text=text)


def _swapped(message: Message, swap: Swap) -> Message:
    match message:
        case SystemMessage(text=text):
            return message.model_copy(update={"text": swap(text)})
        case UserMessage(text=text, attached=attached):
            return message.model_copy(update={"text": swap(text), "attached": swap(attached)})
        case AssistantMessage(text=text, reasoning=reasoning, calls=calls):
            # As one text, since the name of an argument says what its digits are.
            masked = [call.model_copy(update={"arguments": json.loads(swap(_written(call)))}) for call in calls]
            return message.model_copy(update={"text": swap(text), "reasoning": swap(reasoning), "calls": tuple(masked)})
        case ToolMessage(text=text):
            return message.model_copy(update={"text": swap(text)})


def _written(call: CallMessage) -> str:
    return json.dumps(call.arguments, ensure_ascii=False)


def _swapped_json(value: Any, swap: Swap) -> Any:
    match value:
        case str():
            return swap(value)
        case dict():
            return {key: _swapped_json(one, swap) for key, one in value.items()}
        case list():
            return [_swapped_json(one, swap) for one in value]
    return value
