"""Lengths of time in calendar units."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.period import add_months

_SECONDS = {"Y": 31_536_000, "Mo": 2_592_000, "W": 604_800, "D": 86_400, "BD": 86_400, "H": 3600, "M": 60, "S": 1}
_DATE, _TIME = ("Y", "Mo", "W", "D"), ("H", "M", "S")


@dataclass(frozen=True, slots=True)
class Amount:
    """Units: Y, Mo (months), W, D, BD (business days), H, M (minutes), S."""

    terms: tuple[tuple[float, str], ...]

    @property
    def delta(self) -> timedelta:
        """A month counts 30 days and a year 365."""
        return timedelta(seconds=sum(count * _SECONDS[unit] for count, unit in self.terms))

    @property
    def in_days(self) -> bool:
        return all(unit not in _TIME for _, unit in self.terms)

    @property
    def business(self) -> int:
        """The business days of it."""
        return int(sum(count for count, unit in self.terms if unit == "BD"))

    @property
    def grain(self) -> str:
        if self.in_days:
            return "day"
        return "second" if any(unit == "S" for _, unit in self.terms) else "minute"

    @property
    def iso(self) -> str:
        """ISO 8601. Business days are written as days; weeks beside other units too."""
        total: dict[str, float] = {}
        for count, unit in self.terms:
            unit = "D" if unit == "BD" else unit
            total[unit] = total.get(unit, 0) + count
        if "W" in total and len(total) > 1:
            total["D"] = total.get("D", 0) + 7 * total.pop("W")
        date = "".join(f"{total[unit]:.12g}{unit[0]}" for unit in _DATE if unit in total)
        time = "".join(f"{total[unit]:.12g}{unit}" for unit in _TIME if unit in total)
        return f"P{date}{'T' + time if time else ''}"

    def after(self, moment: datetime, sign: int = 1) -> datetime:
        """The moment this much later, or earlier when `sign` is -1. Business days are left to `business.py`."""
        months = sum(count * (12 if unit == "Y" else 1) for count, unit in self.terms if unit in ("Y", "Mo"))
        whole = math.floor(months)
        rest = sum(count * _SECONDS[unit] for count, unit in self.terms if unit not in ("Y", "Mo", "BD"))
        moved = add_months(moment, sign * whole)
        return moved + sign * timedelta(seconds=rest, days=round(30 * (months - whole)))
