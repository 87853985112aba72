"""English mixed into Korean: "next Tue 3pm", "Dec 1", "in 2 hours"."""

import re
from typing import Literal

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.days import month_day, relative_day
from mcp_servers.calendar.korean_time.months import month_step, relative_month
from mcp_servers.calendar.korean_time.period import instant
from mcp_servers.calendar.korean_time.step import Fixed, Level, Shift
from mcp_servers.calendar.korean_time.token import Every, Length, Meaning, Pointer, Rule
from mcp_servers.calendar.korean_time.weeks import relative_week, weekday_step
from mcp_servers.calendar.korean_time.years import relative_year

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_POINTERS: dict[str, Literal["next", "last", "this"]] = {"next": "next", "last": "last", "this": "this"}
_UNITS = {"sec": "S", "min": "M", "hou": "H", "hr": "H", "day": "D", "wee": "W", "mon": "Mo", "yea": "Y"}
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}
_AHEAD = {"next": 1, "last": -1, "this": 0}
_END = r"(?![A-Za-z])"
_WEEKDAY = r"(?P<weekday>mon|tue|wed|thu|fri|sat|sun)(?:day|s?day|nesday|rs?day|s|r|rs|urday)?"
_MONTH = (
    r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ember|ober)?\.?"
)
_AMOUNT = r"(?P<count>\d{1,3}|an?|one|two|three)\s?(?P<unit>sec(?:ond)?|min(?:ute)?|hour|hr|day|week|month|year)s?"


def _weekday(match: re.Match[str]) -> Meaning:
    return weekday_step(_WEEKDAYS.index(match["weekday"].lower()))


def _month(match: re.Match[str]) -> Meaning:
    month = _MONTHS.index(match["month"].lower()) + 1
    return month_day(month, int(match["day"])) if match["day"] else month_step(month)


def _unit(match: re.Match[str]) -> Meaning:
    ahead = _AHEAD[match["way"].lower()]
    return {"w": relative_week, "m": relative_month, "y": relative_year}[match["unit"][0].lower()](ahead)


def _amount(match: re.Match[str]) -> Amount:
    unit, count = match["unit"].lower(), match["count"].lower()
    return Amount(((_COUNTS.get(count) or int(count), _UNITS["hr" if unit == "hr" else unit[:3]]),))


def _every(match: re.Match[str]) -> Meaning:
    return Every({"d": "DAILY", "w": "WEEKLY", "m": "MONTHLY", "y": "YEARLY"}[match["unit"][0].lower()])


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern + _END, re.IGNORECASE)


RULES = (
    Rule("tT", _compiled(r"today|tonight"), lambda match: relative_day(0)),
    Rule("tT", _compiled(r"tomorrow|tmrw"), lambda match: relative_day(1)),
    Rule("yY", _compiled(r"yesterday"), lambda match: relative_day(-1)),
    Rule("nN", _compiled(r"now"), lambda match: Fixed(Level.CLOCK, instant)),
    Rule("nlt", _compiled(r"(?P<way>next|last|this)\s(?P<unit>week|month|year)"), _unit),
    Rule("nltNLT", _compiled(r"(?P<way>next|last|this)(?=\s)"), lambda match: Pointer(_POINTERS[match["way"].lower()])),
    Rule("mtwfsMTWFS", _compiled(_WEEKDAY), _weekday),
    Rule("jfmasondJFMASOND", _compiled(rf"{_MONTH}(?:\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?)"), _month),
    Rule("JFMASOND", _compiled(rf"{_MONTH}(?P<day>(?!))?"), _month),
    Rule("iI", _compiled(rf"in\s{_AMOUNT}"), lambda match: Shift(_amount(match), 1)),
    Rule("0123456789atot", _compiled(rf"{_AMOUNT}\s(?:later|from now)"), lambda match: Shift(_amount(match), 1)),
    Rule("0123456789atot", _compiled(rf"{_AMOUNT}\sago"), lambda match: Shift(_amount(match), -1)),
    Rule("0123456789", _compiled(_AMOUNT), lambda match: Length(_amount(match), "alone")),
    Rule("eE", _compiled(r"every\s?(?P<unit>day|week|month|year)"), _every),
    Rule("eE", _compiled(r"every(?=\s)"), lambda match: Every("WEEKLY")),
)
