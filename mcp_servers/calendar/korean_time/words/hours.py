"""Times of day: clocks with and without 오전 or 오후."""

import re
from datetime import timedelta

from mcp_servers.calendar.korean_time.period import instant
from mcp_servers.calendar.korean_time.step import Clock, Fixed, Level
from mcp_servers.calendar.korean_time.words.numerals import SINO, number
from mcp_servers.calendar.korean_time.words.token import Invalid, Meaning, Pointer, rule, words

_PART = (
    r"(?:(?P<part>오전\s?오후|오전|오후|새벽녘|새벽|이른\s?아침|아침|점심|대낮|한낮|낮|늦은\s?저녁|초저녁|저녁|"
    r"오밤중|한밤중|한밤|늦은\s?밤|심야|밤|자정|정오|[AaPp]\.?[Mm]\.?)\s?)?"
)
_WORD = re.compile(r"새벽|아침|점심|낮|저녁|밤|심야|오전|오후|자정|정오|[AaPp]")
_NATIVE_HOUR = r"열\s?(?:한|두|세|네|다섯|여섯|일곱|여덟|아홉)|열|한|두|세|네|다섯|여섯|일곱|여덟|아홉"
_SINO_HOUR = r"이?십[일이삼사오육칠팔구]?"
# "3시 10분 전" is ten to three; "5시 30분 전에" is before half past five.
_NOT_TO = r"(?!(?:[0-2]?\d|이?십?[일이삼사오육칠팔구]?)\s?분\s?전(?:[에입이으부까의쯤]|\s|$|[.,]))"
_SECOND = rf"(?:\s?(?P<second>[0-5]?\d|{SINO})\s?초)?"
_MINUTE = rf"\s?{_NOT_TO}(?P<minute>[0-5]?\d|{SINO})\s?분(?!기|\s?(?:짜리|동안|간|만에)){_SECOND}"
_HALF = r"\s?(?P<half>반)(?!년|드시|[영환납품복대응찬장갑면짝지려값칙성팔])"
_REST = rf"(?:{_MINUTE}|{_HALF}|\s?(?P<only>[0-5]?\d)\s?초(?!간))?(?:\s?정각)?(?:\s?(?P<late>정오|자정))?"
# 한시 is also 限時: "한시 인하", "한시적으로".
_LIMITED = re.compile(
    r"한시(?!\s?(?:반|정각|\d|[일이삼사오]?십|[일이삼사오육칠팔구]\s?분|$)|에|까지|부터|쯤|경|로|이[고후전면]|[.,?!~])"
)


def hours_of(hour: int, part: str) -> tuple[int, ...]:
    """The hours that 1 to 12 may mean beside a word such as 저녁, counted past 24 into the next day; usual first."""
    found = _WORD.search(part)
    word = found.group().lower() if found else ""
    if hour > 12 or hour == 0:
        return (hour,)
    if not word:
        return (12, 24) if hour == 12 else (hour + 12, hour) if hour <= 6 else (hour, hour + 12)
    return (_hour_of(hour, word),)


def _hour_of(hour: int, word: str) -> int:
    twelve = hour % 12
    match word:
        case "오후" | "p" | "저녁":
            return twelve + 12
        case "점심" | "낮" | "정오":
            return hour if hour >= 9 else hour + 12
        case "밤" | "심야":
            return twelve + 12 if 6 <= hour < 12 else twelve + 24
    return twelve


def clock(hour: int, minute: int, second: int, part: str, grain: str, *, digital: bool = False) -> Clock | Invalid:
    """A clock; written with a leading zero it is one of 24 hours."""
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute + second):
        return Invalid()
    hours = (hour,) if digital and not part else hours_of(hour, part)
    options = (timedelta(hours=each, minutes=minute, seconds=second) for each in hours)
    return Clock(tuple(options), grain, of_day=not part and (digital or hour > 12))


def _spoken(match: re.Match[str]) -> Meaning:
    said = match.groupdict()
    seconds, minutes = said.get("second") or said.get("only"), said.get("minute")
    grain = "second" if seconds else "minute" if minutes or said.get("half") else "hour"
    minute = 30 if said.get("half") else int(number(minutes or "0"))
    part = said.get("part") or said.get("late") or ""
    second, digital = int(number(seconds or "0")), match["hour"].startswith("0")
    return clock(int(number(match["hour"])), minute, second, part, grain, digital=digital)


def _native(match: re.Match[str]) -> Meaning | None:
    return None if _LIMITED.match(match.string, match.start()) else _spoken(match)


def _digital(match: re.Match[str]) -> Meaning:
    part, seconds = match["part"] or match["late"] or "", match["second"]
    digital = match["hour"].startswith("0")
    grain = "second" if seconds else "minute"
    return clock(int(match["hour"]), int(match["minute"]), int(seconds or 0), part, grain, digital=digital)


def _english(match: re.Match[str]) -> Meaning | None:
    hour = int(match["hour"])
    return clock(hour, 0, 0, match["part"], "hour") if 1 <= hour <= 12 else None


def _number(match: re.Match[str]) -> Meaning:
    return clock(int(match["hour"]), 0, 0, match["part"] or "", "hour")


def _at(hours: int) -> Clock:
    return Clock((timedelta(hours=hours),), "hour")


_DIGITS = "0123456789"
_PARTS = "오아새이점대한낮초늦저밤심자정AaPp"

RULES = (
    rule(
        _DIGITS + _PARTS,
        rf"{_PART}(?P<hour>\d{{1,2}})\s?시(?!간|즌|리즈|대(?![\s로에])){_REST}",
        _spoken,
        whole=False,
    ),
    rule("한두세네다여일아열" + _PARTS, rf"{_PART}(?P<hour>{_NATIVE_HOUR})\s?시(?!간){_REST}", _native),
    rule("십이", rf"(?P<hour>{_SINO_HOUR})\s?시(?!간)(?:{_MINUTE}|{_HALF})?", _spoken),
    rule("일이삼사오육칠팔구", rf"(?P<hour>[일이삼사오육칠팔구])\s?시{_MINUTE}", _spoken),
    rule(
        _DIGITS + _PARTS,
        rf"{_PART}(?P<hour>\d{{1,2}})\s?:\s?(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?(?![\d:])"
        r"(?:\s?(?P<late>[AaPp]\.?[Mm]\.?)(?![A-Za-z]))?",
        _digital,
        whole=False,
    ),
    rule(_DIGITS, r"(?P<hour>\d{1,2})\s?(?P<part>[AaPp]\.?[Mm]\.?)(?![A-Za-z])", _english, whole=False),
    rule(
        _DIGITS + _PARTS,
        rf"{_PART}(?P<hour>\d{{1,2}})"
        r"(?=\s?(?:부터|에서|~|-)\s?(?:오전|오후|새벽|아침|낮|저녁|밤)?\s?\d{1,2}\s?시(?!간))",
        _number,
        whole=False,
    ),
    rule(
        "이",
        rf"이따가?(?=\s?(?:오전|오후|점심|저녁|밤|\d{{1,2}}\s?[시:]|(?:{_NATIVE_HOUR})\s?시))",
        Pointer("coming"),
    ),
    words({
        "자정": _at(24), "정오|한낮": _at(12), "오전_중간": _at(10), "오후_중간": _at(14),
        "지금|현재|방금|이따|이따가|지금_이_시각|지금_이_순간": Fixed(Level.CLOCK, instant),
    }),
)  # fmt: skip
