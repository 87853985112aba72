"""What the parts of a recurrence rule hold (RFC 5545 section 3.3.10, RFC 7529 section 4)."""

from enum import IntEnum, StrEnum
from typing import NamedTuple

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class InvalidRule(ValueError):
    """The text is no recurrence rule that can be followed; the message says why, in Korean."""


class Frequency(IntEnum):
    """From coarse to fine."""

    YEARLY = 0
    MONTHLY = 1
    WEEKLY = 2
    DAILY = 3
    HOURLY = 4
    MINUTELY = 5
    SECONDLY = 6


class Calendar(StrEnum):
    """RSCALE: the calendar whose years, months and days the rule counts."""

    GREGORIAN = "GREGORIAN"
    DANGI = "DANGI"


class Skip(StrEnum):
    """What becomes of a day or leap month that a year or month lacks (RFC 7529 section 4.1)."""

    OMIT = "OMIT"
    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"


class ByDay(NamedTuple):
    weekday: int
    """0 is Monday."""
    nth: int = 0
    """Which one in the month or year, counted from its end if negative; 0 for every one."""

    def __str__(self) -> str:
        return f"{self.nth or ''}{WEEKDAYS[self.weekday]}"


class ByMonth(NamedTuple):
    number: int
    leap: bool = False
    """The leap month that follows the month of that number."""

    def __str__(self) -> str:
        return f"{self.number}{'L' * self.leap}"
