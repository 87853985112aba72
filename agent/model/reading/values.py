"""JSON values out of text that should be JSON and often is not quite."""

import json
import math
import re
from typing import Any

from agent.model.reading.characters import cleaned

_WORD = re.compile(r"[^\s,;]")
_HALVES = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DEEPEST = 64
_OPENED = {"}": "{", "]": "["}
_MARKS = re.compile(r'\\.|["{}\[\]]', re.DOTALL)


class Unstorable(ValueError):
    """A number that is none, or half a character."""


def _no_number(name: str) -> Any:
    raise Unstorable(name)


_STRICT = json.JSONDecoder(parse_constant=_no_number)
_LENIENT = json.JSONDecoder(parse_constant=_no_number, strict=False)


def loads(text: str) -> Any:
    """Strict JSON. Raises `ValueError`."""
    return _loads(_STRICT, text)


def loads_with_controls(text: str) -> Any:
    """JSON whose strings may hold line breaks as they are. Raises `ValueError`."""
    return _loads(_LENIENT, text)


def leading(text: str) -> tuple[list[Any], str]:
    """The whole JSON values at the beginning of the text, and what follows them."""
    values: list[Any] = []
    at = 0
    while word := _WORD.search(text, at):
        try:
            value, at = _STRICT.raw_decode(text, word.start())
        except (ValueError, RecursionError):
            break
        values.append(value)
    return values, text[at:].rstrip()


def first_end(text: str, start: int) -> int:
    """Where the whole value that begins here ends; 0 if none does."""
    word = _WORD.search(text, start)
    try:
        return _STRICT.raw_decode(text, word.start())[1] if word else 0
    except (ValueError, RecursionError):
        return 0


def storable(value: Any, depth: int = _DEEPEST) -> Any:
    """The value in normal form. Raises `Unstorable` for infinite numbers, half characters and too deep a nesting."""
    if depth < 0:
        raise Unstorable("nested too deep")
    match value:
        case str():
            if _HALVES.search(value):
                raise Unstorable("half a character")
            return _CONTROL.sub("", cleaned(value) if "\r" not in value else _with_returns(value))
        case float() if not math.isfinite(value):
            raise Unstorable("an infinite number")
        case list():
            return [storable(one, depth - 1) for one in value]
        case dict():
            return {storable(key): storable(one, depth - 1) for key, one in value.items()}
    return value


def in_string(text: str) -> bool:
    """Whether JSON that stops here stops inside a string."""
    return _open_at_end(text)[1]


def missing_closers(text: str) -> str | None:
    """What must follow for all brackets to be closed, or None if they cannot be."""
    opened, inside = _open_at_end(text)
    return None if inside or opened is None else "".join("}" if mark == "{" else "]" for mark in reversed(opened))


def _open_at_end(text: str) -> tuple[list[str] | None, bool]:
    opened: list[str] = []
    inside = False
    for match in _MARKS.finditer(text):
        mark = match[0]
        if mark == '"':
            inside = not inside
        elif inside or mark[0] == "\\":
            continue
        elif mark in "{[":
            opened.append(mark)
        elif not opened or opened.pop() != _OPENED[mark]:
            return None, False
    return opened, inside


def _loads(decoder: json.JSONDecoder, text: str) -> Any:
    try:
        return decoder.decode(text)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def _with_returns(text: str) -> str:
    # The line ends of a file are the file's own.
    return "\r".join(cleaned(part) for part in text.split("\r"))
