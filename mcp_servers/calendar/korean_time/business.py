"""Business days: Monday to Friday without public and substitute holidays of Korea."""

from datetime import date, datetime, timedelta
from functools import cache


@cache
def holidays_of(year: int) -> dict[date, str]:
    """The public holidays of a year, substitute ones included, with the English names of the library `holidays`."""
    # The library costs 0.2 s to import.
    from holidays import country_holidays

    return dict(country_holidays("KR", years=year, language="en_US"))


def is_holiday(day: date) -> bool:
    return date(day.year, day.month, day.day) in holidays_of(day.year)


def is_business_day(day: date) -> bool:
    return day.weekday() < 5 and not is_holiday(day)


def business_day(start: datetime, count: int) -> datetime:
    """The `count`th business day after the start, before it when negative; the start itself does not count."""
    step = timedelta(days=1 if count > 0 else -1)
    day, left = start, abs(count)
    while left:
        day += step
        left -= is_business_day(day)
    return day
