"""How a placeholder looks, as we write it and as models write it back."""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, get_args

from agent.privacy.spans import Category

LITERAL: Final = "표기"
"""The name for a text that looks like a placeholder where it stood: it is replaced too, so it comes back as it was."""
Name = Category | Literal["표기"]
_NAMES = frozenset((*get_args(Category), LITERAL))
_OPEN, _CLOSE, _SHARP = r"[\[［【〔]", r"[\]］】〕]", r"[#＃]"
_SYLLABLE = r"(?:[가-힣]|\\u[0-9a-fA-F]{4})"
_PLACEHOLDER = re.compile(
    rf'(?P<quote>")?{_OPEN} {{0,2}}(?P<name>{_SYLLABLE}{{2,6}}) {{0,2}}{_SHARP} {{0,2}}(?P<number>[0-9０-９]{{1,6}})'
    rf' {{0,2}}{_CLOSE}(?(quote)")'
)
"""With blanks, in full width, with other brackets, escaped in JSON, and with the quotes around it if there are both."""
_BEGINNING = re.compile(
    rf'(?:"|"?{_OPEN} {{0,2}}{_SYLLABLE}{{0,6}}(?:\\(?:u[0-9a-fA-F]{{0,3}})?)? {{0,2}}'
    rf"(?:{_SHARP} {{0,2}}[0-9０-９]{{0,6}} {{0,2}})?)\Z"
)
_LONGEST = 64
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


class Placeholder(NamedTuple):
    """A place in a text that reads as a placeholder."""

    start: int
    end: int
    written: str
    """As we write it, however it stands there."""
    quoted: bool
    """Whether the place includes a double quote on either side."""


def write(name: str, number: int) -> str:
    """The placeholder of the value with this number."""
    return f"[{name}#{number}]"


def placeholders(text: str) -> Iterator[Placeholder]:
    """All of a text, in order."""
    for found in _PLACEHOLDER.finditer(text):
        name = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), found["name"])
        if name in _NAMES:
            yield Placeholder(*found.span(), write(name, int(found["number"])), bool(found["quote"]))


def decided(text: str) -> int:
    """How much of the beginning of a stream cannot become part of a placeholder, whatever comes next."""
    settled = 0
    for found in _PLACEHOLDER.finditer(text):
        if found.end() == len(text) and not found["quote"] and text[settled : found.start()].endswith('"'):
            return found.start() - 1
        settled = found.end()
    beginning = _BEGINNING.search(text, max(settled, len(text) - _LONGEST))
    return beginning.start() if beginning else len(text)
