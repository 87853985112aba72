"""Values out, placeholders in, and back: `010-1234-5678` is `[전화번호#1]` for as long as one request lasts."""

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from agent.privacy.finding import find, numeral
from agent.privacy.placeholders import LITERAL, Name, placeholders, write
from agent.privacy.spans import Category

_STRING_OR_NUMBER = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|(?P<number>-?[0-9][0-9.eE+-]*)')


class _Piece(NamedTuple):
    """A part of a text that a placeholder stands for."""

    start: int
    end: int
    name: Name
    is_number: bool
    """A number of JSON: its placeholder needs quotes, it has none."""


class Masking:
    """The personal data of one model request: each spelling has one placeholder, numbered as they first appear."""

    def __init__(self) -> None:
        self._placeholders: dict[tuple[str, bool], str] = {}
        self._values: dict[str, str] = {}
        self._numbers: set[str] = set()
        self._known: dict[str, Category] = {}
        self._counted: Counter[Name] = Counter()

    @property
    def counts(self) -> dict[Category, int]:
        """How many different values have been replaced so far, by category."""
        return {name: number for name, number in self._counted.items() if name != LITERAL}

    def mask(self, text: str) -> str:
        """The text with a placeholder for every value; JSON stays JSON, and `restore` gives the same text back."""
        parts: list[str] = []
        read = 0
        for piece in self._pieces(text):
            placeholder = self._placeholder(text[piece.start : piece.end], piece)
            parts += text[read : piece.start], f'"{placeholder}"' if piece.is_number else placeholder
            read = piece.end
        return "".join([*parts, text[read:]])

    def restore(self, text: str) -> str:
        """The text with the values back, also where a model wrote a placeholder a little differently.

        Arguments of a tool are better restored value by value: in JSON text a former number becomes one again.
        """
        parts: list[str] = []
        read = 0
        for found in placeholders(text):
            if (value := self._values.get(found.written)) is not None:
                quote = '"' if found.quoted and found.written not in self._numbers else ""
                parts += text[read : found.start], quote, value, quote
                read = found.end
        return "".join([*parts, text[read:]])

    def _pieces(self, text: str) -> list[_Piece]:
        """Literals, and the values beside them."""
        pieces = [
            _Piece(found.start + found.quoted, found.end - found.quoted, LITERAL, False) for found in placeholders(text)
        ]
        ends = [piece.end for piece in pieces]
        for value in self._values_of(text):
            after = bisect_right(ends, value.start)
            if after == len(ends) or pieces[after].start >= value.end:
                pieces.append(value)
        return sorted(pieces)

    def _values_of(self, text: str) -> list[_Piece]:
        spans = find(text, self._known)
        for span in spans:
            if number := numeral(text[span.start : span.end], span.category):
                self._known.setdefault(number, span.category)
        values = [_Piece(*span, False) for span in spans]
        return list(_whole_numbers(text, values)) if values and _is_json(text) else values

    def _placeholder(self, value: str, piece: _Piece) -> str:
        key = value, piece.is_number
        if key not in self._placeholders:
            self._counted[piece.name] += 1
            self._placeholders[key] = placeholder = write(piece.name, self._counted[piece.name])
            self._values[placeholder] = value
            if piece.is_number:
                self._numbers.add(placeholder)
        return self._placeholders[key]


def _is_json(text: str) -> bool:
    """Whether the text is an object or an array."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _whole_numbers(text: str, values: list[_Piece]) -> Iterator[_Piece]:
    """The values of a JSON text; one that stands outside its strings takes the number around it with it."""
    numbers = [found.span() for found in _STRING_OR_NUMBER.finditer(text) if found["number"]]
    starts = [start for start, _ in numbers]
    read = 0
    for value in values:
        before = bisect_right(starts, value.start) - 1
        if before < 0 or numbers[before][1] <= value.start:
            yield value
        elif numbers[before][0] >= read:
            yield _Piece(*numbers[before], value.name, True)
            read = numbers[before][1]
