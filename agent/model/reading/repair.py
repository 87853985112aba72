"""Broken JSON mended, as far as no guess about its meaning is needed.

The package json_repair finds a reading for nearly anything: it completes what was cut off, invents empty values, drops
what it does not understand and takes a telephone number for a number. What it returns is believed only if every word of
the text is in it and nothing else.
"""

import re
from collections.abc import Iterator
from typing import Any

from agent.model.reading.values import in_string, loads, loads_with_controls, missing_closers, storable

_LIMIT = 50_000
"""Characters. The package takes seconds for longer ones."""
_TOO_DEEP = re.compile(r"(?:[\[{(]\s*){40}")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[\"\\/bfnrt'`])")
_STRING = r'"(?:[^"\\]|\\.)*"'
_LEADING_ZERO = re.compile(rf"({_STRING})|(?<=[:\[,\s])(-?0\d[\d-]*)(?=\s*[,}}\]])", re.DOTALL)
_COMMENT = re.compile(rf"({_STRING})|/\*.*?\*/|(?<![:\w])//[^\n]*|(?:^|(?<=\s))#[^\n]*", re.DOTALL | re.MULTILINE)
_WORDS = re.compile(r"\d+\.\d+(?:[eE][+-]?\d+)?|[\w%]+")
_NUMBER = re.compile(r"(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_KEY = re.compile(r"[\w .$@/\-]{1,80}")
_MEMBER = re.compile(r'\w"\s*:\s*["\[{\d]')
_LITERALS = {"True", "False", "None", "true", "false", "null", "TRUE", "FALSE", "NULL"}
_NO_VALUES = {"undefined", "NaN", "Infinity", "-Infinity", "..."}
_ENDS = ("}", "]", ")", '"', "'")
_WHOLE = ('"', "}", "]", "true", "false", "null")
_LAST_MEMBER = re.compile(r"[\"']\s*:\s*(?:-?\d[\d.]*|true|false|null|True|False|None)$")
_BACKTICK = re.compile(r"[:,\[{]\s*`")


def mended(written: str) -> Any:
    """The value that broken JSON stands for, or None if it was cut off or says it in no certain way."""
    text = written.strip()
    if len(text) > _LIMIT or _TOO_DEEP.search(text) or not text.startswith(("{", "[", "//", "/*", "#")):
        return None
    for attempt in (_plainly, _closed, _by_package):
        if (value := attempt(text)) is not None:
            return value
    return None


def _plainly(text: str) -> Any:
    """Line breaks in strings, numbers that begin with a zero."""
    for candidate in (text, _LEADING_ZERO.sub(lambda found: found[1] or f'"{found[2]}"', text)):
        try:
            return storable(loads_with_controls(candidate))
        except ValueError:
            continue
    return None


def _closed(text: str) -> Any:
    """Brackets that nobody closed, behind a value that is whole: behind a digit another may be missing."""
    closers = missing_closers(text)
    if not closers or not text.endswith(_WHOLE):
        return None
    try:
        return storable(loads(text + closers))
    except ValueError:
        return None


def _by_package(text: str) -> Any:
    if _is_cut(text) or _BACKTICK.search(text):
        return None
    import json_repair

    try:
        value: Any = storable(json_repair.loads(text, skip_json_loads=True))
    except (ValueError, IndexError, TypeError):
        return None
    return value if isinstance(value, dict | list) and value and _says_the_same(value, text) else None


def _is_cut(text: str) -> bool:
    """The end of the text is not the end of a value."""
    if not text.endswith(_ENDS):
        return True
    bare = text.rstrip("}]) \t\r\n,;")
    # Quotes in a text that nobody escaped leave their number odd.
    return in_string(text) and not bare.endswith(_ENDS) and not _LAST_MEMBER.search(bare)


def _says_the_same(value: Any, text: str) -> bool:
    """Every word of the text stands in the value, in the same order, and under keys that are names."""
    said = list(_said(value))
    words = [word for one in said for word in _words(one)]
    for source in (text, _COMMENT.sub(lambda found: found[1] or " ", text)):
        plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", source)
        if list(_words(plain)) == words:
            return _invents_nothing(said, source) and _is_well_cut(value, said, source)
    return False


def _is_well_cut(value: Any, said: list[str], source: str) -> bool:
    """Keys are names, and no string has swallowed the members behind it."""
    swallowed = '\\"' not in source and any(_MEMBER.search(one) for one in said)
    return not swallowed and all(_KEY.fullmatch(key) for key in _keys(value))


def _invents_nothing(said: list[str], source: str) -> bool:
    empty = source.count('""') + source.count("''")
    invented = (one for one in said if one in _NO_VALUES and f'"{one}"' not in source and f"'{one}'" not in source)
    return said.count("") <= empty and next(invented, None) is None


def _said(value: Any) -> Iterator[str]:
    """Keys, strings and numbers, in order."""
    match value:
        case bool():
            return
        case str():
            yield value
        case int() | float():
            yield str(abs(value))
        case list():
            for one in value:
                yield from _said(one)
        case dict():
            for key, one in value.items():
                yield key
                yield from _said(one)


def _keys(value: Any) -> Iterator[str]:
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(one)
    if isinstance(value, dict):
        yield from value


def _words(text: str) -> Iterator[str]:
    for word in _WORDS.findall(text):
        if word not in _LITERALS:
            yield str(float(word)) if _NUMBER.fullmatch(word) and len(word) < 300 else word
