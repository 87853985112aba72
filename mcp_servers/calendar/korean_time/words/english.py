"""English mixed into Korean: "next Tue 3pm", "Dec 1", "30min 뒤", "in 2 hours"."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.period import instant
from mcp_servers.calendar.korean_time.step import Clock, Fixed, Level, Shift
from mcp_servers.calendar.korean_time.words.day_parts import day_part
from mcp_servers.calendar.korean_time.words.days import month_day, relative_day
from mcp_servers.calendar.korean_time.words.months import month_step, relative_month
from mcp_servers.calendar.korean_time.words.token import Every, Length, Meaning, Pointer, Rule, rule
from mcp_servers.calendar.korean_time.words.weeks import relative_week, week_part, weekday_step
from mcp_servers.calendar.korean_time.words.years import relative_year

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_POINTERS: dict[str, Literal["next", "last", "this"]] = {"next": "next", "last": "last", "this": "this"}
_UNITS = {"s": "S", "m": "M", "h": "H", "d": "D", "w": "W", "mo": "Mo", "y": "Y"}
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}
_PARTS = {"morning": (8, 12), "afternoon": (12, 18), "evening": (18, 21)}
_AHEAD = {"next": 1, "last": -1, "this": 0}
_FREQUENCIES = {"d": "DAILY", "w": "WEEKLY", "m": "MONTHLY", "y": "YEARLY"}
_REST = r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ember|ober)?\.?"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)}){_REST}"
_TITLED = rf"(?P<month>{'|'.join(name.title() for name in _MONTHS)}){_REST}"
_UNIT = r"(?:sec(?:ond)?|min(?:ute)?|hour|hr|day|week|month|year)s?"
_ONE = rf"(?:\d{{1,3}}|an?|one|two|three)\s?{_UNIT}|\d{{1,2}}\s?h(?:\s?\d{{1,2}}\s?m)?"
_PART = re.compile(r"(?<![a-z])(?P<count>\d{1,3}|an?|one|two|three)\s?(?P<unit>mo|[smhdwy])", re.IGNORECASE)


def _weekday(match: re.Match[str]) -> Meaning:
    return weekday_step(_WEEKDAYS.index(match["weekday"].lower()))


def _month(match: re.Match[str]) -> Meaning:
    month = _MONTHS.index(match["month"].lower()) + 1
    return month_day(month, int(match["day"])) if match["day"] else month_step(month)


def _unit(match: re.Match[str]) -> Meaning:
    ahead = _AHEAD[match["way"].lower()]
    return {"w": relative_week, "m": relative_month, "y": relative_year}[match["unit"][0].lower()](ahead)


def _amount(match: re.Match[str]) -> Amount:
    parts = _PART.finditer(match["amount"].lower())
    return Amount(tuple((_COUNTS.get(part["count"]) or int(part["count"]), _UNITS[part["unit"]]) for part in parts))


def _rule(first: str, pattern: str, build: Callable[[re.Match[str]], Meaning]) -> Rule:
    return rule(first + first.upper(), rf"(?i:{pattern}){_END}", build)


_END = r"(?![A-Za-z]|\.\w)"
# "sun" and "mon.py" are no weekdays, "MAY" no month.
_SHORT_DAY = r"(?P<weekday>Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:s|r|rs)?"
_LONG_DAY = r"(?P<weekday>mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)"
_COUNTED = "0123456789aot"

RULES = (
    _rule("t", r"today|tonight", lambda match: relative_day(0)),
    _rule("t", r"tomorrow|tmrw", lambda match: relative_day(1)),
    _rule("y", r"yesterday", lambda match: relative_day(-1)),
    _rule("n", r"now", lambda match: Fixed(Level.CLOCK, instant)),
    _rule("n", r"noon", lambda match: Clock((timedelta(hours=12),), "hour")),
    _rule("m", r"midnight", lambda match: Clock((timedelta(hours=24),), "hour")),
    _rule("t", r"this\s(?P<part>morning|afternoon|evening)", lambda match: day_part(_PARTS[match["part"].lower()])),
    rule("E", rf"EOW{_END}", weekday_step(4)),
    _rule("w", r"weekend", lambda match: week_part(5, 2)),
    _rule("nlt", r"(?P<way>next|last|this)\s(?P<unit>week|month|year)", _unit),
    _rule("nlt", r"(?P<way>next|last|this)(?=\s)", lambda match: Pointer(_POINTERS[match["way"].lower()])),
    _rule("mtwfs", _LONG_DAY, _weekday),
    rule("MTWFS", rf"{_SHORT_DAY}{_END}", _weekday),
    _rule("jfmasond", rf"{_MONTH}(?:\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?)", _month),
    rule("JFMASOND", rf"(?!May){_TITLED}(?P<day>(?!))?{_END}", _month),
    _rule("i", rf"in\s(?P<amount>{_ONE})", lambda match: Shift(_amount(match), 1)),
    _rule(_COUNTED, rf"(?P<amount>{_ONE})\s?(?:later|from now|뒤|후)", lambda match: Shift(_amount(match), 1)),
    _rule(_COUNTED, rf"(?P<amount>{_ONE})\s?(?:ago|전)", lambda match: Shift(_amount(match), -1)),
    _rule(_COUNTED, rf"(?P<amount>{_ONE})(?:\s?(?:짜리|동안|간))?", lambda match: Length(_amount(match), "alone")),
    _rule("e", r"every\s?(?P<unit>day|week|month|year)", lambda match: Every(_FREQUENCIES[match["unit"][0].lower()])),
    _rule("e", r"every(?=\s)", lambda match: Every("WEEKLY")),
)
