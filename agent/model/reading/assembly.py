"""Calls out of the pieces in which a server streams them, whoever counts them and how.

vLLM and OpenAI send id and name once and then arguments under an index; Ollama whole calls, all with the same index or
none; several gateways repeat the name in every piece, number each piece anew, or send all calls once more at the end.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.model.reading.faults import Looping
from agent.model.reading.names import Names
from agent.model.reading.raw import Raw
from agent.model.reading.values import first_end

_SPACE = re.compile(r"\s+")
_MOST = 200
"""Calls of one reply."""


@dataclass
class _Call:
    index: int | None
    id: str
    name: str
    parts: list[str] = field(default_factory=list)
    seams: list[int] = field(default_factory=list)
    """Where in the arguments a piece with a name stands: another call may begin there."""
    size: int = 0
    blank: bool = True

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.size += len(text)
        self.blank = self.blank and not text.strip()


class CallAssembly:
    """Collects the pieces of every call of one reply."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._calls: list[_Call] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, piece: Any) -> str:
        """One piece as it stands in `tool_calls`; returns what it adds to the arguments."""
        if not isinstance(piece, dict):
            return ""
        function = piece.get("function")
        said = function if isinstance(function, dict) else piece
        name, text = _string(said.get("name")), _text(said.get("arguments"))
        index, call_id = _index(piece.get("index")), _string(piece.get("id"))
        call = self._found(index, call_id)
        if call is None or (name and self._begins_another(call, name, call_id)):
            call = _Call(index, call_id, name)
            self._calls.append(call)
            if len(self._calls) > _MOST:
                raise Looping(name)
        elif name:
            self._name(call, name)
        call.add(text)
        return text

    def finish(self) -> list[Raw]:
        """The calls, in the order of their index where all have one."""
        calls = [call for call in self._calls if call.name or not call.blank]
        if all(call.index is not None for call in calls):
            calls.sort(key=lambda call: call.index or 0)
        return [Raw(call.name, arguments) for call in calls for arguments in _separate(call)]

    def _found(self, index: int | None, call_id: str) -> _Call | None:
        latest = self._calls[::-1]
        if index is not None:
            return next((call for call in latest if call.index == index), None)
        return next((call for call in latest if call_id and call.id == call_id), latest[0] if latest else None)

    def _begins_another(self, call: _Call, name: str, call_id: str) -> bool:
        if name == call.name:
            return False
        renumbered = bool(call_id and call.id and call_id != call.id)
        return renumbered or not call.blank or (call.name in self._names and name in self._names)

    def _name(self, call: _Call, name: str) -> None:
        """A piece of an earlier call with a name: repeated, grown, or the rest of it."""
        if not call.blank:
            call.seams.append(call.size)
        elif call.name not in self._names and self._names.may_become(call.name + name):
            call.name += name
        elif name.startswith(call.name):
            call.name = name
        elif name != call.name:
            call.name += name


def _separate(call: _Call) -> Iterator[str]:
    """The arguments; more than one if whole calls came under one index, each once."""
    text = "".join(call.parts)
    seen: list[str] = []
    for start, end in _cuts(text, call.seams):
        arguments = text[start:end].strip()
        if (bare := _SPACE.sub("", arguments)) not in seen:
            seen.append(bare)
            yield arguments


def _cuts(text: str, seams: list[int]) -> Iterator[tuple[int, int]]:
    """Between two whole values, where a piece with a name stood."""
    start = 0
    while seams and (end := first_end(text, start)):
        behind = len(text) - len(text[end:].lstrip())
        seam = next((one for one in seams[bisect_left(seams, end) :] if one <= behind), None)
        if seam is None or behind == len(text):
            break
        yield start, seam
        start = seam
    yield start, len(text)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _text(arguments: Any) -> str:
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    try:
        return json.dumps(arguments, ensure_ascii=False)
    except RecursionError:
        return "["


def _index(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 6:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
