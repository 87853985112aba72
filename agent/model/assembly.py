"""Whole tool calls out of the pieces in which a server streams them."""

import json
from dataclasses import dataclass
from typing import Any

from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from agent.model.contract import Call


@dataclass
class _Pieces:
    index: int | None
    id: str
    name: str
    arguments: str = ""


class CallAssembly:
    """Collects the deltas of every call of one reply."""

    def __init__(self) -> None:
        self._made: list[_Pieces] = []

    def add(self, delta: ChoiceDeltaToolCall) -> None:
        """One delta; the pieces of one call share its index."""
        if delta.function is None:
            return
        name, arguments = delta.function.name or "", delta.function.arguments or ""
        pieces = next((one for one in reversed(self._made) if one.index == delta.index), None)
        # Some servers give every call the index 0; then a new id together with a name begins the next one.
        if pieces is None or (name and delta.id and delta.id != pieces.id):
            pieces = _Pieces(delta.index, delta.id or "", name)
            self._made.append(pieces)
        pieces.name = pieces.name or name
        pieces.arguments += arguments

    def finish(self, *, truncated: bool) -> list[Call]:
        """The calls in order. Those cut off by the length limit carry a fault instead of arguments."""
        ordered = sorted(self._made, key=lambda one: one.index or 0)
        return [_call(one.name, one.arguments, truncated) for one in ordered]


def _call(name: str, written: str, truncated: bool) -> Call:
    arguments = _read(written)
    if arguments is not None and not truncated:
        return Call(name=name, arguments=arguments)
    fault = "답이 길이 한도에서 잘려 호출을 버렸습니다." if truncated else "인자가 올바른 JSON 객체가 아닙니다."
    return Call(name=name, arguments={}, fault=f"{fault} 다시 부르세요.")


def _read(written: str) -> dict[str, Any] | None:
    """Only what can be stored and sent back: neither NaN nor half an emoji."""
    if not written.strip():
        return {}
    try:
        arguments = json.loads(written)
        json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) else None
