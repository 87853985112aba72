"""Korean numerals below a thousand."""

import re

_SINO = {"일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9}
_ONES = {
    "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "석": 3, "네": 4, "넷": 4, "넉": 4,
    "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip
_TENS = {"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60}

DIGITS = r"\d{1,4}(?:\.\d+)?"
SINO = r"(?:[이삼사오육칠팔구]?백)?(?:[이삼사오육칠팔구]?십)?[일이삼사오육칠팔구]?(?<=[가-힣])"
NATIVE = rf"(?:(?:{'|'.join(_TENS)})(?:{'|'.join(_ONES)})?|(?:{'|'.join(sorted(_ONES, key=len, reverse=True))}))"

_TEN = re.compile("|".join(_TENS))


def number(text: str) -> float | None:
    """The value of digits, a Sino-Korean or a native numeral."""
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if text and re.fullmatch(SINO, text):
        return _sino(text)
    return _native(text)


def _sino(text: str) -> int:
    total, digit = 0, 0
    for char in text:
        if char in "백십":
            total += (digit or 1) * (100 if char == "백" else 10)
            digit = 0
        else:
            digit = _SINO[char]
    return total + digit


def _native(text: str) -> int | None:
    tens = _TEN.match(text)
    rest = text[tens.end() :] if tens else text
    if not rest:
        return _TENS[tens.group()] if tens else None
    if rest not in _ONES:
        return None
    return (_TENS[tens.group()] if tens else 0) + _ONES[rest]
