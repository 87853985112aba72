"""Anniversaries counted from a date: 백일 and 49재 count its own day as the first, 돌 and 주년 count years."""

import re

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.numerals import NATIVE, number
from mcp_servers.calendar.korean_time.step import Level, Shift
from mcp_servers.calendar.korean_time.token import Meaning, Rule

_FIXED = {"백일": (99, "D"), "100일": (99, "D"), "49재": (48, "D"), "사십구재": (48, "D"), "돌": (1, "Y"), "첫돌": (1, "Y")}


def _fixed(match: re.Match[str]) -> Meaning:
    return Shift(Amount((_FIXED[re.sub(r"\s", "", match["name"])],)), 1)


def _years(match: re.Match[str]) -> Meaning:
    return Shift(Amount(((number(match["count"]), "Y"),)), 1)


def _days(match: re.Match[str]) -> Meaning:
    return Shift(Amount(((number(match["count"]) - 1, "D"),)), 1)


RULES = (
    Rule("백149사돌첫", re.compile(r"(?P<name>백일|100일|49재|사십구재|첫\s?돌|돌)(?:\s?(?:잔치|기념일))?"), _fixed, after=Level.DAY),
    Rule("0123456789", re.compile(r"(?P<count>\d{1,3})주년"), _years, after=Level.DAY),
    Rule("0123456789", re.compile(r"(?P<count>\d{2,5})일(?:째\s?되는)?\s?(?:날|기념일)"), _days, after=Level.DAY),
    Rule("두세네다", re.compile(rf"(?P<count>{NATIVE})\s?돌"), _years, after=Level.DAY),
)  # fmt: skip
