"""A recurrence: the rule of RFC 5545 (and RFC 7529 for the moon) that says it, and its first occurrence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import groupby

from mcp_servers.calendar.korean_time.business import is_holiday
from mcp_servers.calendar.korean_time.chain import inside
from mcp_servers.calendar.korean_time.period import CLOCKS, Period, midnight, unit_at
from mcp_servers.calendar.korean_time.step import Cyclic, Step
from mcp_servers.calendar.korean_time.token import Every
from mcp_servers.calendar.korean_time.weeks import CODES

_UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_ORDER = ("RSCALE", "FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYHOUR", "BYMINUTE")
_REACH = 400
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
        if self.every.frequency:
            return self.every.frequency
        if not self.days:
            return "DAILY"
        return _parts(self.days[0]).get("FREQ") or ("YEARLY" if self.days[0].cycle == "year" else "MONTHLY")

    def first(self, now: datetime) -> Period | None:
        """Its first occurrence that has not begun yet, or the one that runs today when it lasts all day."""
        begin = max(self.since, midnight(now)) if self.since else now
        unit = _UNITS.get(self.frequency, "day")
        if self.every.step == 3 and self.frequency == "MONTHLY":
            unit = "quarter"
        for ahead in range(-1, _REACH if unit == "day" else _REACH // 4):
            found = [
                period for period in self._within(unit_at(unit, begin, ahead), begin) if self._counts(period, begin)
            ]
            if found:
                first = min(found, key=lambda period: period.start)
                return Period(first.start, first.start + self.length, first.grain) if self.length else first
        return None

    def rule(self, first: Period, zone: tzinfo | None) -> str:
        parts: dict[str, str] = {"FREQ": self.frequency}
        if self.every.step > 1:
            parts["INTERVAL"] = str(self.every.step)
        order = ""
        for step in self.days:
            said = _parts(step)
            order = said.pop("ORDER", order)
            said.pop("FREQ", None)
            for key, value in said.items():
                value = order + value if key == "BYDAY" else value
                parts[key] = f"{parts[key]},{value}" if key in parts and key.startswith("BY") else value
        if order and parts["FREQ"] == "WEEKLY":
            parts["FREQ"] = "MONTHLY"
        if self.times and first.grain in CLOCKS and self.times[-1].level > 8:
            parts |= {"BYHOUR": str(first.start.hour), "BYMINUTE": str(first.start.minute)}
        if "BYDAY" in parts and not order and "," in parts["BYDAY"] and "SETPOS" not in parts:
            codes = parts["BYDAY"].split(",")
            parts["BYDAY"] = ",".join(sorted(dict.fromkeys(codes), key=lambda code: CODES.index(code[-2:])))
        text = ";".join(f"{key}={parts[key]}" for key in _ORDER if key in parts)
        return text + self._limit(bool(self.times), zone)

    def _limit(self, timed: bool, zone: tzinfo | None) -> str:
        if self.until:
            last = self.until - _SECOND
            utc = last.replace(tzinfo=zone).astimezone(UTC)
            return f";UNTIL={utc:%Y%m%dT%H%M%SZ}" if timed else f";UNTIL={last:%Y%m%d}"
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
        for inner in list(step.within(outer))[:1]:
            yield from _nested(groups[1:], inner)


def _parts(step: Cyclic) -> dict[str, str]:
    return dict(part.split("=", 1) for part in step.rule.split(";") if part)
