"""Months and their parts: 초, 중순, 말, 상순; the last and the first day of a longer stretch."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from mcp_servers.calendar.korean_time.numerals import number
from mcp_servers.calendar.korean_time.period import Period, days, in_month, one_day, unit_at
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level
from mcp_servers.calendar.korean_time.token import Invalid, Meaning, Rule, words

MONTH = r"(?:1[0-2]|0?[1-9]|십이|십일|십|시|일|이|삼|사|오|육|유|칠|팔|구)"
_SHORT = {"유": 6, "시": 10}


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


def _part(first: float, last: float, month_days: tuple[int, int], week_days: tuple[int, int]) -> Cyclic:
    """A part of a year (as shares of it), of a month (as days, 0 for its end) or of a week (as weekdays)."""

    def within(outer: Period) -> Iterator[Period]:
        if outer.grain == "week":
            yield days(unit_at("day", outer.start, week_days[0]).start, week_days[1] - week_days[0])
        elif outer.grain == "month":
            end = in_month(outer, month_days[1]) if month_days[1] else outer.end
            yield Period(in_month(outer, month_days[0]), end, "day")
        elif outer.grain in ("year", "half", "quarter", "decade"):
            start, span = outer.start, (outer.end.year - outer.start.year) * 12 + outer.end.month - outer.start.month
            begin = unit_at("month", start, round(first * span)).start
            yield Period(begin, unit_at("month", start, round(last * span)).start, "month")

    return Cyclic(Level.PART_OF_WEEK, "month", within)


_EARLY = _part(0, 1 / 6, (1, 11), (0, 2))
_MIDDLE = _part(1 / 3, 2 / 3, (11, 21), (2, 4))
_LATE = _part(11 / 12, 1, (21, 0), (4, 7))
_FIRST_HALF = _part(0, 1 / 2, (1, 16), (0, 3))
_SECOND_HALF = _part(1 / 2, 1, (16, 0), (3, 7))


def _edge(take: Callable[[Period], datetime], rule: str = "") -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        yield one_day(take(outer))

    return Cyclic(Level.DAY, "month", within, rule=rule)


_LAST_DAY = _edge(lambda outer: unit_at("day", outer.end, -1).start, "FREQ=MONTHLY;BYMONTHDAY=-1")
_FIRST_DAY = _edge(lambda outer: outer.start, "FREQ=MONTHLY;BYMONTHDAY=1")


def _month(match: re.Match[str]) -> Meaning:
    month = month_number(match["month"])
    return month_step(month) if 1 <= month <= 12 else Invalid()


def _bad_month(match: re.Match[str]) -> Meaning:
    return Invalid()


RULES = (
    words({
        "이번_달|이_달|이달|금월|당월|금_달|같은_달|그_달|이번_월": relative_month(0),
        "다음_달|담_달|내달|익월|차월|다음_월|오는_달|다가오는_달|새_달": relative_month(1),
        "다다음_달|다음다음_달|다담달|익익월": relative_month(2),
        "다다다음_달": relative_month(3),
        "지난_달|저번_달|전월|지난_월": relative_month(-1),
        "지지난_달|저저번_달|전전달|전전월": relative_month(-2),
        "지지지난_달|저저저번_달|전전전월": relative_month(-3),
        "월초|월_초": Cyclic(Level.PART_OF_WEEK, "month", _EARLY.within),
        "월말": Cyclic(Level.PART_OF_WEEK, "month", _LATE.within),
        "주_초": Cyclic(Level.PART_OF_WEEK, "week", _EARLY.within),
        "말일|마지막_날|그믐날": _LAST_DAY,
    }),
    # 전달 is also 傳達.
    Rule("전", re.compile(r"전달(?=\s?대비|보다|\s?\d{1,2}\s?일|의\s|에\s?비해)"), lambda match: relative_month(-1), whole=False),
    Rule("전", re.compile(r"전달(?!\S|\s)"), lambda match: relative_month(-1), whole=False),
    Rule("1234567890십시일이삼사오육유칠팔구", re.compile(rf"(?P<month>{MONTH})\s?월(?:달)?(?!\s?(?:\d{{1,2}}|삼?십)\s?일)(?!요일|욜|급|세|계|경|화)"),
         _month, whole=False),
    Rule("01234567890", re.compile(r"(?P<month>1[0-2]|0?[1-9])(?=\s?[~-]\s?(?:1[0-2]|[1-9])\s?월(?!\s?\d))"), _month, whole=False),
    Rule("123456789", re.compile(r"(?:1[3-9]|[2-9]\d)\s?월"), _bad_month, whole=False),
    Rule("초", re.compile(r"초(?:순|반|엽)?(?=[\s에까부인의은쯤께.,~]|$)"), lambda match: _FIRST_HALF if "반" in match.group() else _EARLY, after=Level.WEEK),
    Rule("상", re.compile(r"상순"), lambda match: _EARLY, after=Level.MONTH),
    Rule("중", re.compile(r"중(?:순|반|엽)(?:께|경)?"), lambda match: _MIDDLE, after=Level.WEEK),
    Rule("말하", re.compile(r"(?:말|하순)(?=[\s에까부인의은쯤께경.,~이]|$)"), lambda match: _LATE, after=Level.WEEK),
    Rule("후", re.compile(r"후반(?!기|전)"), lambda match: _SECOND_HALF, after=Level.WEEK),
    Rule("전", re.compile(r"전반(?!기|전)"), lambda match: _FIRST_HALF, after=Level.WEEK),
    Rule("첫", re.compile(r"첫\s?날"), lambda match: _FIRST_DAY, after=Level.WEEK),
)  # fmt: skip
