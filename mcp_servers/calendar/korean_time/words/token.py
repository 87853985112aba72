"""Words of time found in a text, before anybody asks how they belong together, and the rules that find them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.step import Level, Step


@dataclass(frozen=True, slots=True)
class Pointer:
    """지난, 이번, 다음 or 오는 before what comes back: "지난 금요일"."""

    to: Literal["last", "this", "next", "coming", "ahead", "back", "then"]


@dataclass(frozen=True, slots=True)
class Length:
    """An amount with the word after it that says how it is meant."""

    amount: Amount
    role: Literal["alone", "within", "during", "ahead"]
    others: tuple[Amount, ...] = ()
    """What a vague number may mean too ("며칠": three days, or two)."""


@dataclass(frozen=True, slots=True)
class Every:
    """The frequency of a recurrence: 매주, 격일, 3주마다; without one it is 마다, which leaves that to its days."""

    frequency: str
    step: int = 1


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Letters of weekdays ("화목", "월·수·금", "월~금"), 0 for Monday."""

    days: tuple[int, ...]
    sure: bool
    """Whether a time behind them is enough to make them a series; else 매주 must stand before."""
    run: bool = False
    """Whether they are written as a range."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A place whose clock is meant."""

    key: str


@dataclass(frozen=True, slots=True)
class Same:
    """The place of now in another day, week, month or year: 이 시각 ("minute"), 이맘때 ("day")."""

    grain: Literal["day", "minute"]


@dataclass(frozen=True, slots=True)
class Invalid:
    """What looks like a date or time and is none ("2월 30일", "25시"): nothing near it may be read either."""


@dataclass(frozen=True, slots=True)
class Absolute:
    """An instant that names its offset from UTC."""

    moment: datetime


Meaning = Step | Pointer | Length | Every | Weekdays | Zone | Absolute | Same | Invalid


@dataclass(frozen=True, slots=True)
class Token:
    start: int
    end: int
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern tried where a text has one of the letters `first`; `build` may refuse what it matched."""

    first: str
    pattern: str
    """Compiled when a text first has such a letter."""
    build: Callable[[re.Match[str]], Meaning | None]
    whole: bool = True
    """Whether only a particle or another word of time may be joined to it ("오늘" in "오늘은", not in "오늘의집")."""
    after: Level | None = None
    """Read only right after a step at least as wide as this ("첫날" alone is no date)."""


def rule(
    first: str,
    pattern: str,
    build: Meaning | Callable[[re.Match[str]], Meaning | None],
    *,
    whole: bool = True,
    after: Level | None = None,
) -> Rule:
    """A rule for a pattern that always means the same, or whose meaning a function reads from the match."""
    if callable(build):
        return Rule(first, pattern, build, whole, after)
    return Rule(first, pattern, lambda match: build, whole, after)


def words(table: Mapping[str, Meaning]) -> Rule:
    """A rule for fixed words; a key may hold several spellings, divided by "|", and "_" where a space is free."""
    spelled = {spelling: meaning for key, meaning in table.items() for spelling in key.split("|")}
    ordered = sorted(spelled, key=len, reverse=True)
    pattern = "|".join(re.escape(spelling).replace("_", r"\s?") for spelling in ordered)
    closed = {re.sub("[_ ]", "", spelling): meaning for spelling, meaning in spelled.items()}
    first = "".join(sorted({spelling[0] for spelling in spelled}))
    return Rule(first, pattern, lambda match: closed[re.sub(r"\s", "", match.group())])
