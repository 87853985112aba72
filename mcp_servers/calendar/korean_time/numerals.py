"""Numerals as Korean text writes them: digits, Sino-Korean (삼십) and native (서른), and the ordinals 첫째, 둘째."""

import re

_SINO = {"영": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "륙": 6, "칠": 7, "팔": 8, "구": 9}
_POWERS = {"십": 10, "백": 100, "천": 1000}
_ONES = {
    "하나": 1, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "한": 1, "두": 2, "둘": 2, "세": 3, "셋": 3,
    "석": 3, "네": 4, "넷": 4, "넉": 4,
}  # fmt: skip
_TENS = {"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80}
_ORDINALS = {"첫째": 1, "첫": 1, "둘째": 2, "셋째": 3, "넷째": 4, "다섯째": 5, "여섯째": 6, "마지막": -1, "끝": -1}

_DIGIT = "[일이삼사오육륙칠팔구]"
DIGITS = r"\d{1,4}"
SINO = (
    rf"(?:{_DIGIT}?천(?:{_DIGIT}?백)?(?:{_DIGIT}?십)?{_DIGIT}?|{_DIGIT}?백(?:{_DIGIT}?십)?{_DIGIT}?"
    rf"|{_DIGIT}?십{_DIGIT}?|{_DIGIT})"
)
ONE_SINO = "[영일이삼사오육칠팔구]"
NATIVE = rf"(?:(?:{'|'.join(_TENS)})(?:{'|'.join(_ONES)})?|{'|'.join(_ONES)})"
ORDINAL = r"(?:마지막|(?:첫|둘|셋|넷|다섯|여섯)째\s?번?|첫(?=\s?[월화수목금토일주영평])|(?:첫|한|두|세|네|다섯|여섯|\d{1,2})\s?번\s?째)"

_TEN = re.compile("|".join(_TENS))


def number(text: str) -> float:
    """The value of digits, a Sino-Korean or a native numeral.

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    if text[:1].isdigit():
        return float(text)
    if all(letter in _SINO or letter in _POWERS for letter in text):
        return _sino(text)
    return _native(text)


def ordinal(text: str) -> int:
    """1 for 첫째 and 첫 번째, -1 for 마지막."""
    text = re.sub(r"\s|번|째", "", text)
    if text[:1].isdigit():
        return int(text)
    return next((n for word, n in _ORDINALS.items() if word.rstrip("째") == text), 0) or int(_native(text))


def _sino(text: str) -> int:
    total, digit = 0, 0
    for letter in text:
        if power := _POWERS.get(letter):
            total += (digit or 1) * power
            digit = 0
        else:
            digit = _SINO[letter]
    return total + digit


def _native(text: str) -> int:
    tens = _TEN.match(text)
    rest = text[tens.end() :] if tens else text
    if rest and rest not in _ONES:
        raise ValueError(text)
    return (_TENS[tens.group()] if tens else 0) + (_ONES[rest] if rest else 0)
