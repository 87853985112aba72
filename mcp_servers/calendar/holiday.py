"""Public holidays of Korea with their names, substitute holidays among them."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache


@lru_cache(maxsize=256)
def holidays_in(year: int) -> Mapping[date, str]:
    """The public holidays of a year by date, named in Korean."""
    # The library costs 0.1 s to import.
    from holidays import country_holidays

    return dict(country_holidays("KR", years=year, language="ko"))


def is_holiday(day: date) -> bool:
    return date(day.year, day.month, day.day) in holidays_in(day.year)


def is_working_day(day: date) -> bool:
    """Monday to Friday, and no public holiday."""
    return day.weekday() < 5 and not is_holiday(day)
