"""Public holidays of Korea with their names, substitute holidays among them."""

from collections.abc import Mapping
from datetime import date
from functools import cache

FIRST_YEAR, LAST_YEAR = 1948, 2100
"""Further years have no holidays here: no law names them."""


@cache
def holidays_in(year: int) -> Mapping[date, str]:
    """The public holidays of a year by date, named in Korean as the library `holidays` does ("추석 대체 휴일")."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    # The library costs 0.1 s to import.
    from holidays import country_holidays

    return dict(country_holidays("KR", years=year, language="ko"))


def is_holiday(day: date) -> bool:
    return date(day.year, day.month, day.day) in holidays_in(day.year)


def is_working_day(day: date) -> bool:
    """Monday to Friday, and no public holiday."""
    return day.weekday() < 5 and not is_holiday(day)
