"""Numerals as Korean writes them: digits, Sino-Korean (삼십), native (서른), ordinals, the old names of days."""

import re

_SINO = {"영": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "륙": 6, "칠": 7, "팔": 8, "구": 9}
_POWERS = {"십": 10, "백": 100, "천": 1000}
_ONES = {
    "하나": 1, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "한": 1, "두": 2, "둘": 2, "세": 3, "셋": 3,
    "석": 3, "네": 4, "넷": 4, "넉": 4,
}  # fmt: skip
_TENS = {"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80}
_DAY_NAMES = {
    "하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9,
}  # fmt: skip
DAYS = {
    "열흘": 10, "보름": 15, "스무날": 20, "스무 날": 20, **_DAY_NAMES,
    **{f"열{name}": 10 + count for name, count in _DAY_NAMES.items()},
    **{f"스무{name}": 20 + count for name, count in _DAY_NAMES.items()},
}  # fmt: skip
"""Names of days counted: 사흘, 열닷새, 스무하루."""

_DIGIT = "[일이삼사오육륙칠팔구]"
SINO = (
    rf"(?:{_DIGIT}?천(?:{_DIGIT}?백)?(?:{_DIGIT}?십)?{_DIGIT}?|{_DIGIT}?백(?:{_DIGIT}?십)?{_DIGIT}?"
    rf"|{_DIGIT}?십{_DIGIT}?|{_DIGIT})"
)
LONG_SINO = rf"(?:(?:{_DIGIT}?[백십])+{_DIGIT}?)"
ONE_SINO = "[영일이삼사오육칠팔구]"
NATIVE = rf"(?:(?:{'|'.join(_TENS)})(?:{'|'.join(_ONES)})?|{'|'.join(_ONES)})"
ORDINAL = (
    r"(?:마지막|(?:첫|둘|셋|넷|다섯|여섯)째\s?번?|첫(?=\s?[월화수목금토일주영평근])"
    r"|(?:첫|한|두|세|네|다섯|여섯|\d{1,2})\s?번\s?째)"
)

_TEN = re.compile("|".join(_TENS))
_FIRST = {"첫": 1, "마지막": -1}


def number(text: str) -> float:
    """The value of digits, a Sino-Korean or a native numeral.

    Raises:
        ValueError: it is none.
    """
    text = re.sub(r"\s", "", text)
    if text[:1].isdigit():
        return float(text)
    if all(letter in _SINO or letter in _POWERS for letter in text):
        return _sino(text)
    return _native(text)


def ordinal(text: str) -> int:
    """1 for 첫째 and 첫 번째, -1 for 마지막."""
    text = re.sub(r"\s|번|째", "", text)
    return _FIRST.get(text) or int(number(text))


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
