"""What a text says about time: one expression, and the two ways of reading what it leaves open."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from mcp_servers.calendar.korean_time.period import CLOCKS

Kind = Literal["instant", "interval", "duration", "recurrence"]
Open = Literal["after", "before"]
Hours = Literal["nearest", "work"]
"""How to read "8시" without 오전 or 오후: the next to come, or before noon from 7 to 11. "3시" is in the afternoon."""
Toward = Literal["future", "past"]
"""Where to look for "월요일" or "11월": ahead (plans) or back (records)."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One time expression of a text. Instants are aware, in the zone of the reference."""

    kind: Kind
    text: str
    span: tuple[int, int]
    grain: str
    """The precision: century, decade, year, half, quarter, month, week, day, hour, minute or second."""
    start: datetime | None = None
    end: datetime | None = None
    """Exclusive."""
    duration: str | None = None
    """ISO 8601."""
    rrule: str | None = None
    """RFC 5545, RFC 7529 for the moon; `start` and `end` are its first occurrence."""
    open: Open | None = None
    reading: str = ""
    rank: int = 0
    """0 for the best reading of its place in the text, 1 and more for what the place may mean too."""
    except_holidays: bool = False
    """Whether a recurrence leaves out public holidays."""
    exdates: tuple[date, ...] = ()
    """Days that a recurrence leaves out."""
    dated: bool = True
    """Whether the text names the day, not only the time of day."""
    bare: bool = False
    """Whether an hour stands without 오전, 오후 or the like."""
    loose: bool = False
    """Whether it is a part of the day ("저녁") and so no exact time."""

    @property
    def timed(self) -> bool:
        """Whether it is as exact as a clock, not whole days or longer."""
        return self.grain in CLOCKS

    @property
    def first(self) -> datetime:
        """`start` of what has one.

        Raises:
            ValueError: a duration does not begin.
        """
        if self.start is None:
            raise ValueError("a duration does not begin")
        return self.start
