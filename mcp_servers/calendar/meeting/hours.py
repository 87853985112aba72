"""When people work: clock times of a place on its working days."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

from mcp_servers.calendar.holiday import holidays_in
from mcp_servers.calendar.meeting.intervals import Span, difference, intersection

_DAY = timedelta(days=1)
_WAKING = time(7), time(22)

Clocks = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours of one place; Monday to Friday without the public holidays of its country."""

    zone: tzinfo
    country: str = "KR"
    """ISO 3166; empty where holidays are not known."""
    work: Clocks = (time(9), time(18))
    lunch: Clocks | None = (time(12), time(13))

    def working(self, start: datetime, end: datetime) -> list[Span]:
        """The working hours in [start, end), lunch included."""
        return self._daily(self.work, start, end)

    def lunches(self, start: datetime, end: datetime) -> list[Span]:
        return self._daily(self.lunch, start, end) if self.lunch else []

    def desk(self, start: datetime, end: datetime) -> list[Span]:
        """The working hours without lunch."""
        return difference(self.working(start, end), self.lunches(start, end))

    def waking(self, start: datetime, end: datetime) -> list[Span]:
        """From early to late on working days: when a call across time zones is still bearable."""
        return self._daily(_WAKING, start, end)

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5 and not self.holiday(day)

    def holiday(self, day: date) -> str:
        """The name of the public holiday; empty on other days."""
        return holidays_of(self.country, day.year).get(day, "")

    def _daily(self, clocks: Clocks, start: datetime, end: datetime) -> list[Span]:
        spans = [self._span(day, *clocks) for day in days(start, end, self.zone) if self.is_working_day(day)]
        return intersection(spans, [(start.astimezone(UTC), end.astimezone(UTC))])

    def _span(self, day: date, opens: time, closes: time) -> Span:
        return instant(day, opens, self.zone), instant(day, closes, self.zone)


async def holidays_ready(hours: Iterable[Hours], start: datetime, end: datetime) -> None:
    """Have the holidays read that the hours need, in a thread: the library takes 0.3 s at first."""
    wanted = {(one.country, year) for one in hours for year in range(start.year - 1, end.year + 2)}
    await asyncio.to_thread(lambda: [holidays_of(*each) for each in wanted])


def days(start: datetime, end: datetime, zone: tzinfo) -> Iterator[date]:
    """Every day of the zone that [start, end) touches."""
    day, last = start.astimezone(zone).date(), end.astimezone(zone)
    while day < last.date() or (day == last.date() and last.time() > time()):
        yield day
        day += _DAY


def instant(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


@cache
def holidays_of(country: str, year: int) -> Mapping[date, str]:
    """The public holidays of a country, substitute ones included."""
    if country == "KR":
        return holidays_in(year)
    if not country:
        return {}
    # The library costs 0.1 s to import.
    from holidays import country_holidays

    return dict(country_holidays(country, years=year).items())
