"""The text as recognisers read it: one width, one dash, digits for spoken digits, no escapes, and the way back."""

import re
from bisect import bisect_right

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣⁃ㅡーｰ"), ord("-"))
_DOTS = dict.fromkeys(map(ord, "ㆍ･•∙"), ord("·"))
_SPACES = dict.fromkeys([*range(0x2000, 0x200E), 0xA0, 0xAD, 0x2060, 0x3000, 0xFEFF], ord(" "))
"""Zero-width characters too: they stand in numbers that were copied from web pages."""
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_FULL_WIDTH_LOWER = {code: code - 0xFEC0 for code in range(0xFF21, 0xFF3B)}
_TABLE = {**_FULL_WIDTH, **_DASHES, **_DOTS, **_SPACES, **_LOWER, **_FULL_WIDTH_LOWER}
_ESCAPE = re.compile(r'\\(?:u(?P<code>[0-9a-fA-F]{4})|(?P<letter>["/bfnrt\\]))')
_LETTERS = dict(zip('"/bfnrt\\', '"/\b\f\n\r\t\\', strict=True))

_DIGIT_WORDS = str.maketrans("공영일이삼사오육륙칠팔구", "001234566789")
_WORD = "[공영일이삼사오육륙칠팔구]"
_HYPHEN_WORD = re.compile(r"하이픈|다시|대시|[에의]")
_SPOKEN = re.compile(
    rf"(?<![가-힣])(?:[0-9]{{3,6}}|[0공영][1일][0-9공영일육칠팔구]|{_WORD}{{6}}|{_WORD}{{3,4}})"
    rf"(?:(?:[ ,-]{{1,2}}|[에의] ?| ?(?:다시|하이픈|대시) ?)(?:[0-9]{{2,8}}|{_WORD}{{6,7}}|{_WORD}{{2,4}})){{1,3}}"
)


class Folded:
    """`text` in which every character stands for one character, or one JSON escape, of the original."""

    def __init__(self, original: str) -> None:
        self._ends: list[int] = []
        self._shifts: list[int] = []
        if "\\" in original:
            original = self._without_escapes(original)
        self.text = _SPOKEN.sub(_as_digits, original.translate(_TABLE))

    def origin(self, position: int) -> int:
        """Where a position of `text` lies in the original."""
        before = bisect_right(self._ends, position)
        return position + self._shifts[before - 1] if before else position

    def _without_escapes(self, original: str) -> str:
        pieces: list[str] = []
        read = shift = 0
        for escape in _ESCAPE.finditer(original):
            pieces += original[read : escape.start()], _character(escape)
            read = escape.end()
            shift += len(escape[0]) - 1
            self._ends.append(read - shift)
            self._shifts.append(shift)
        return "".join([*pieces, original[read:]])


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape["code"], 16)) if escape["code"] else _LETTERS[escape["letter"]]


def _as_digits(spoken: re.Match[str]) -> str:
    """Of the same length: "공일공에 일이삼사" is "010- 1234"."""
    return _HYPHEN_WORD.sub(lambda word: "-".ljust(len(word[0])), spoken[0]).translate(_DIGIT_WORDS)
