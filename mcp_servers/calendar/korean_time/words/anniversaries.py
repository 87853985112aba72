"""Anniversaries counted from a date: 백일 and 49재 count its own day as the first, 돌, 환갑 and 주년 count years."""

import re

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.step import Level, Shift
from mcp_servers.calendar.korean_time.words.numerals import NATIVE, number
from mcp_servers.calendar.korean_time.words.token import Meaning, rule

_NAMED = {
    "백일": (99, "D"), "49재": (48, "D"), "사십구재": (48, "D"), "돌": (1, "Y"), "첫돌": (1, "Y"), "환갑": (60, "Y"),
    "회갑": (60, "Y"), "칠순": (69, "Y"), "고희": (69, "Y"), "팔순": (79, "Y"),
}  # fmt: skip


def _after(count: float, unit: str) -> Shift:
    return Shift(Amount(((count, unit),)), 1, from_past=True)


def _named(match: re.Match[str]) -> Meaning:
    return _after(*_NAMED[re.sub(r"\s", "", match["name"])])


def _years(match: re.Match[str]) -> Meaning:
    return _after(number(match["count"]), "Y")


def _days(match: re.Match[str]) -> Meaning:
    return _after(number(match["count"]) - 1, "D")


_NAMES = "|".join(_NAMED).replace("첫돌", r"첫\s?돌")
_PARTY = r"(?:\s?(?:잔치|기념일))"
_DIGITS = "0123456789"

RULES = (
    rule("백4사돌첫환회칠고팔", rf"(?P<name>{_NAMES}){_PARTY}?", _named, after=Level.DAY),
    rule("두세네다", rf"(?P<count>{NATIVE})\s?돌{_PARTY}?", _years, after=Level.DAY),
    rule(_DIGITS, r"(?P<count>\d{1,3})주년", _years, after=Level.DAY),
    rule(_DIGITS, rf"(?P<count>\d{{2,5}})일(?:{_PARTY}|째\s?되는\s?날)", _days, after=Level.DAY),
    rule(_DIGITS, r"(?P<count>\d{3,5})일째?(?!\s?[전후뒤간동])", _days, after=Level.DAY),
)
