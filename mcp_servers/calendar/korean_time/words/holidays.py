"""Named days: public holidays with 연휴 and substitute days, feasts of the moon, solar terms, days that people keep."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from mcp_servers.calendar.holiday import holidays_in, is_holiday
from mcp_servers.calendar.korean_time.period import DAY, Period, days, one_day, unit_at
from mcp_servers.calendar.korean_time.solar_terms import NAMES, term_day
from mcp_servers.calendar.korean_time.step import Cyclic, Level
from mcp_servers.calendar.korean_time.words.days import month_day
from mcp_servers.calendar.korean_time.words.lunar import lunar_day, solar_date
from mcp_servers.calendar.korean_time.words.token import Meaning, rule, words
from mcp_servers.calendar.korean_time.words.weeks import nth_weekday

_SOLAR = {
    "신정|새해_첫날|새해|양력설": (1, 1), "발렌타인_데이|밸런타인_데이": (2, 14), "삼일절|3.1절|3·1절": (3, 1),
    "화이트_데이": (3, 14), "만우절": (4, 1), "식목일": (4, 5), "근로자의_날|노동절|메이_데이|노동자의_날": (5, 1),
    "어린이날": (5, 5), "어버이날": (5, 8), "스승의_날": (5, 15), "부부의_날": (5, 21), "현충일": (6, 6),
    "독립_기념일": (7, 4), "제헌절": (7, 17), "광복절": (8, 15), "국군의_날": (10, 1), "개천절": (10, 3),
    "한글날": (10, 9), "핼러윈_데이|할로윈_데이|핼러윈|할로윈": (10, 31), "빼빼로_데이": (11, 11),
    "크리스마스_이브|성탄_전야|성탄절_이브": (12, 24), "크리스마스|성탄절": (12, 25), "제야": (12, 31),
}  # fmt: skip
_LUNAR = {
    "설날|구정|음력_설|음력설": (1, 1), "정월_대보름|대보름": (1, 15),
    "부처님_오신_날|석가_탄신일|석탄일|초파일|사월_초파일": (4, 8), "단오|단옷날|단오절": (5, 5), "칠석": (7, 7),
    "백중": (7, 15), "추석|한가위|중추절": (8, 15), "중양절": (9, 9),
}  # fmt: skip
_COUNTED = {
    "추수_감사절": (11, 4, 3), "아버지의_날": (6, 3, 6), "어머니의_날": (5, 2, 6), "마틴_루터_킹_데이": (1, 3, 0),
}  # fmt: skip
"""Month, order and weekday (0 for Monday)."""
_SUBSTITUTED = {
    "설날|설|구정": "설날", "추석|한가위": "추석", "삼일절|3.1절|3·1절": "삼일절",
    "어린이날": "어린이날", "부처님_오신_날|석가_탄신일": "부처님오신날", "광복절": "광복절",
    "개천절": "개천절", "한글날": "한글날", "크리스마스|성탄절": "기독탄신일",
    "근로자의_날|노동절": "노동절", "제헌절": "제헌절", "현충일": "현충일",
}  # fmt: skip
"""The names of the library `holidays`."""
_COMMON_WORDS = ("하지", "소설", "대한", "우수", "대설", "대서")
"""Solar terms that are everyday words as well ("소설" is a novel)."""

DaysOfYear = Callable[[int], Iterable[date]]


def yearly(found: DaysOfYear) -> Cyclic:
    """A day that each year reckons anew."""

    def within(outer: Period) -> Iterator[Period]:
        first, last = outer.start.year, (outer.end - DAY).year
        for year in range(first, min(first + 1, last) + 1):
            for day in map(one_day, found(year)):
                if day.end > outer.start and day.start < outer.end:
                    yield day

    return Cyclic(Level.DAY, "year", within)


def _easter(year: int) -> list[date]:
    """Source: Meeus, Astronomical Algorithms, chapter 8 (Gregorian Easter)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + weekday - 7 * ((a + 11 * h + 22 * weekday) // 451) + 114, 31)
    return [date(year, month, day + 1)]


def _dog_day(term: str, order: int) -> DaysOfYear:
    """The `order`th 庚 day of the sexagenary cycle from a solar term on."""

    def found(year: int) -> list[date]:
        start = term_day(year, term)
        return [start + timedelta(days=(2 - start.toordinal()) % 10 + 10 * (order - 1))]

    return found


def _hansik(year: int) -> list[date]:
    return [term_day(year - 1, "동지") + timedelta(days=105)]


def _new_years_eve(year: int) -> list[date]:
    """Of the moon: the day before 설날."""
    feast = solar_date(year, 1, 1)
    return [feast - DAY] if feast else []


def _term(name: str) -> DaysOfYear:
    return lambda year: [term_day(year, name)]


def _counted(month: int, order: int, weekday: int) -> DaysOfYear:
    step = nth_weekday(order, weekday)
    return lambda year: [day.start.date() for day in step.within(unit_at("month", one_day(date(year, month, 1)).start))]


def _substitutes(name: str) -> DaysOfYear:
    wanted = f"{name} 대체 휴일".strip()
    return lambda year: [day for day, said in sorted(holidays_in(year).items()) if wanted in said]


def _feast_days(month: int, day: int) -> Cyclic:
    """A feast with the day before and after it, and a substitute day right behind."""

    def within(outer: Period) -> Iterator[Period]:
        for feast in lunar_day(month, day).within(outer):
            last = feast.start + DAY
            while is_holiday(last + DAY):
                last += DAY
            yield days(feast.start - DAY, (last - feast.start).days + 2)

    return Cyclic(Level.PART_OF_WEEK, "year", within)


def _with(suffixes: str, names: str) -> str:
    return "|".join(f"{name}_{suffix}" for name in names.split("|") for suffix in suffixes.split("|"))


_NAMED: dict[str, Meaning] = {
    **{names: month_day(*at) for names, at in _SOLAR.items()},
    **{names: lunar_day(*at) for names, at in _LUNAR.items()},
    **{names: yearly(_counted(*at)) for names, at in _COUNTED.items()},
    **{name: yearly(_term(name)) for name in NAMES if name not in _COMMON_WORDS},
    **{_with("대체_공휴일|대체_휴일", names): yearly(_substitutes(name)) for names, name in _SUBSTITUTED.items()},
    _with("연휴|명절_연휴", "설날|설|구정"): _feast_days(1, 1),
    _with("연휴|명절_연휴", "추석|한가위"): _feast_days(8, 15),
    "초복": yearly(_dog_day("하지", 3)), "중복": yearly(_dog_day("하지", 4)),
    "말복": yearly(_dog_day("입추", 1)),
    "한식": yearly(_hansik), "부활절": yearly(_easter), "섣달_그믐날|섣달_그믐|까치_설날": yearly(_new_years_eve),
    "대체_공휴일": yearly(_substitutes("")), "공휴일|법정_공휴일": yearly(lambda year: sorted(holidays_in(year))),
}  # fmt: skip


def _common(match: re.Match[str]) -> Meaning:
    return yearly(_term(match["name"]))


_COMMON = "|".join(_COMMON_WORDS)
_KEPT = r"(?=\s?(?:절기|날(?!씨)|전날|다음\s?날|당일|무렵|지나))"

RULES = (
    words(_NAMED),
    rule("설", r"설(?=에|엔|까지|부터|\s?(?:전날|다음\s?날|당일|지나|전까지))", lunar_day(1, 1), whole=False),
    rule("하소대우", rf"(?P<name>{_COMMON}){_KEPT}", _common, whole=False),
    rule("하", r"(?P<name>하지)(?=에\s|까지|부터)", _common, whole=False),
    rule("하소대우", rf"(?P<name>{_COMMON})", _common, after=Level.YEAR),
    rule("절", rf"절기상?\s(?P<name>{_COMMON})", _common),
)  # fmt: skip
