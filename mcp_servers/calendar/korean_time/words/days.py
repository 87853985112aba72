"""Days: 오늘 and its neighbours, the days of a month, numeric dates, 전날 and 다음 날."""

import re
from collections.abc import Iterator
from datetime import date

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.period import Period, days, in_month, one_day, unit_at
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level, Shift
from mcp_servers.calendar.korean_time.words.months import MONTH, month_number
from mcp_servers.calendar.korean_time.words.numerals import SINO, number
from mcp_servers.calendar.korean_time.words.token import Invalid, Meaning, rule, words
from mcp_servers.calendar.korean_time.words.years import full_year

_NO_DAY = (
    r"(?!\s?(?:간|차|째|동안|내내|연속|짜리|이상|이하|이내|정도|만에)|요일|욜|장|치|권|씩|분|당|곱"
    r"|\s?\d+\s?(?:식|회|번|끼|잔|정|포|알|개)|\s?1(?![\d시월분:/]|\s?[시월]))"
)
_DATE_END = r"(?!\d|[-/]\d|\s?[%명개])"
_NO_FRACTION = r"(?!\s?(?:상|분기|년|월|정도|수준|가량|이상|이하|지점|확률|[%명개])|\d|[/.]\d|-\d(?!\d?/))"
_SHARE = re.compile(r"(?:확률|비율|가능성|지분|몫|전체)\S{0,2}\s$|(?:^|\s)약\s$")
_NAMED = {"초하루": 1, "초이틀": 2, "초사흘": 3, "초나흘": 4, "초닷새": 5, "초열흘": 10, "보름": 15, "그믐": -1}
_BEFORE = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5}
_UNITS = {"주": "week", "달": "month", "해": "year"}


def relative_day(ahead: int) -> Fixed:
    return Fixed(Level.DAY, lambda now: unit_at("day", now, ahead))


def day_of_month(day: int) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        try:
            found = one_day(in_month(unit_at("month", outer.start), day))
        except ValueError:
            return
        if outer.start <= found.start < outer.end:
            yield found

    return Cyclic(Level.DAY, "month", within, f"FREQ=MONTHLY;BYMONTHDAY={day}")


def month_day(month: int, day: int) -> Cyclic | Invalid:
    """A day of the year, such as 12월 25일."""
    try:
        date(2024, month, abs(day))
    except ValueError:
        return Invalid()

    def within(outer: Period) -> Iterator[Period]:
        for year in range(outer.start.year, outer.end.year + 1):
            try:
                found = one_day(in_month(unit_at("month", one_day(date(year, month, 1)).start), day))
            except ValueError:
                continue
            if outer.start <= found.start < outer.end:
                yield found

    return Cyclic(Level.DAY, "year", within, f"FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}")


def calendar_date(year: int, month: int, day: int) -> Fixed | Invalid:
    try:
        found = one_day(date(year, month, day))
    except ValueError:
        return Invalid()
    return Fixed(Level.DAY, lambda now: found, explicit=True)


def _shift(count: int) -> Shift:
    return Shift(Amount(((abs(count), "D"),)), 1 if count >= 0 else -1)


def _day(match: re.Match[str]) -> Meaning:
    day = int(number(match["day"]))
    return day_of_month(day) if 1 <= day <= 31 else Invalid()


def _sino_day(match: re.Match[str]) -> Meaning | None:
    """일일, 오일 and the like are other words more often than days."""
    return None if match["day"] in ("일", "이", "사", "오") else _day(match)


def _month_day(match: re.Match[str]) -> Meaning:
    month = month_number(match["month"])
    day = _NAMED.get(match["named"] or "") or int(number(match["day"] or "0"))
    if year := match["year"]:
        return calendar_date(int(year), month, day)
    return month_day(month, day)


def _full(match: re.Match[str]) -> Meaning:
    return calendar_date(int(match["year"]), int(match["month"]), int(match["day"]))


def _compact(match: re.Match[str]) -> Meaning | None:
    found = _full(match)
    return None if isinstance(found, Invalid) else found


def _year_last(match: re.Match[str]) -> Meaning:
    """ "21/04/2016" and "02/22/2016": the day is the part above 12, else the month comes first, but not before dots."""
    first, second = int(match["a"]), int(match["b"])
    day_first = first > 12 or (match["mark"] == "." and second <= 12)
    month, day = (second, first) if day_first else (first, second)
    return calendar_date(int(match["year"]), month, day)


def _short(match: re.Match[str]) -> Meaning:
    """ "25.07.15" is year, month, day, unless that is no date ("9-18-15")."""
    a, b, c = match["a"], match["b"], match["c"]
    orders = ((a, b, c), (c, a, b), (c, b, a)) if len(a) == 2 else ((c, a, b), (c, b, a))
    for year, month, day in orders:
        found = calendar_date(full_year(year), int(month), int(day))
        if len(year) == 2 and isinstance(found, Fixed):
            return found
    return Invalid()


def _slash(match: re.Match[str]) -> Meaning | None:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31) or _SHARE.search(
        match.string, max(0, match.start() - 8), match.start()
    ):
        return None
    return month_day(month, day)


