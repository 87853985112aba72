"""Weeks, weekends and weekdays, also counted inside a month or a year: 둘째 주 목요일, 마지막 금요일."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.business import is_business_day
from mcp_servers.calendar.korean_time.numerals import ORDINAL, ordinal
from mcp_servers.calendar.korean_time.period import Period, days, one_day, unit_at
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level, Shift
from mcp_servers.calendar.korean_time.token import Meaning, Rule, Weekdays, words

LETTERS = "월화수목금토일"
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKS = 7


def relative_week(ahead: int) -> Fixed:
    return Fixed(Level.WEEK, lambda now: unit_at("week", now, ahead))


def _relative_weekend(ahead: int) -> Fixed:
    return Fixed(Level.PART_OF_WEEK, lambda now: days(unit_at("week", now, ahead).start + timedelta(days=5), 2))


def weekday_step(weekday: int) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        if outer.grain == "day" and outer.end - outer.start <= timedelta(days=1):
            if outer.start.weekday() == weekday:
                yield outer
            return
        yield from (one_day(day) for day in list(_matching(outer, weekday))[:1])

    return Cyclic(Level.DAY, "week", within, f"FREQ=WEEKLY;BYDAY={CODES[weekday]}", weekday, strict=True)


def _matching(outer: Period, weekday: int) -> Iterator[datetime]:
    day = outer.start + timedelta(days=(weekday - outer.start.weekday()) % 7)
    while day < outer.end:
        yield day
        day += timedelta(days=7)


def week_part(first: int, count: int) -> Cyclic:
    """The same days of a week, such as the weekend."""

    def within(outer: Period) -> Iterator[Period]:
        week = unit_at("week", outer.start)
        yield days(week.start + timedelta(days=first), count)

    return Cyclic(Level.PART_OF_WEEK, "week", within)


def nth_week(order: int) -> Cyclic:
    """The week of a month or year: the row of the calendar that holds its first day is the first.

    The other reading is KS X ISO 8601's: a week belongs to the month that holds its Thursday.
    """

    def within(outer: Period) -> Iterator[Period]:
        row = unit_at("week", outer.start if order > 0 else unit_at("day", outer.end, -1).start)
        thursday = row.start + timedelta(days=3)
        inside = outer.start <= thursday < outer.end
        by_thursday = 0 if inside else (1 if order > 0 else -1)
        for shift in dict.fromkeys((by_thursday, 0) if outer.grain == "year" else (0, by_thursday)):
            week = unit_at("week", row.start, shift + (order - 1 if order > 0 else order + 1))
            if week.start < outer.end and week.end > outer.start:
                yield week

    return Cyclic(Level.WEEK, "month", within)


def nth_weekday(order: int, weekday: int) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        found = list(_matching(outer, weekday))
        if outer.grain in ("year", "half") and order not in (1, -1):
            return
        if outer.grain == "week" or not -len(found) <= order <= len(found):
            return
        yield one_day(found[order - 1 if order > 0 else order])

    return Cyclic(Level.DAY, "month", within, f"FREQ=MONTHLY;BYDAY={order}{CODES[weekday]}")


def _weekday_of_nth_week(order: int, weekday: int) -> Cyclic:
    """ "둘째 주 목요일": of that week, or the second Thursday, which is what a recurrence means."""
    week, day, counted = nth_week(order), weekday_step(weekday), nth_weekday(order, weekday)

    def within(outer: Period) -> Iterator[Period]:
        weeks = week.within(outer)
        found = [inner for outer_week in weeks for inner in day.within(outer_week)]
        yield from dict.fromkeys([*found, *counted.within(outer)])

    return Cyclic(Level.DAY, "month", within, counted.rule, series=counted)


def _nth_weekend(order: int) -> Cyclic:
    saturday = nth_weekday(order, 5)

    def within(outer: Period) -> Iterator[Period]:
        yield from (days(day.start, 2) for day in saturday.within(outer))

    return Cyclic(Level.PART_OF_WEEK, "month", within)


def nth_business_day(order: int) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        found = [day for day in outer.days if is_business_day(day)]
        if found and -len(found) <= order <= len(found):
            yield one_day(found[order - 1 if order > 0 else order])

    rule = f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={order}"
    return Cyclic(Level.DAY, "month", within, rule)


def week_of_year(week: int) -> Cyclic | None:
    """The ISO week of a year."""
    if not 1 <= week <= 53:
        return None

    def within(outer: Period) -> Iterator[Period]:
        first = unit_at("week", datetime(outer.start.year, 1, 4))
        yield unit_at("week", first.start, week - 1)

    return Cyclic(Level.WEEK, "year", within)


def _counted(match: re.Match[str]) -> Meaning | None:
    order = ordinal(match["order"])
    if letter := match["weekday"]:
        if not 1 <= order <= 5 and order != -1:
            return None
        weekday = LETTERS.index(letter)
        return _weekday_of_nth_week(order, weekday) if match["week"] else nth_weekday(order, weekday)
    if match["weekend"]:
        return _nth_weekend(order)
    if match["business"]:
        return nth_business_day(order)
    return nth_week(order) if order == -1 or 1 <= order <= 6 else week_of_year(order)


def _business_day(match: re.Match[str]) -> Meaning | None:
    if match["way"] == match.group()[0] == "첫":
        return None
    return Shift(Amount(((1, "BD"),)), -1 if "전" in match["way"] else 1)


def _run(match: re.Match[str]) -> Meaning | None:
    first, last = LETTERS.index(match["first"]), LETTERS.index(match["last"])
    return Weekdays(tuple(range(first, last + 1)), sure=True) if first < last else None


def _series(match: re.Match[str]) -> Meaning | None:
    indexes = [LETTERS.index(letter) for letter in match.group() if letter in LETTERS]
    if indexes != sorted(set(indexes)):
        return None
    joined = len(indexes) > 1 and not re.search(r"[\s,]", match.group())
    return Weekdays(
        tuple(indexes),
        joined and (len(indexes) > 2 or match.group() in ("월수", "화목", "토일", "월금", "월목", "화금", "수금")),
    )


_DAY_OF_IT = r"[월화수목금토일](?:요일|욜)"

RULES = (
    words({
        "이번_주|이 주|같은_주|그_주": relative_week(0),
        "다음_주|담_주|익주|오는_주|다가오는_주|새_주": relative_week(1),
        "다다음_주|다음다음_주|다담_주|차차주": relative_week(2),
        "다다다음_주|다다담주": relative_week(3),
        "지난_주|저번_주": relative_week(-1),
        "지지난_주|저저번_주|전전주|지지난번_주": relative_week(-2),
        "지지지난_주|저저저번_주|전전전주": relative_week(-3),
        "이번_주말|그_주말|이_주말|오는_주말|다가오는_주말|돌아오는_주말": _relative_weekend(0),
        "다음_주말|담_주말": _relative_weekend(1),
        "다다음_주말": _relative_weekend(2),
        "지난_주말|저번_주말": _relative_weekend(-1),
        "지지난_주말": _relative_weekend(-2),
        "주말": week_part(5, 2),
        "주중|평일": week_part(0, 5),
    }),
    # 금주 is also 禁酒, 차주 a borrower, 내주다 a verb and 전주 a city.
    Rule("금차내", re.compile(rf"(?P<week>금주|차주|내주)(?=\s(?!의)|에|중|까지|부터|초|말|{_DAY_OF_IT}|$)"),
         lambda match: relative_week(0 if match["week"] == "금주" else 1), whole=False),
    Rule("전", re.compile(rf"전주(?=\s?(?:대비|{_DAY_OF_IT}|말)|보다)"), lambda match: relative_week(-1), whole=False),
    Rule("다익직전끝지이후뒤", re.compile(r"(?:(?:끝나고|지나고|이후|후|뒤|다음)\s?)?(?P<way>다음|익|직전|전|첫)\s?(?:영업일|근무일)"), _business_day),
    Rule("월화수목금토일", re.compile(r"[월화수목금토일](?:요일|욜)(?:날)?"), lambda match: weekday_step(LETTERS.index(match.group()[0]))),
    Rule("마첫둘셋넷다여한두세네123456789",
         re.compile(rf"(?P<order>{ORDINAL})\s?(?:(?P<week>주\s?)?(?P<weekday>[월화수목금토일])(?:요일|욜)|(?P<weekend>주말)|(?P<business>영업일|평일|근무일)|주(?!말|년|째))"),
         _counted),
    Rule("월화수목금토일", re.compile(r"(?P<first>[월화수목금토일])(?:요일|욜)?\s?[~-]\s?(?P<last>[월화수목금토일])(?:요일|욜)?"), _run),
    Rule("월화수목금토일", re.compile(r"[월화수목금토일](?:\s?[,·/]?\s?[월화수목금토일](?!요일|욜)){0,6}(?:요일|욜)?(?![요욜])"), _series),
)  # fmt: skip
