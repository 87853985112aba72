"""The Korean lunar calendar: its dates as dates of the sun, and "음력 8월 15일" in a text."""

import re
from collections.abc import Iterator
from datetime import date

from mcp_servers.calendar.korean_time.period import Period, one_day
from mcp_servers.calendar.korean_time.step import Cyclic, Level
from mcp_servers.calendar.korean_time.words.numerals import DAYS, number
from mcp_servers.calendar.korean_time.words.token import Invalid, Meaning, rule
from mcp_servers.calendar.recurrence import month_length, solar

_MONTHS = {"정": 1, "동짓": 11, "섣": 12, "유": 6, "시": 10}
_DAYS = {"그믐": -1, **{f"초{name}": count for name, count in DAYS.items() if count <= 10}, **DAYS}


def solar_date(year: int, month: int, day: int, leap: bool = False) -> date | None:
    """The solar date of a lunar one, its last of the month when `day` is -1.

    None when that year has no such day or leap month, or no table covers it.
    """
    try:
        return solar(year, month, month_length(year, month, leap) if day == -1 else day, leap)
    except ValueError:
        return None


def lunar_day(month: int, day: int, *, leap: bool = False) -> Cyclic:
    """A day of each lunar year; those of its last months fall into the next solar year. Rule by RFC 7529 (RSCALE)."""

    def within(outer: Period) -> Iterator[Period]:
        if found := solar_date(outer.start.year, month, day, leap):
            yield one_day(found)

    rule = f"RSCALE=DANGI;FREQ=YEARLY;BYMONTH={month}{'L' if leap else ''};BYMONTHDAY={day}"
    return Cyclic(Level.DAY, "year", within, rule)


def _lunar(match: re.Match[str]) -> Meaning:
    month = _MONTHS.get(match["month"]) or int(number(match["month"]))
    named = match["named"] or ""
    day = _DAYS.get(named) or _DAYS.get(re.sub("날$", "", named)) or int(number(match["day"] or "0"))
    if not 1 <= month <= 12 or not (1 <= day <= 30 or day == -1):
        return Invalid()
    return lunar_day(month, day, leap="윤" in match.group())


_MONTH = r"(?P<month>\d{1,2}|정|동짓|섣|십이|십일|십|시|일|이|삼|사|오|유|육|칠|팔|구)\s?[월달]"
_NAMES = "|".join(sorted(_DAYS, key=len, reverse=True))
_DAY = rf"(?:(?P<day>\d{{1,2}}|[이삼]?십[일이삼사오육칠팔구]?|[일이삼사오육칠팔구])\s?일|(?P<named>{_NAMES})(?:날)?)"

RULES = (
    rule(
        "음윤(",
        rf"(?:윤달?\s?)?(?:음력|\(음(?:력)?\))(?:으로|은|의)?\s?(?:윤달?\s?)?(?:\d{{4}}년\s?)?{_MONTH}\s?{_DAY}",
        _lunar,
        whole=False,
    ),
    rule("윤", rf"윤\s?{_MONTH}\s?{_DAY}", _lunar, whole=False),
    rule("정동섣", rf"(?P<month>정|동짓|섣)[월달]\s?{_DAY}", _lunar),
)  # fmt: skip
