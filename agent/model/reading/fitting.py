"""Arguments in the types that a tool's schema asks for, where nothing is lost by it."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from agent.model.reading.values import loads

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.0+)?")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,15})?")
_DEPTH = 12
_SPELT_NULL = ("null", "None")
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
    "null": type(None),
}


def fit(arguments: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The arguments, each in the type its parameter asks for if it can be written so without loss."""
    fitted = _Fitting(schema).value(arguments, schema, _DEPTH)
    return fitted if isinstance(fitted, dict) else arguments


class _Fitting:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def value(self, value: Any, schema: Any, depth: int) -> Any:
        """The value as one of the schema's alternatives takes it, else as it is."""
        if depth <= 0:
            return value
        alternatives = list(self._alternatives(schema, depth))
        for alternative in alternatives:
            if _takes(alternative, value):
                return self._inner(value, alternative, depth)
        for alternative in alternatives:
            turned = _turned(value, alternative)
            if turned is None and _kinds(alternative) == ["array"]:
                turned = self._as_list(value, alternative, depth)
            if turned is not None and _takes(alternative, turned):
                return self._inner(turned, alternative, depth)
        return None if value in _SPELT_NULL and alternatives else value

    def _as_list(self, value: Any, schema: Mapping[str, Any], depth: int) -> list[Any] | None:
        items = schema.get("items", {})
        single = self.value(value, items, depth - 1)
        taken = value is not None and any(_takes(one, single) for one in self._alternatives(items, depth))
        return [single] if taken else None

    def _inner(self, value: Any, schema: Mapping[str, Any], depth: int) -> Any:
        match value:
            case dict():
                return self._members(value, schema, depth)
            case list() if isinstance(schema.get("items"), dict):
                return [self.value(one, schema["items"], depth - 1) for one in value]
        return value

    def _members(self, value: dict[str, Any], schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties, required = schema.get("properties"), schema.get("required")
        known = properties if isinstance(properties, dict) else {}
        needed = required if isinstance(required, list) else []
        fitted = {key: self.value(one, known[key], depth - 1) if key in known else one for key, one in value.items()}
        return {
            key: one for key, one in fitted.items() if one is not None or key in needed or not self._drops(known, key)
        }

    def _drops(self, known: Mapping[str, Any], key: str) -> bool:
        """A null for a parameter that takes none means that it is left out."""
        return key in known and not any(_takes(one, None) for one in self._alternatives(known[key], _DEPTH))

    def _alternatives(self, schema: Any, depth: int) -> Iterable[Mapping[str, Any]]:
        """The schema itself, or each of those it may be, references resolved."""
        if depth <= 0 or not isinstance(schema, dict):
            return
        if isinstance(reference := schema.get("$ref"), str):
            yield from self._alternatives(self._resolved(reference), depth - 1)
            return
        inner = next((schema[key] for key in ("anyOf", "oneOf", "allOf") if isinstance(schema.get(key), list)), None)
        if inner is None:
            yield schema
            return
        for one in inner:
            yield from self._alternatives(one, depth - 1)

    def _resolved(self, reference: str) -> Any:
        found: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            found = found.get(step) if isinstance(found, dict) else None
        return found


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type")
    if isinstance(kind, list):
        return [one for one in kind if isinstance(one, str)]
    if isinstance(kind, str):
        return [kind]
    return ["object"] if "properties" in schema else []


def _takes(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether type, `enum` and `const` let the value through."""
    kinds = _kinds(schema)
    if kinds and not any(_is(value, kind) for kind in kinds):
        return False
    choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return not isinstance(choices, list) or any(type(one) is type(value) and one == value for one in choices)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return kind not in _TYPES or isinstance(value, _TYPES[kind])


def _turned(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value in another type, None if it cannot be."""
    choices = schema.get("enum")
    if isinstance(choices, list):
        return _chosen(value, choices)
    return next((turned for kind in _kinds(schema) if (turned := _as(value, kind)) is not None), None)


def _chosen(value: Any, choices: list[Any]) -> Any:
    if not isinstance(value, str | int | float):
        return None
    same = [one for one in choices if str(one).casefold() == str(value).strip().casefold()]
    return same[0] if len(same) == 1 else None


def _as(value: Any, kind: str) -> Any:
    """The value as that type, None if it cannot be written so without loss."""
    if isinstance(value, str):
        return _read_as(value.strip(), kind)
    if kind == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    whole = isinstance(value, float) and value.is_integer() and math.fabs(value) < 2**53
    return int(value) if kind == "integer" and whole else None


def _read_as(written: str, kind: str) -> Any:
    match kind:
        case "boolean":
            return {"true": True, "false": False}.get(written.lower())
        case "integer" if _INTEGER.fullmatch(written):
            return int(written.partition(".")[0])
        case "number" if _NUMBER.fullmatch(written):
            return float(written) if "." in written else int(written)
        case "array" if written.startswith("["):
            return _parsed(written, list)
        case "object" if written.startswith("{"):
            return _parsed(written, dict)
    return None


def _parsed(written: str, kind: type) -> Any:
    try:
        value = loads(written)
    except ValueError:
        return None
    return value if isinstance(value, kind) else None
