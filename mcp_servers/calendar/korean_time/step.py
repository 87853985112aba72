"""What a word of time stands for: a step from a wider stretch of time into a narrower one.

A text such as "내년 2월 마지막 토요일 오전 11시" is a chain of steps, each taken inside the stretch before it.
The first step has nothing around it: a fixed one knows its place, a cyclic one comes back with each of its cycles.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from mcp_servers.calendar.korean_time.amount import Amount
from mcp_servers.calendar.korean_time.business import business_day
from mcp_servers.calendar.korean_time.period import CLOCKS, DAY, Period, instant, midnight, one_day


class Level(IntEnum):
    """How narrow a step is."""

    ERA = 0
    YEAR = 1
    PART_OF_YEAR = 2
    MONTH = 3
    PART_OF_MONTH = 4
    WEEK = 5
    PART_OF_WEEK = 6
    DAY = 7
    PART_OF_DAY = 8
    CLOCK = 9


@dataclass(frozen=True, slots=True)
class Fixed:
    """A place that now decides ("내일") or nothing does ("2026년")."""

    level: Level
    at: Callable[[datetime], Period]
    explicit: bool = False
    """Whether it names a year, month or day of the calendar."""
    moved: "Cyclic | None" = None
    """What it means right behind a feast: "크리스마스 다음 주"."""


@dataclass(frozen=True, slots=True)
class Cyclic:
    """What comes back with each `cycle` ("월요일" each week, "12월" each year)."""

    level: Level
    cycle: str
    within: Callable[[Period], Iterable[Period]]
    """Its readings inside a wider stretch, the usual one first; none when there is none."""
    rule: str = ""
    """The parts of an RRULE that say it, with its frequency."""
    weekday: int | None = None
    strict: bool = False
    """Whether today is not the next one ("금요일" said on a Friday)."""
    series: "Cyclic | None" = None
    """What it means in a recurrence, when that is something else."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day. Without 오전 or 오후 it has two readings, the usual one first."""

    options: tuple[timedelta, ...]
    """From the midnight the day begins with."""
    grain: str
    of_day: bool = False
    """Whether it is written as one of 24 hours ("15시", "08:00")."""

    level = Level.CLOCK

    @property
    def bare(self) -> bool:
        return len(self.options) > 1

    def within(self, outer: Period) -> Iterator[Period]:
        found = [instant(midnight(outer.start) + option, self.grain) for option in self.options]
        if outer.end - outer.start < DAY:
            found.sort(key=lambda period: not outer.start <= period.start < outer.end)
        yield from found


@dataclass(frozen=True, slots=True)
class Shift:
    """So much later (`sign` 1) or earlier (-1) than what comes before it, or than now."""

    amount: Amount
    sign: int
    from_past: bool = False
    """Whether it counts from a day that has been, as a birthday has."""

    @property
    def level(self) -> Level:
        return Level.DAY if self.amount.in_days else Level.CLOCK

    def from_now(self, now: datetime) -> Period:
        if self.amount.business:
            return one_day(business_day(now, self.sign * self.amount.business))
        moved = self.amount.after(now, self.sign)
        return one_day(moved) if self.amount.in_days else instant(moved, self.amount.grain)

    def within(self, outer: Period) -> Iterator[Period]:
        if outer.exact:
            grain = max(outer.grain, self.amount.grain, key=_fineness)
            yield instant(self.amount.after(outer.start, self.sign), grain)
        elif self.amount.in_days:
            edge = outer.start if self.sign < 0 else outer.end - timedelta(microseconds=1)
            yield self.from_now(midnight(edge))
        else:
            edge = outer.start if self.sign < 0 or outer.grain in CLOCKS else outer.end
            yield instant(self.amount.after(edge, self.sign), self.amount.grain)


def _fineness(grain: str) -> int:
    return CLOCKS.index(grain) if grain in CLOCKS else -1


Step = Fixed | Cyclic | Clock | Shift
