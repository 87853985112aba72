"""A recurrence: the rule of RFC 5545 (and RFC 7529 for the moon) that says it, and its first occurrence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import groupby

from mcp_servers.calendar.holiday import is_holiday
from mcp_servers.calendar.korean_time.chain import inside
from mcp_servers.calendar.korean_time.period import Period, instant, midnight, one_day, unit_at
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Step
from mcp_servers.calendar.korean_time.words.token import Every
from mcp_servers.calendar.korean_time.words.weeks import CODES

_UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_CYCLES = {"year": "YEARLY", "month": "MONTHLY", "week": "WEEKLY"}
_ORDER = ("RSCALE", "FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYHOUR", "BYMINUTE")
_REACH = {"day": 60, "week": 60, "month": 60, "quarter": 20, "year": 20}
"""How many units ahead the first occurrence may lie."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Series:
    every: Every
    days: tuple[Cyclic, ...] = ()
    """Wider steps first; several of one level are alternatives (Tuesday and Thursday)."""
    times: tuple[Step, ...] = ()
    length: timedelta | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    count: int | None = None
    except_holidays: bool = False
    exdates: tuple[date, ...] = ()

    @property
    def frequency(self) -> str:
        said = _parts(self.days[0]).get("FREQ", _CYCLES.get(self.days[0].cycle, "DAILY")) if self.days else "DAILY"
        if self.every.frequency == "WEEKLY" and self.days:
            return said
        return self.every.frequency or said

    def first(self, now: datetime) -> Period | None:
        """Its first occurrence that has not begun yet, or the one that runs today when it lasts all day."""
        begin = max(self.since, midnight(now)) if self.since else now
        if self.frequency not in _UNITS:
            return instant(begin)
        unit = _UNITS[self.frequency]
        if self.every.step == 3 and self.frequency == "MONTHLY":
            unit = "quarter"
        for ahead in range(-1, _REACH[unit]):
            found = [
                period for period in self._within(unit_at(unit, begin, ahead), begin) if self._counts(period, begin)
            ]
            if found:
                first = min(found, key=lambda period: period.start)
                return Period(first.start, first.start + self.length, first.grain) if self.length else first
        return None

    def rule(self, first: Period, zone: tzinfo | None) -> str:
        """The RRULE value; `first` is the first occurrence."""
        parts = {"FREQ": self.frequency}
        if self.every.step > 1:
            parts["INTERVAL"] = str(self.every.step)
        for step in self.days:
            for key, value in _parts(step).items():
                if key != "FREQ":
                    parts[key] = f"{parts[key]},{value}" if key in parts and key.startswith("BY") else value
        if self._ends_in_next_day():
            parts = {key: _next_day(key, value) for key, value in parts.items()}
        if "RSCALE" not in parts and any(isinstance(time, Clock) for time in self.times):
            parts |= {"BYHOUR": str(first.start.hour), "BYMINUTE": str(first.start.minute)}
        return ";".join(f"{key}={parts[key]}" for key in _ORDER if key in parts) + self._limit(zone)

    def _ends_in_next_day(self) -> bool:
        """Whether the time belongs to the day behind: "금요일 자정"."""
        day = one_day(datetime(2000, 1, 1))
        return any(period.start >= day.end for period in list(inside(self.times, day))[:1])

    def _limit(self, zone: tzinfo | None) -> str:
        if self.until:
            last = self.until - _SECOND
            utc = last.replace(tzinfo=zone).astimezone(UTC)
            return f";UNTIL={utc.year:04}{utc:%m%dT%H%M%SZ}" if self.times else f";UNTIL={last.year:04}{last:%m%d}"
        return f";COUNT={self.count}" if self.count else ""

    def _within(self, outer: Period, begin: datetime) -> Iterator[Period]:
        if self.days:
            days = [step.series or step for step in self.days]
            groups = [list(group) for _, group in groupby(days, key=lambda step: step.level)]
            found = list(_nested(groups, outer))
        elif outer.grain == "day":
            found = [outer]
        else:
            found = [unit_at("day", begin)] if outer.start <= begin < outer.end else []
        for day in found:
            yield from list(inside(self.times, day))[:1]

    def _counts(self, period: Period, begin: datetime) -> bool:
        day = period.start.date()
        if day in self.exdates or (self.except_holidays and is_holiday(day)):
            return False
        if not self.times:
            return period.start >= midnight(begin)
        return period.start >= begin if period.exact else period.end > begin


def _nested(groups: list[list[Cyclic]], outer: Period) -> Iterator[Period]:
    if not groups:
        yield outer
        return
    for step in groups[0]:
        for inner in step.within(outer):
            yield from _nested(groups[1:], inner)


def _next_day(key: str, value: str) -> str:
    """A part of a rule one day later."""
    if key == "BYDAY":
        return ",".join(code[:-2] + CODES[(CODES.index(code[-2:]) + 1) % 7] for code in value.split(","))
    if key == "BYMONTHDAY":
        return ",".join(str(int(day) + 1 or 1) for day in value.split(","))
    return value


def _parts(step: Cyclic) -> dict[str, str]:
    return dict(part.split("=", 1) for part in step.rule.split(";") if part)
