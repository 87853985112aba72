"""Months and their parts: 초, 중순, 말; the first and the last day of a longer stretch."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from math import ceil, floor

from mcp_servers.calendar.korean_time.period import DAY, Period, days, in_month, one_day, unit_at
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level
from mcp_servers.calendar.korean_time.words.numerals import DAYS, number, ordinal
from mcp_servers.calendar.korean_time.words.token import Invalid, Meaning, rule, words

_SINO_MONTH = "(?:십이|십일|십|시|일|이|삼|사|오|육|유|칠|팔|구)"
MONTH = rf"(?:1[0-2]|0?[1-9]|{_SINO_MONTH})"
_SHORT = {"유": 6, "시": 10}
_NO_DAY = r"(?!\s?(?:\d{1,2}|삼?십)\s?일)"
# 이월 is also 移越 and 오월 an old state.
_IN_IT = re.compile(r"에|까지|부터|[초말]|\s?[중하상]순|의\s|\s?(?:첫|둘|셋|넷|마지막)")


def month_number(text: str) -> int:
    """1 to 12, also for the irregular 유월 and 시월."""
    return _SHORT.get(text) or int(number(text))


def month_step(month: int) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        first = datetime(outer.start.year, month, 1)
        if not outer.start <= first < outer.end:
            first = datetime(outer.start.year + 1, month, 1)
        if outer.start <= first < outer.end:
            yield unit_at("month", first)

    return Cyclic(Level.MONTH, "year", within, rule=f"FREQ=YEARLY;BYMONTH={month}")


def relative_month(ahead: int) -> Fixed:
    return Fixed(Level.MONTH, lambda now: unit_at("month", now, ahead))


def _part(year: tuple[float, float], month: tuple[int, int], week: tuple[int, int], cycle: str = "month") -> Cyclic:
    """A part of a year (as shares of it), of a month (first day and day behind, 0 for its end) or of a week."""

    def within(outer: Period) -> Iterator[Period]:
        if outer.grain == "week":
            yield days(unit_at("day", outer.start, week[0]).start, week[1] - week[0])
        elif outer.grain == "month":
            yield Period(in_month(outer, month[0]), in_month(outer, month[1]) if month[1] else outer.end, "day")
        else:
            months = (outer.end.year - outer.start.year) * 12 + outer.end.month - outer.start.month
            first, last = floor(round(year[0] * months, 6)), ceil(round(year[1] * months, 6))
            yield Period(unit_at("month", outer.start, first).start, unit_at("month", outer.start, last).start, "month")

    return Cyclic(Level.PART_OF_WEEK, cycle, within)


_EARLY = _part((0, 1 / 6), (1, 11), (0, 2))
_MIDDLE = _part((1 / 3, 2 / 3), (11, 21), (2, 4))
_LATE = _part((11 / 12, 1), (21, 0), (4, 7))
_FIRST_HALF = _part((0, 1 / 2), (1, 16), (0, 3))
_SECOND_HALF = _part((1 / 2, 1), (16, 0), (3, 7))
_TO_MIDDLE = _part((0, 2 / 3), (1, 21), (0, 4))
_FROM_MIDDLE = _part((1 / 3, 1), (11, 0), (2, 7))
_EARLY_IN_WEEK = _part((0, 1 / 6), (1, 11), (0, 2), cycle="week")


def _edge(take: Callable[[Period], datetime], day: int) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        yield one_day(take(outer))

    return Cyclic(Level.DAY, "month", within, rule=f"FREQ=MONTHLY;BYMONTHDAY={day}")


def _nth_day(match: re.Match[str]) -> Meaning:
    """ "연휴 이틀째", "여행 둘째 날"."""
    word = re.sub(r"째|\s|날", "", match["day"])
    count = DAYS.get(word) or ordinal(word)

    def within(outer: Period) -> Iterator[Period]:
        day = one_day(outer.start + (count - 1) * DAY)
        if day.end <= outer.end:
            yield day

    return Cyclic(Level.DAY, "month", within)


_LAST_DAY = _edge(lambda outer: unit_at("day", outer.end, -1).start, -1)
_FIRST_DAY = _edge(lambda outer: outer.start, 1)


def _month(match: re.Match[str]) -> Meaning:
    return month_step(month_number(match["month"]))


def _spelled(match: re.Match[str]) -> Meaning | None:
    if match["month"] in "이오" and not _IN_IT.match(match.string, match.end()):
        return None
    return _month(match)


def _year_month(match: re.Match[str]) -> Meaning:
    first = datetime(int(match["year"]), int(match["month"]), 1)
    return Fixed(Level.MONTH, lambda now: unit_at("month", first), explicit=True)


_BEHIND = r"(?=[\s에까부인의은쯤께경이.,~]|$)"

RULES = (
    words({
        "이번_달|이_달|금월|당월|금_달|같은_달|그_달|이번_월": relative_month(0),
        "다음_달|담_달|내달|익월|차월|다음_월|오는_달|다가오는_달|새_달": relative_month(1),
        "다다음_달|다음다음_달|다담달|익익월": relative_month(2),
        "다다다음_달": relative_month(3),
        "지난_달|저번_달|전월|지난_월": relative_month(-1),
        "지지난_달|저저번_달|전전달|전전월": relative_month(-2),
        "지지지난_달|저저저번_달|전전전월": relative_month(-3),
        "월초|월_초": _EARLY,
        "월말": _LATE,
        "주_초": _EARLY_IN_WEEK,
        "말일|마지막_날|그믐날": _LAST_DAY,
    }),
    # 전달 is also 傳達.
    rule("전", r"전달(?=\s?대비|보다|\s?\d{1,2}\s?일|의\s|에\s?비해|$)", relative_month(-1), whole=False),
    rule(
        "123456789",
        rf"(?P<month>1[0-2]|[1-9])\s?월(?:달|\s?한\s?달(?:간|\s?동안|\s?내내)?)?{_NO_DAY}(?!요일|욜|급|세|계|경|화|호)",
        _month,
        whole=False,
    ),
    rule("0", rf"(?P<month>0[1-9])\s?월{_NO_DAY}", _month, whole=False),
    rule("십시일이삼사오육유칠팔구", rf"(?P<month>{_SINO_MONTH})월(?:달)?{_NO_DAY}", _spelled),
    rule("12", r"(?P<year>(?:19|20)\d{2})\s?[-/.]\s?(?P<month>0[1-9]|1[0-2])(?![-/.]?\s?\d)", _year_month, whole=False),
    rule("01234567890", r"(?P<month>1[0-2]|0?[1-9])(?=\s?[~-]\s?(?:1[0-2]|[1-9])\s?월(?!\s?\d))", _month, whole=False),
    rule("123456789", r"(?:1[3-9]|[2-9]\d)\s?월", Invalid(), whole=False),
    rule("초", rf"초(?:순|엽)?{_BEHIND}", _EARLY, after=Level.WEEK),
    rule("상", r"상순", _EARLY, after=Level.MONTH),
    rule("초전", r"(?:초반|전반(?!기|전))", _FIRST_HALF, after=Level.WEEK),
    rule("중", r"중(?:순|반|엽)(?:께|경)?", _MIDDLE, after=Level.WEEK),
    rule("말하", rf"(?:말|하순){_BEHIND}", _LATE, after=Level.WEEK),
    rule("후", r"후반(?!기|전)", _SECOND_HALF, after=Level.WEEK),
    rule("초", r"초\s?중순", _TO_MIDDLE, after=Level.MONTH),
    rule("중", r"중\s?하순", _FROM_MIDDLE, after=Level.MONTH),
    rule("첫", r"첫(?:째)?\s?날", _FIRST_DAY, after=Level.PART_OF_WEEK),
    rule(
        "둘셋넷다이사나닷",
        r"(?P<day>(?:둘|셋|넷|다섯)째\s?날|(?:이틀|사흘|나흘|닷새)째)",
        _nth_day,
        after=Level.PART_OF_WEEK,
    ),
)  # fmt: skip
