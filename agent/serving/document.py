"""YAML text from plain values, so that a manifest needs no library: block style, strings quoted as in JSON."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

Value = str | int | bool | Mapping[str, "Value"] | Sequence["Value"]

_PLAIN = re.compile(r"(?:--|/)?[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
"""Plain words that YAML 1.1 takes for something else than a string."""


def to_yaml(value: Mapping[str, Value]) -> str:
    """One document (YAML 1.2, a JSON string is a YAML string), with a line break at the end."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Value) -> Iterator[str]:
    match value:
        case str() | int():
            yield _scalar(value)
        case Mapping():
            for key, item in value.items():
                yield from _entry(f"{_scalar(key)}:", item)
        case _:
            for item in value:
                first, *rest = _lines(item)
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)


def _entry(key: str, item: Value) -> Iterator[str]:
    if isinstance(item, str | int) or not item:
        yield f"{key} {json.dumps(item) if not isinstance(item, str) else _scalar(item)}"
        return
    yield key
    yield from (f"  {line}" for line in _lines(item))


def _scalar(value: str | int) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
