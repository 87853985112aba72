"""Cuts a text into passages on paragraph borders."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mcp_servers.search.extract import Extract, Part

_FULL, _LONGEST, _SHORT = 600, 800, 200
_BORDERS = (re.compile(r".*(?:[.!?。…]\s|\n)", re.DOTALL), re.compile(r".*\s", re.DOTALL))


@dataclass(frozen=True)
class Passage:
    text: str
    place: str
    offset: int
    """Where it begins in the whole text."""


def cut(extract: Extract) -> list[Passage]:
    """Passages of about 600 to 800 characters, in NFC; joined by line ends they are the whole text."""
    passages: list[Passage] = []
    offset = 0
    for group in _groups(extract):
        text = "\n".join(part.text for part in group)
        passages.append(Passage(text, group[0].place, offset))
        offset += len(text) + 1
    return passages


def whole(passages: list[Passage]) -> str:
    return "\n".join(passage.text for passage in passages)


def _groups(extract: Extract) -> Iterator[list[Part]]:
    group: list[Part] = []
    length = 0
    for part in _pieces(extract):
        full = length + len(part.text) > _LONGEST or length >= _FULL
        if group and (full or part.breaks or (part.heading and length >= _SHORT)):
            yield group
            group, length = [], 0
        group.append(part)
        length += len(part.text) + 1
    if group:
        yield group


def _pieces(extract: Extract) -> Iterator[Part]:
    for part in extract.parts:
        text, start = unicodedata.normalize("NFC", part.text).replace("\0", ""), 0
        while len(text) - start > _LONGEST:
            end = start + _border(text[start : start + _LONGEST])
            yield replace(part, text=text[start:end], breaks=part.breaks and start == 0)
            start = end
        if rest := text[start:]:
            yield replace(part, text=rest, breaks=part.breaks and start == 0)


def _border(window: str) -> int:
    """Where to cut a window that no paragraph ends in: behind its last sentence or word, not too early."""
    for border in _BORDERS:
        if (found := border.match(window)) and found.end() >= _LONGEST // 2:
            return found.end()
    return len(window)
