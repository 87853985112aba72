"""Whole tool calls out of the pieces in which a server streams them."""

import json
from typing import Any

from agent.model.contract import Call


class CallAssembly:
    """Collects the deltas of every call of one reply."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._arguments: dict[int, str] = {}

    def add(self, index: int, name: str | None, arguments: str | None) -> None:
        """One delta; the pieces of one call share its index."""
        self._names[index] = self._names.get(index, "") or (name or "")
        self._arguments[index] = self._arguments.get(index, "") + (arguments or "")

    def finish(self, *, truncated: bool) -> list[Call]:
        """The calls in order. Those cut off by the length limit carry a fault instead of arguments."""
        return [_call(self._names[index], self._arguments[index], truncated) for index in sorted(self._names)]


def _call(name: str, written: str, truncated: bool) -> Call:
    arguments = _read(written)
    if arguments is not None and not truncated:
        return Call(name=name, arguments=arguments)
    fault = "답이 길이 한도에서 잘려 호출을 버렸습니다." if truncated else "인자가 올바른 JSON 객체가 아닙니다."
    return Call(name=name, arguments={}, fault=f"{fault} 다시 부르세요.")


def _read(written: str) -> dict[str, Any] | None:
    if not written.strip():
        return {}
    try:
        arguments = json.loads(written)
    except json.JSONDecodeError:
        return None
    return arguments if isinstance(arguments, dict) else None
