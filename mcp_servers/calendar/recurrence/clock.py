"""The time line of a series: days if it is all-day, instants (in UTC) if it is timed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from heapq import heappop, heappush
from typing import Protocol, TypeVar

from mcp_servers.calendar.recurrence.expand import starts
from mcp_servers.calendar.recurrence.rule import Rule

_DAY = timedelta(days=1)

M = TypeVar("M", bound=date)
"""A moment of a clock; all of one clock can be compared."""


class Clock(Protocol[M]):
    """How a series reads its values, which may be dates, naive times or aware ones."""

    def moment(self, value: date) -> M:
        """The place of a DTSTART, RDATE or EXDATE on the time line."""

    def day(self, moment: M) -> date:
        """The local day of a moment."""

    def shown(self, moment: M) -> date:
        """The moment as it is told: a date, or a time in the zone of the series."""

    def occurrences(self, rule: Rule, start: M, end: M | None) -> Iterator[M]:
        """The moments of a rule, ascending: at least those in [start, end)."""


@dataclass(frozen=True, slots=True)
class Days:
    dtstart: date

    def moment(self, value: date) -> date:
        return value.date() if isinstance(value, datetime) else value

    def day(self, moment: date) -> date:
        return moment

    def shown(self, moment: date) -> date:
        return moment

    def occurrences(self, rule: Rule, start: date, end: date | None) -> Iterator[date]:
        return starts(rule, self.dtstart, start, end)


@dataclass(frozen=True, slots=True)
class Instants:
    dtstart: datetime
    """Naive, on the clock of `zone`."""
    zone: tzinfo
    floating: bool = False
    """The zone is only that of the reader: an UNTIL "in UTC" means the wall clock too."""

    def moment(self, value: date) -> datetime:
        if not isinstance(value, datetime):
            value = datetime.combine(value, self.dtstart.time())
        return (value if value.tzinfo else value.replace(tzinfo=self.zone)).astimezone(UTC)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def shown(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone)

    def occurrences(self, rule: Rule, start: datetime, end: datetime | None) -> Iterator[datetime]:
        """A wall time that the clock skips comes later than the time line has it: it waits until that is reached."""
        after, before = min(self._walls(start)), max(self._walls(end)) if end else None
        waiting: list[datetime] = []
        for wall in starts(self._local(rule), self.dtstart, after, before):
            moment = wall.replace(tzinfo=self.zone).astimezone(UTC)
            while waiting and waiting[0] <= moment:
                yield heappop(waiting)
            if self._wall(moment) == wall:
                yield moment
            else:
                heappush(waiting, moment)
        yield from sorted(waiting)

    def _wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self.zone).replace(tzinfo=None)

    def _walls(self, moment: datetime) -> tuple[datetime, datetime]:
        """What the clock shows, and would show had it not changed for a day."""
        return self._wall(moment), self._wall(moment - _DAY) + _DAY

    def _local(self, rule: Rule) -> Rule:
        if self.floating or not isinstance(rule.until, datetime) or rule.until.tzinfo is None:
            return rule
        try:
            return replace(rule, until=self._wall(rule.until))
        except OverflowError:  # "until the end of 9999", east of Greenwich
            return replace(rule, until=None)