def _slash_run(match: re.Match[str]) -> Meaning | None:
    """ "7/20~22"."""
    first, length = _slash(match), int(match["last"]) - int(match["day"]) + 1
    if not isinstance(first, Cyclic) or length < 2 or int(match["last"]) > 31:
        return None

    def within(outer: Period) -> Iterator[Period]:
        yield from (days(day.start, length) for day in first.within(outer))

    return Cyclic(Level.PART_OF_WEEK, "year", within)


def _days_before(match: re.Match[str]) -> Meaning:
    return _shift(-_BEFORE[match["days"]])


def _around(match: re.Match[str]) -> Meaning:
    """ "9월 16일의 주", "4월 10일이 있는 주": the stretch that holds the day."""
    unit = _UNITS[match["unit"]]

    def within(outer: Period) -> Iterator[Period]:
        yield unit_at(unit, outer.start)

    return Cyclic(Level.CLOCK, "day", within)


_DIGITS = "0123456789"

RULES = (
    words({
        "오늘|금일|오늘_하루|오늘_날짜": relative_day(0),
        "내일|명일|익일": relative_day(1),
        "모레|내일_모레|낼_모레|낼_모래|내일_모래|명후일|익익일": relative_day(2),
        "글피": relative_day(3), "그글피": relative_day(4), "그그글피": relative_day(5),
        "어제|어재|작일|전일": relative_day(-1),
        "그제|그저께|그저깨|엊그제|엊그저께|재작일": relative_day(-2),
        "그끄제|그끄저께|그그제|그그저께|삼작일": relative_day(-3),
        "그그그제": relative_day(-4),
        "그_날|이_날|같은_날": relative_day(0),
        "지난_날": relative_day(-1),
        "당일": _shift(0),
        "다음_날|이튿_날|그_다음_날|그_이튿_날": _shift(1),
        "전날|전_날|그_전_날|바로_전날": _shift(-1),
        "다음다음_날": _shift(2),
        "전전날": _shift(-2),
    }),
    rule("낼", r"(?<![을를]\s)낼(?!\s?(?:수|것|거|때|만|예정|계획|테|지|까|게|래))", relative_day(1)),
    rule("모", r"모래(?=\s?(?:오전|오후|아침|점심|저녁|밤|새벽|\d{1,2}\s?시))", relative_day(2)),
    rule("하이사나닷", rf"(?P<days>{'|'.join(_BEFORE)})\s?전날", _days_before),
    rule(
        "의이", r"(?:의|이\s?(?:있는|낀|든|포함된|속한))\s(?P<unit>[주달해])(?=에|의|\s|$|[.,])", _around,
        whole=False, after=Level.DAY,
    ),
    rule(
        "1234567890십시일이삼사오육유칠팔구",
        rf"(?:(?P<year>\d{{4}})\s)?(?P<month>{MONTH})\s?월(?:달)?(?:\s|-|\s?의\s?)?"
        rf"(?:(?P<day>\d{{1,2}}|{SINO})\s?일{_NO_DAY}|(?P<named>{'|'.join(_NAMED)})(?!\s?[전후뒤간동]))",
        _month_day,
        whole=False,
    ),
    rule(_DIGITS, rf"(?P<day>\d{{1,2}})\s?일{_NO_DAY}", _day, whole=False),
    rule(_DIGITS, rf"(?P<day>\d{{1,2}})(?=\s?[~-]\s?\d{{1,2}}\s?일{_NO_DAY}(?!\s?[전후뒤내]))", _day, whole=False),
    rule("일이삼사오육칠팔구십", rf"(?P<day>{SINO})일{_NO_DAY}", _sino_day),
    rule(
        "12",
        r"(?P<year>[12]\d{3})\s?(?P<mark>[-/.])\s?(?P<month>\d{1,2})\s?(?P=mark)\s?(?P<day>\d{1,2})(?:\s?\.|\s?일)?"
        + _DATE_END,
        _full,
        whole=False,
    ),
    rule(
        "12",
        r"(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?!\d)",
        _compact,
        whole=False,
    ),
    rule(
        _DIGITS,
        rf"(?P<a>\d{{1,2}})(?P<mark>[-/.])(?P<b>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}){_DATE_END}",
        _year_last,
        whole=False,
    ),
    rule(
        "'’" + _DIGITS,
        rf"['’]?(?P<a>\d{{1,2}})(?P<mark>[-/.])\s?(?P<b>\d{{1,2}})(?P=mark)\s?(?P<c>\d{{1,2}})\.?{_DATE_END}",
        _short,
        whole=False,
    ),
    rule(_DIGITS, rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})(?:일)?{_NO_FRACTION}", _slash, whole=False),
    rule(
        _DIGITS,
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})\s?[~-]\s?(?P<last>\d{1,2})(?![\d/.:%-]|\s?[시월명개])(?:일)?",
        _slash_run,
        whole=False,
    ),
    rule("01", rf"(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])(?!\.\d){_DATE_END}", _slash, whole=False),
    rule(
        _DIGITS,
        r"(?P<month>\d{1,2})\.\s?(?P<day>\d{1,2})(?:\.(?!\s?\d)|(?=\s?\([월화수목금토일]))",
        _slash,
        whole=False,
    ),
)  # fmt: skip
