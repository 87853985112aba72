"""ISO 8601 instants and lengths inside a text."""

import re
from datetime import datetime

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.period import instant
from mcp_servers.calendar.korean_time.step import Fixed, Level
from mcp_servers.calendar.korean_time.token import Absolute, Invalid, Length, Meaning, Rule

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?(?![\d:])")
_LENGTH = re.compile(
    r"P(?=[\dT])(?:(?P<Y>\d+(?:\.\d+)?)Y)?(?:(?P<Mo>\d+(?:\.\d+)?)M)?(?:(?P<W>\d+(?:\.\d+)?)W)?(?:(?P<D>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<H>\d+(?:\.\d+)?)H)?(?:(?P<M>\d+(?:\.\d+)?)M)?(?:(?P<S>\d+(?:\.\d+)?)S)?)?(?![\w.])"
)


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


RULES = (Rule("0123456789", _INSTANT, _instant, whole=False), Rule("P", _LENGTH, _length, whole=False))
