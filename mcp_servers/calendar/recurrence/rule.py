"""The recurrence rule of RFC 5545 section 3.3.10 and RFC 7529, as a value and as text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Self

from mcp_servers.calendar.recurrence.parts import WEEKDAYS, ByDay, ByMonth, Calendar, Frequency, InvalidRule, Skip
from mcp_servers.calendar.recurrence.recur import Recur

__all__ = ["ByDay", "ByMonth", "Calendar", "Frequency", "InvalidRule", "Rule", "Skip"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE. Its lists are sorted and hold nothing twice, so that equal rules have equal text."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    """Inclusive. A date means to the end of that day; an aware time is in UTC, a naive one on the clock of DTSTART."""
    by_month: tuple[ByMonth, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[ByDay, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0
    """WKST; 0 is Monday."""
    rscale: Calendar = Calendar.GREGORIAN
    skip: Skip = Skip.OMIT

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a RECUR value, also with the slips of real clients: case, spaces, "RRULE:", empty parts, INTERVAL=0.

        Raises InvalidRule.
        """
        recur = Recur(text)
        rscale = recur.member(Calendar, "RSCALE", Calendar.GREGORIAN)
        return cls(
            frequency=recur.frequency(),
            interval=recur.interval(),
            count=recur.count(),
            until=recur.until(),
            by_month=recur.months(rscale),
            by_week_no=recur.numbers("BYWEEKNO"),
            by_year_day=recur.numbers("BYYEARDAY"),
            by_month_day=recur.numbers("BYMONTHDAY"),
            by_day=recur.weekdays(),
            by_hour=recur.numbers("BYHOUR"),
            by_minute=recur.numbers("BYMINUTE"),
            by_second=recur.numbers("BYSECOND"),
            by_set_pos=recur.numbers("BYSETPOS"),
            week_start=recur.week_start(),
            rscale=rscale,
            skip=recur.member(Skip, "SKIP", Skip.OMIT),
        )

    def bounded_by(self, instant: date | datetime) -> Self:
        """The rule up to, and without, `instant`: the first half of an edit of "this and following".

        COUNT gives way to UNTIL, so `instant` must not lie after the last occurrence. An aware instant makes UNTIL
        one in UTC, as RFC 5545 wants it for a DTSTART with a zone.
        """
        last: date | datetime
        if isinstance(instant, datetime):
            last = (instant.astimezone(UTC) if instant.tzinfo else instant) - timedelta(seconds=1)
        else:
            last = instant - timedelta(days=1)
        return replace(self, count=None, until=last)

    def __str__(self) -> str:
        """The rule as a RECUR value, its parts in the order in which RFC 5545 evaluates them."""
        return ";".join(f"{name}={value}" for name, value in self._written() if value)

    def _written(self) -> Iterator[tuple[str, str]]:
        lunar = self.rscale is not Calendar.GREGORIAN
        yield "RSCALE", self.rscale if lunar or self.skip is not Skip.OMIT else ""
        yield "FREQ", self.frequency.name
        yield "INTERVAL", str(self.interval) if self.interval > 1 else ""
        yield "COUNT", "" if self.count is None else str(self.count)
        yield "UNTIL", _basic(self.until) if self.until else ""
        for name, values in (
            ("BYMONTH", self.by_month), ("BYWEEKNO", self.by_week_no), ("BYYEARDAY", self.by_year_day),
            ("BYMONTHDAY", self.by_month_day), ("BYDAY", self.by_day), ("BYHOUR", self.by_hour),
            ("BYMINUTE", self.by_minute), ("BYSECOND", self.by_second), ("BYSETPOS", self.by_set_pos),
        ):  # fmt: skip
            yield name, ",".join(map(str, values))
        yield "WKST", WEEKDAYS[self.week_start] if self.week_start else ""
        yield "SKIP", self.skip if self.skip is not Skip.OMIT else ""


def _basic(until: date | datetime) -> str:
    """ISO 8601 basic format, which RFC 5545 writes."""
    if not isinstance(until, datetime):
        return until.isoformat().replace("-", "")
    return until.replace(tzinfo=None).isoformat(timespec="seconds").translate({45: None, 58: None}) + "Z" * bool(
        until.tzinfo
    )
