"""The engine and its two libraries beside independent sources, 2000 to 2040: the sky and the regulations.

The lunar calendar and the solar terms come from positions of the sun and the moon in Korean time (`astronomy-engine`),
the public holidays from 관공서의 공휴일에 관한 규정 (articles 2 and 3) and 공직선거법 (article 34).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import astronomy
import pytest
from holidays.countries import KR
from korean_lunar_calendar import KoreanLunarCalendar

from mcp_servers.calendar.korean_time import Expression, parse

NOW = datetime(2026, 11, 18, 10, 30, tzinfo=ZoneInfo("Asia/Seoul"))
YEARS = range(2000, 2041)
KST = timedelta(hours=9)
DAY = timedelta(days=1)

TERMS = """춘분 청명 곡우 입하 소만 망종 하지 소서 대서 입추 처서 백로
추분 한로 상강 입동 소설 대설 동지 소한 대한 입춘 우수 경칩"""
"""By solar longitude, 15 degrees apart, from 0."""
LONGITUDES = {name: 15 * place for place, name in enumerate(TERMS.split())}
SOLSTICE = LONGITUDES["동지"]


class Month(NamedTuple):
    """A lunar month; `end` is the first day of the next."""

    year: int
    number: int
    leap: bool
    start: date
    end: date

    @property
    def name(self) -> str:
        return f"{self.year}년 음력 {'윤' * self.leap}{self.number}월"

    @property
    def days(self) -> int:
        return (self.end - self.start).days


def day_of(moment: astronomy.Time) -> date:
    return (moment.Utc() + KST).date()


@cache
def term_days(longitude: int) -> dict[int, date]:
    """The day of a solar term in Korea, by year."""
    found = [
        astronomy.SearchSunLongitude(longitude, astronomy.Time.Make(y, 1, 1, 0, 0, 0), 367) for y in range(1998, 2043)
    ]
    return {day.year: day for day in map(day_of, found)}


@cache
def new_moons() -> list[date]:
    found, moment = [], astronomy.Time.Make(1998, 10, 1, 0, 0, 0)
    while moment.Utc().year < 2043:
        moment = astronomy.SearchMoonPhase(0, moment, 40)
        found.append(day_of(moment))
        moment = moment.AddDays(20)
    return found


@cache
def lunar_months() -> list[Month]:
    """The months from the eleventh of 1998: the eleventh holds 동지, a leap month is the first one without a 중기."""
    starts, middles = new_moons(), {day for name in TERMS.split()[::2] for day in term_days(LONGITUDES[name]).values()}
    elevenths = [bisect_right(starts, term_days(SOLSTICE)[year]) - 1 for year in range(1998, 2042)]
    months = []
    for year, (first, after) in enumerate(pairwise(elevenths), 1998):
        spans = list(pairwise(starts[first : after + 1]))
        leap = next((i for i, (a, b) in enumerate(spans) if not any(a <= d < b for d in middles)), len(spans))
        leap = leap if len(spans) == 13 else len(spans)
        for place, (start, end) in enumerate(spans):
            count = 10 + place - (place >= leap)
            months.append(Month(year + count // 12, count % 12 + 1, place == leap, start, end))
    return months


def lunar(year: int, month: int, day: int) -> date:
    start = next(one.start for one in lunar_months() if one[:3] == (year, month, False))
    return start + (day - 1) * DAY


# The regulation.

FIXED = {
    "신정": (1, 1),
    "삼일절": (3, 1),
    "어린이날": (5, 5),
    "현충일": (6, 6),
    "광복절": (8, 15),
    "개천절": (10, 3),
    "성탄절": (12, 25),
}
LIMITED = {
    "식목일": (4, 5, range(2006)),
    "제헌절": (7, 17, [*range(2008), *range(2026, 2041)]),
    "한글날": (10, 9, range(2013, 2041)),
    "노동절": (5, 1, range(2026, 2041)),
}
LUNAR = {"설날": (1, 1), "부처님오신날": (4, 8), "추석": (8, 15)}
THREE_DAYS = ("설날", "추석")
MADE_UP_SINCE = {
    **dict.fromkeys(("설날", "추석", "어린이날"), 2014),
    **dict.fromkeys(("광복절", "개천절", "한글날"), 2021),
    **{"삼일절": 2022, "부처님오신날": 2023, "성탄절": 2023, "제헌절": 2026, "노동절": 2026},
}
ONCE = """2000-04-13 2002-06-13 2002-07-01 2002-12-19 2004-04-15 2015-08-14 2016-05-06 2017-05-09 2017-10-02
2020-08-17 2023-10-02 2024-10-01 2025-01-27 2025-06-03"""
"""Days that the government set, and elections before the rule of the Wednesday or outside it."""
PRESIDENTS = [
    date(2008, 2, 24),
    date(2013, 2, 24),
    date(2022, 5, 9),
    date(2030, 6, 3),
    date(2035, 6, 3),
    date(2040, 6, 3),
]
"""The ends of their terms."""


@cache
def named(year: int) -> dict[str, list[date]]:
    days = {name: [date(year, *day)] for name, day in FIXED.items()}
    days |= {name: [date(year, month, day)] for name, (month, day, years) in LIMITED.items() if year in years}
    for name, day in LUNAR.items():
        middle = lunar(year, *day)
        days[name] = [middle - DAY, middle, middle + DAY] if name in THREE_DAYS else [middle]
    return days


def elections(year: int) -> Iterator[date]:
    ends = [(end, 70) for end in PRESIDENTS if (end - 70 * DAY).year == year]
    ends += [(date(year, 5, 29), 50)] if year % 4 == 0 and year > 2004 else []
    ends += [(date(year, 6, 30), 30)] if year % 4 == 2 and year > 2002 else []
    off = {day for days in named(year).values() for day in days}
    for end, before in ends:
        day = end - before * DAY
        day += (2 - day.weekday()) % 7 * DAY
        yield day + 7 * DAY if off & {day - DAY, day, day + DAY} else day


@cache
def set_days(year: int) -> set[date]:
    once = {day for day in map(date.fromisoformat, ONCE.split()) if day.year == year}
    return once | set(elections(year)) | {day for days in named(year).values() for day in days}


@cache
def made_up(year: int) -> dict[str, list[date]]:
    """The next free day, for a day lost to a weekend (설날 and 추석: a Sunday) or to another holiday."""
    days, found, given, taken = named(year), defaultdict(list), {}, set(set_days(year))
    feasts = {day: name for name in THREE_DAYS for day in days[name]}
    due = sorted(
        (dates[-1], day, name) for name, dates in days.items() for day in dates if feasts.get(day, name) == name
    )
    for last, lost, name in due:
        shared = sum(lost in dates for dates in days.values()) > 1
        weekend = lost.weekday() == 6 or (lost.weekday() == 5 and name not in THREE_DAYS)
        if year < MADE_UP_SINCE.get(name, 9999) or not (shared or weekend):
            continue
        if lost not in given:  # two names of one day have one substitute
            given[lost] = next(d for d in (last + n * DAY for n in range(1, 15)) if d not in taken and d.weekday() < 5)
            taken.add(given[lost])
        found[name].append(given[lost])
    return found


@cache
def days_off(year: int) -> set[date]:
    return set_days(year) | {day for days in made_up(year).values() for day in days}


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in days_off(day.year)


# What the engine reads.


def only(text: str) -> Expression:
    found = parse(text, NOW)
    assert found, f"{text!r}: no time found"
    return found[0]


def read_as(text: str) -> date:
    """The day that a text names."""
    start = only(text).start
    assert start, text
    return start.date()


def test_the_lunar_library_begins_every_month_with_the_moon() -> None:
    library, wrong = KoreanLunarCalendar(), []
    for month in lunar_months():
        library.setSolarDate(month.start.year, month.start.month, month.start.day)
        found = (library.lunarYear, library.lunarMonth, bool(library.isIntercalation), library.lunarDay)
        if month.start.year in YEARS and found != (*month[:3], 1):
            wrong.append((month, found))

    assert wrong == []


def test_the_holiday_library_agrees_with_the_regulations_in_every_year() -> None:
    library = {year: set(KR(years=year)) for year in YEARS}

    assert {year: sorted(library[year] ^ days_off(year)) for year in YEARS if library[year] != days_off(year)} == {}


@pytest.mark.parametrize("name", TERMS.split())
def test_solar_terms_fall_where_the_sun_stands(name: str) -> None:
    days = term_days(LONGITUDES[name])

    assert {year: read_as(f"{year}년 {name}") for year in YEARS} == {year: days[year] for year in YEARS}


def test_lunar_months_begin_and_end_with_the_moon() -> None:
    months = [month for month in lunar_months() if month.year in YEARS]

    assert {one.name: read_as(f"{one.name} 1일") for one in months} == {one.name: one.start for one in months}
    assert {one.name: read_as(f"{one.name} {one.days}일") for one in months} == {
        one.name: one.end - DAY for one in months
    }


def test_days_that_no_lunar_month_has_are_left_alone() -> None:
    months = {one[:3]: one for one in lunar_months() if one.year in YEARS}
    short = [f"{one.name} 30일" for one in months.values() if one.days == 29]
    leaps = [f"{year}년 음력 윤{n}월 1일" for year in YEARS for n in range(1, 13) if (year, n, True) not in months]

    assert [text for text in short + leaps if parse(text, NOW)] == []


@pytest.mark.parametrize("name", [*FIXED, *LUNAR, "한글날", "제헌절"])
def test_holidays_by_name_fall_on_the_day_of_the_regulation(name: str) -> None:
    month, day, *_ = LIMITED.get(name, FIXED.get(name, ())) or (0, 0)
    days = {year: lunar(year, *LUNAR[name]) if name in LUNAR else date(year, month, day) for year in YEARS}

    assert {year: read_as(f"{year}년 {name}") for year in YEARS} == days


def test_substitute_holidays_are_found_by_the_name_of_the_lost_one() -> None:
    wanted = {f"{year}년 {name} 대체공휴일": days[0] for year in YEARS for name, days in made_up(year).items()}

    assert {text: read_as(text) for text in wanted} == wanted


def test_first_and_last_working_days_of_every_month_keep_the_holidays() -> None:
    wanted = {}
    for year in YEARS:
        for month in range(1, 13):
            first, after = date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
            days = [day for day in (first + n * DAY for n in range((after - first).days)) if works(day)]
            wanted[f"{year}년 {month}월 첫 영업일"], wanted[f"{year}년 {month}월 마지막 영업일"] = days[0], days[-1]

    assert {text: read_as(text) for text in wanted} == wanted
