"""Weeks, weekends and weekdays, also counted inside a month or a year: 둘째 주 목요일, 마지막 금요일, 첫 영업일."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from mcp_servers.calendar.holiday import is_working_day
from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.period import DAY, Period, days, one_day, unit_at
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level, Shift
from mcp_servers.calendar.korean_time.words.numerals import ORDINAL, ordinal
from mcp_servers.calendar.korean_time.words.token import Meaning, Weekdays, rule, words

LETTERS = "월화수목금토일"
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_YEAR = 366
_PAIRS = ("월수", "월목", "월금", "화목", "화금", "수금", "토일")
"""Two weekdays in one word that are no other word ("수목" are trees)."""


def relative_week(ahead: int) -> Fixed:
    def within(outer: Period) -> Iterator[Period]:
        yield unit_at("week", outer.start, ahead)

    moved = Cyclic(Level.WEEK, "year", within) if ahead else None
    return Fixed(Level.WEEK, lambda now: unit_at("week", now, ahead), moved=moved)


def week_around() -> Cyclic:
    """The week that holds a day: "2주 뒤 월요일" is of the week in two weeks."""

    def within(outer: Period) -> Iterator[Period]:
        yield unit_at("week", outer.start)

    return Cyclic(Level.WEEK, "week", within)


def week_part(first: int, count: int, *, strict: bool = False) -> Cyclic:
    """The same days of each week, such as the weekend."""

    def within(outer: Period) -> Iterator[Period]:
        yield days(unit_at("week", outer.start).start + first * DAY, count)

    return Cyclic(Level.PART_OF_WEEK, "week", within, strict=strict)


def weekday_step(weekday: int) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        day = _first(outer, weekday)
        if day < outer.end:
            yield one_day(day)

    return Cyclic(Level.DAY, "week", within, f"FREQ=WEEKLY;BYDAY={CODES[weekday]}", weekday, strict=True)


def nth_week(order: int) -> Cyclic:
    """The week of a month or year: the row of the calendar that holds its first day is the first.

    The other reading, the usual one for years, is KS X ISO 8601's: a week belongs to what holds its Thursday.
    """

    def within(outer: Period) -> Iterator[Period]:
        row = unit_at("week", outer.start if order > 0 else outer.end - DAY)
        inside = outer.start <= row.start + 3 * DAY < outer.end
        by_thursday = 0 if inside else (1 if order > 0 else -1)
        for shift in dict.fromkeys((by_thursday, 0) if outer.grain == "year" else (0, by_thursday)):
            week = unit_at("week", row.start, shift + (order - 1 if order > 0 else order + 1))
            if week.start < outer.end and week.end > outer.start:
                yield week

    return Cyclic(Level.WEEK, "month", within)


def nth_weekday(order: int, weekday: int) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        if outer.grain != "month" and (order not in (1, -1) or outer.grain == "week"):
            return
        found = _matching(outer, weekday)
        if -len(found) <= order <= len(found):
            yield one_day(found[order - 1 if order > 0 else order])

    return Cyclic(Level.DAY, "month", within, f"FREQ=MONTHLY;BYDAY={order}{CODES[weekday]}")


def week_of_year(week: int) -> Cyclic | None:
    """The ISO week of a year."""
    if not 1 <= week <= 53:
        return None

    def within(outer: Period) -> Iterator[Period]:
        yield unit_at("week", datetime(outer.start.year, 1, 4), week - 1)

    return Cyclic(Level.WEEK, "year", within)


def _first(outer: Period, weekday: int) -> datetime:
    return outer.start + (weekday - outer.start.weekday()) % 7 * DAY


def _matching(outer: Period, weekday: int) -> list[datetime]:
    first = _first(outer, weekday)
    count = -((first - outer.end) // timedelta(days=7)) if first < outer.end else 0
    return [first + 7 * index * DAY for index in range(count)]


def _weekday_of_nth_week(order: int, weekday: int) -> Cyclic:
    """ "둘째 주 목요일": of that week, or the second Thursday, which is what a recurrence means."""
    week, day, counted = nth_week(order), weekday_step(weekday), nth_weekday(order, weekday)

    def within(outer: Period) -> Iterator[Period]:
        found = [inner for outer_week in week.within(outer) for inner in day.within(outer_week)]
        yield from dict.fromkeys([*found, *counted.within(outer)])

    return Cyclic(Level.DAY, "month", within, counted.rule, series=counted)


def _nth_weekend(order: int) -> Cyclic:
    saturday = nth_weekday(order, 5)

    def within(outer: Period) -> Iterator[Period]:
        yield from (days(day.start, 2) for day in saturday.within(outer))

    return Cyclic(Level.PART_OF_WEEK, "month", within)


def _nth_business_day(order: int) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        short = outer.end - outer.start <= timedelta(days=_YEAR)
        found = [day for day in outer.days if is_working_day(day)] if short else []
        if -len(found) <= order <= len(found):
            yield one_day(found[order - 1 if order > 0 else order])

    return Cyclic(Level.DAY, "month", within, f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={order}")


def _relative_weekend(ahead: int) -> Fixed:
    def at(now: datetime) -> Period:
        return days(unit_at("week", now, ahead).start + 5 * DAY, 2)

    return Fixed(Level.PART_OF_WEEK, at)


def _counted(match: re.Match[str]) -> Meaning | None:
    order = ordinal(match["order"])
    if match["weekday"]:
        weekday = LETTERS.index(match["weekday"])
        if order > 5:
            return None
        return _weekday_of_nth_week(order, weekday) if match["week"] else nth_weekday(order, weekday)
    if match["weekend"]:
        return _nth_weekend(order)
    if match["business"]:
        return _nth_business_day(order)
    return nth_week(order) if order <= 6 else week_of_year(order)


def _two(match: re.Match[str]) -> Meaning:
    """ "둘째·넷째 토요일"."""
    weekday = LETTERS.index(match["weekday"])
    orders = [ordinal(match[name]) for name in ("first", "second")]
    steps = [nth_weekday(order, weekday) for order in orders]

    def within(outer: Period) -> Iterator[Period]:
        for step in steps:
            yield from step.within(outer)

    codes = ",".join(f"{order}{CODES[weekday]}" for order in orders)
    return Cyclic(Level.DAY, "month", within, f"FREQ=MONTHLY;BYDAY={codes}")


def _business_day(match: re.Match[str]) -> Meaning | None:
    if match.group().startswith("첫"):
        return None
    return Shift(Amount(((1, "BD"),)), -1 if "전" in match["way"] else 1)


def _week_number(match: re.Match[str]) -> Meaning | None:
    week = int(match["week"])
    return nth_week(week) if week <= 6 else week_of_year(week)


def _run(match: re.Match[str]) -> Meaning | None:
    first, last = LETTERS.index(match["first"]), LETTERS.index(match["last"])
    return Weekdays(tuple(range(first, last + 1)), sure=True, run=True) if first < last else None


def _series(match: re.Match[str]) -> Meaning | None:
    indexes = [LETTERS.index(letter) for letter in match.group() if letter in LETTERS]
    if indexes != sorted(set(indexes)):
        return None
    joined = not re.search(r"[\s,]", match.group())
    sure = joined and (len(indexes) > 2 or match.group() in _PAIRS or not match.group().isalpha())
    return Weekdays(tuple(indexes), sure)


_WEEKDAY = r"[월화수목금토일](?:요일|욜)"

RULES = (
    words({
        "이번_주|이 주|같은_주|그_주": relative_week(0),
        "다음_주|담_주|익주|오는_주|다가오는_주|새_주": relative_week(1),
        "다다음_주|다음다음_주|다담_주|차차주": relative_week(2),
        "다다다음_주|다다담_주": relative_week(3),
        "지난_주|저번_주": relative_week(-1),
        "지지난_주|저저번_주|전전주": relative_week(-2),
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
    rule("금", rf"금주(?=\s(?!의)|에(?!게)|중|까지|부터|초|말|{_WEEKDAY}|$)", relative_week(0), whole=False),
    rule("차내", rf"(?:차주|내주)(?=\s(?!의)|에(?!게)|중|까지|부터|초|말|{_WEEKDAY}|$)", relative_week(1), whole=False),
    rule("전", rf"전주(?=\s?(?:대비|{_WEEKDAY}|말)|보다)", relative_week(-1), whole=False),
    rule(LETTERS, rf"{_WEEKDAY}(?:날)?", lambda match: weekday_step(LETTERS.index(match.group()[0]))),
    rule(
        "마첫둘셋넷다여한두세네123456789",
        rf"(?P<order>{ORDINAL})\s?(?:(?P<week>주\s?)?(?P<weekday>[월화수목금토일])(?:요일|욜)"
        r"|(?P<weekend>주말)|(?P<business>영업일|평일|근무일)|주(?!말|년|째|차))",
        _counted,
    ),
    rule(
        "마첫둘셋넷다여한두세네",
        rf"(?P<first>{ORDINAL})\s?(?:주\s?)?(?:[·,/와]|과)\s?(?P<second>{ORDINAL})\s?(?:주\s?)?(?P<weekday>[{LETTERS}])(?:요일|욜)",
        _two,
    ),
    rule("123456789", r"(?P<week>\d{1,2})\s?주\s?차", _week_number, after=Level.MONTH),
    rule(
        "다익직전끝지이후뒤",
        r"(?:(?:끝나고|지나고|이후|후|뒤|다음)\s?)?(?P<way>다음|익|직전|전\s?마지막|전|첫)\s?(?:영업일|근무일)",
        _business_day,
    ),
    rule(LETTERS, rf"(?P<first>[{LETTERS}])(?:요일|욜)?\s?[~-]\s?(?P<last>[{LETTERS}])(?:요일|욜)?", _run),
    rule(LETTERS, rf"[{LETTERS}](?:\s?[,·/]?\s?[{LETTERS}](?!요일|욜)){{0,6}}(?:요일|욜)?(?![요욜])", _series),
)  # fmt: skip
