"""ISO 8601 instants and lengths inside a text."""

import re
from datetime import datetime

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.period import instant
from mcp_servers.calendar.korean_time.step import Fixed, Level
from mcp_servers.calendar.korean_time.words.token import Absolute, Invalid, Length, Meaning, rule

_INSTANT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?(?![\d:])"
_DATE = "".join(rf"(?:(?P<{unit}>\d+(?:\.\d+)?){unit[0]})?" for unit in ("Y", "Mo", "W", "D"))
_TIME = "".join(rf"(?:(?P<{unit}>\d+(?:\.\d+)?){unit})?" for unit in ("H", "M", "S"))
_LENGTH = rf"P(?=[\dT]){_DATE}(?:T(?=\d){_TIME})?(?![\w.])"


def _instant(match: re.Match[str]) -> Meaning:
    try:
        read = datetime.fromisoformat(match.group())
    except ValueError:
        return Invalid()
    if read.tzinfo:
        return Absolute(read)
    grain = "second" if read.second else "minute"
    return Fixed(Level.CLOCK, lambda now: instant(read, grain), explicit=True)


def _length(match: re.Match[str]) -> Meaning | None:
    terms = tuple((float(value), unit) for unit, value in match.groupdict().items() if value)
    return Length(Amount(terms), "during") if terms else None


RULES = (rule("0123456789", _INSTANT, _instant, whole=False), rule("P", _LENGTH, _length, whole=False))
