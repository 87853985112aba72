"""The Korean lunisolar calendar (음력), as the Korea Astronomy and Space Science Institute publishes it.

The month table is that of the library korean-lunar-calendar 0.4, for the lunar years 1391 to 2050.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib import import_module
from typing import NamedTuple

from mcp_servers.calendar.recurrence.scale import Month

FIRST_YEAR, LAST_YEAR = 1391, 2050
_NEW_YEAR_1900 = date(1900, 1, 31).toordinal()


class LunarDate(NamedTuple):
    year: int
    month: int
    day: int
    leap: bool = False


class Dangi:
    """The scale RSCALE=DANGI. Its years are named by the Gregorian year in which they begin."""

    def __init__(self) -> None:
        self._years = _table()
        self._months = [month for year in self._years for month in year]
        self._firsts = [month.first for month in self._months]
        self._new_years = [year[0].first for year in self._years]
        self._end = self._months[-1].first + self._months[-1].length

    def year(self, day: int) -> int:
        if day >= self._end:
            return LAST_YEAR + 1
        return FIRST_YEAR - 1 + bisect_right(self._new_years, day)

    def months(self, year: int) -> Sequence[Month]:
        return self._years[year - FIRST_YEAR] if FIRST_YEAR <= year <= LAST_YEAR else ()

    def month_index(self, day: int) -> int:
        return len(self._months) if day >= self._end else bisect_right(self._firsts, day) - 1

    def month(self, index: int) -> Month | None:
        return self._months[index] if 0 <= index < len(self._months) else None


@cache
def dangi() -> Dangi:
    """The calendar, built once (some 5 ms)."""
    return Dangi()


def solar(year: int, month: int, day: int, leap: bool = False) -> date:
    """The Gregorian date of a lunar one. Raises ValueError if that day, leap month or year does not exist."""
    if not 1 <= day <= month_length(year, month, leap):
        raise ValueError(f"음력 {year}년 {'윤' * leap}{month}월은 {month_length(year, month, leap)}일까지입니다.")
    return date.fromordinal(_month(year, month, leap).first + day - 1)


def lunar(day: date) -> LunarDate:
    """The lunar date of a Gregorian one. Raises ValueError outside 1391 to 2050."""
    scale, ordinal = dangi(), day.toordinal()
    found = scale.month(scale.month_index(ordinal))
    if found is None:
        raise ValueError(_outside(day.year))
    return LunarDate(scale.year(ordinal), found.number, ordinal - found.first + 1, found.leap)


def month_length(year: int, month: int, leap: bool = False) -> int:
    """29 or 30. Raises ValueError if there is no such month."""
    return _month(year, month, leap).length


def leap_month(year: int) -> int | None:
    """The number of the month that the year's leap month follows. Raises ValueError outside 1391 to 2050."""
    months = dangi().months(year)
    if not months:
        raise ValueError(_outside(year))
    return next((month.number for month in months if month.leap), None)


def _month(year: int, month: int, leap: bool) -> Month:
    months = dangi().months(year)
    for found in months:
        if (found.number, found.leap) == (month, leap):
            return found
    raise ValueError(f"음력 {year}년에는 {'윤' * leap}{month}월이 없습니다." if months else _outside(year))


def _outside(year: int) -> str:
    return f"{year}년의 음력은 알 수 없습니다. {FIRST_YEAR}년부터 {LAST_YEAR}년까지만 계산합니다."


def _table() -> list[tuple[Month, ...]]:
    """Every month of every year, from the library's packed years."""
    # Loaded for those who ask for a lunar date; it has no types.
    library = import_module("korean_lunar_calendar").KoreanLunarCalendar
    base = library.KOREAN_LUNAR_BASE_YEAR
    packed = library.KOREAN_LUNAR_DATA[FIRST_YEAR - base : LAST_YEAR + 1 - base]
    shapes = [list(_shape(year)) for year in packed]
    # The library dates years before 1582 in the Julian calendar: days are counted from a year after it.
    first = _NEW_YEAR_1900 - sum(length for shape in shapes[: 1900 - FIRST_YEAR] for *_, length in shape)
    years = []
    for shape in shapes:
        year = []
        for number, leap, length in shape:
            year.append(Month(number, leap, first, length))
            first += length
        years.append(tuple(year))
    return years


def _shape(packed: int) -> Iterator[tuple[int, bool, int]]:
    """Number, leap and length of a year's months: a bit a month from bit 11 down, the leap month in bits 12 to 16."""
    for number in range(1, 13):
        yield number, False, 29 + (packed >> (12 - number) & 1)
        if packed >> 12 & 15 == number:
            yield number, True, 29 + (packed >> 16 & 1)
