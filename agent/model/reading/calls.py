"""Calls as the program makes them, out of calls as they were written."""

from collections.abc import Iterable
from typing import Any

from agent.model.contract import Call, ToolSpec
from agent.model.reading.arguments import fit, read
from agent.model.reading.names import Names
from agent.model.reading.plausibility import plausible
from agent.model.reading.raw import Raw
from agent.model.reading.shapes import ARGUMENT_KEYS, NAME_KEYS
from agent.model.reading.values import storable

_NAMELESS = "tool_call"
_TRUNCATED = "답이 길이 한도에서 잘려 호출을 버렸습니다. 다시 부르세요."
_UNREADABLE = "인자가 올바른 JSON 객체가 아닙니다. 다시 부르세요."
_UNNAMED = "부른 도구의 이름을 읽을 수 없습니다. 다시 부르세요."
_IMPLAUSIBLE = "인자의 JSON이 깨져 있고, 고쳐 읽어도 도구가 받는 형식이 아닙니다. 다시 부르세요."


class CallReader:
    """Reads the calls of one reply against the tools that were offered for it."""

    def __init__(self, tools: Iterable[ToolSpec], names: Names) -> None:
        self._schemas = {tool.name: tool.parameters for tool in tools}
        self._names = names

    def call(self, raw: Raw, *, truncated: bool) -> Call:
        """`truncated`: the reply was cut by the length limit, and a call in it may be anything but whole."""
        name = self._names.settled(raw.name)
        if truncated:
            return Call(name=name or _NAMELESS, arguments={}, fault=_TRUNCATED)
        if not name:
            return Call(name=_NAMELESS, arguments={}, fault=_UNNAMED)
        arguments, mended = (None, False) if raw.unreadable else _read(raw.arguments)
        if arguments is None:
            return Call(name=name, arguments={}, fault=_UNREADABLE)
        schema = self._schemas.get(name, {})
        fitted = fit(self._unwrapped(arguments, name), schema)
        repaired = mended or raw.repaired
        if repaired and not plausible(fitted, schema):
            return Call(name=name, arguments={}, fault=_IMPLAUSIBLE)
        return Call(name=name, arguments=fitted, repaired=repaired)

    def is_certain(self, raw: Raw) -> bool:
        """A call without any tag round it: an offered tool and arguments that are its own."""
        name = self._names.meant(raw.name)
        if name is None:
            return False
        if raw.unreadable:
            return any(f'"{key}"' in raw.arguments for key in ARGUMENT_KEYS)
        arguments, _ = _read(raw.arguments)
        schema = self._schemas[name]
        if arguments is None or not arguments:
            return raw.said_arguments or not schema.get("required")
        known = _properties(schema)
        return raw.said_arguments and (not known or not known.keys().isdisjoint(self._unwrapped(arguments, name)))

    def _unwrapped(self, arguments: dict[str, Any], name: str) -> dict[str, Any]:
        """The arguments inside the arguments: a whole call, or one member that holds them all."""
        known = _properties(self._schemas.get(name, {}))
        inner = [key for key in ARGUMENT_KEYS if key in arguments]
        outer = [key for key in arguments if key not in inner]
        if len(inner) != 1 or name not in self._schemas or any(key in known for key in outer):
            return arguments
        names_itself = len(outer) == 1 and outer[0] in NAME_KEYS and self._is(arguments[outer[0]], name)
        if not names_itself and (outer or inner[0] in known):
            return arguments
        value = arguments[inner[0]]
        held = value if isinstance(value, dict) else read(value)[0] if isinstance(value, str) else None
        return arguments if held is None else held

    def _is(self, written: Any, name: str) -> bool:
        return isinstance(written, str) and self._names.meant(written) == name


def _read(arguments: str | dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
    if isinstance(arguments, str):
        return read(arguments)
    try:
        return storable(arguments), False
    except ValueError:
        return None, False


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}
