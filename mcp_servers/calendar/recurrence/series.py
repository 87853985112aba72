"""The recurrence set of a component: RRULE, RDATE, EXRULE and EXDATE in a time zone (RFC 5545 section 3.8.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import islice
from zoneinfo import ZoneInfo

from mcp_servers.calendar.recurrence.clock import Clock, Days, Instants, M
from mcp_servers.calendar.recurrence.expand import TooManyOccurrences
from mcp_servers.calendar.recurrence.rule import Rule

MAX_EXCLUDED = 20_000
"""Exceptions in a row, whether they meet an occurrence or not, with nothing that remains between them."""


@dataclass(frozen=True, slots=True)
class Period:
    """An RDATE with a length of its own."""

    start: date
    length: timedelta


@dataclass(frozen=True, slots=True)
class Occurrence:
    start: date
    """A date, or an aware datetime in the zone of the set (that of the reader, if the set is floating)."""
    length: timedelta | None = None
    """The length of an RDATE that is a period; None: that of the component."""


@dataclass(frozen=True, slots=True)
class RecurrenceSet:
    """All values are dates, or datetimes: naive ones on the clock of `zone`, aware ones anywhere.

    A local time that the clock skips is read with the offset before the change, one that comes twice is its first
    (RFC 5545 section 3.3.5). An EXDATE removes what begins at that instant or, as a date, on that day.
    """

    dtstart: date
    zone: str | None = None
    """An IANA name; None for dates and for floating time, which is read in the zone of whoever asks."""
    rules: tuple[Rule, ...] = ()
    rdates: tuple[date | Period, ...] = ()
    exdates: tuple[date, ...] = ()
    exrules: tuple[Rule, ...] = ()
    always_dtstart: bool = False
    """Whether DTSTART occurs also where no rule produces it, which RFC 5545 leaves undefined. Timetables ("from the
    Monday on which the term starts, every Tuesday") mean the rule alone; so do libical and dateutil."""

    def between(self, start: datetime, end: datetime, limit: int = 10_000) -> list[Occurrence]:
        """Those that begin in [start, end), ascending, each once. Raises TooManyOccurrences beyond `limit`."""
        found = list(islice(self.occurrences(start, end), limit + 1))
        if len(found) > limit:
            raise TooManyOccurrences(f"이 기간에 반복이 {limit:,}번을 넘습니다. 기간을 줄여 주세요.")
        return found

    def occurrences(self, start: datetime, end: datetime | None = None) -> Iterator[Occurrence]:
        """Those that begin in [start, end), lazily. A date begins at midnight for the reader, in the zone of `start`.

        Raises TooManyOccurrences.
        """
        if not isinstance(self.dtstart, datetime):
            return self._found(Days(self.dtstart), _day_from(start), _day_from(end) if end else None)
        zone = ZoneInfo(self.zone) if self.zone else start.tzinfo or UTC
        local = self.dtstart.astimezone(zone).replace(tzinfo=None) if self.dtstart.tzinfo else self.dtstart
        clock = Instants(local, zone, floating=self.zone is None)
        return self._found(clock, start.astimezone(UTC), end.astimezone(UTC) if end else None)

    def _found(self, clock: Clock[M], start: M, end: M | None) -> Iterator[Occurrence]:
        last = None
        for moment, length in self._kept(clock, start, end):
            if end is not None and moment >= end:
                return
            if moment >= start and moment != last:
                yield Occurrence(clock.shown(moment), length)
            last = moment

    def _kept(self, clock: Clock[M], start: M, end: M | None) -> Iterator[tuple[M, timedelta | None]]:
        """What no exception removes, still with what is listed outside of the window and what occurs twice."""
        days = {value for value in self.exdates if not isinstance(value, datetime)}
        moments = {clock.moment(value) for value in self.exdates if isinstance(value, datetime)}
        excluded = merge(*(clock.occurrences(rule, start, end) for rule in self.exrules))
        gone, passed = next(excluded, None), 0
        for moment, length in self._all(clock, start, end):
            while gone is not None and gone < moment and passed <= MAX_EXCLUDED:
                gone, passed = next(excluded, None), passed + 1
            if passed > MAX_EXCLUDED:
                raise TooManyOccurrences("반복에서 뺀 예외가 너무 많습니다. 예외 규칙을 줄여 주세요.")
            if moment == gone or moment in moments or (days and clock.day(moment) in days):
                passed += 1
            else:
                passed = 0
                yield moment, length

    def _all(self, clock: Clock[M], start: M, end: M | None) -> Iterator[tuple[M, timedelta | None]]:
        """Ascending; of two at one moment the one with a length of its own comes first."""
        listed: list[tuple[M, timedelta | None]] = [
            (clock.moment(value.start), value.length) if isinstance(value, Period) else (clock.moment(value), None)
            for value in self.rdates
        ]
        if self.always_dtstart or not self.rules:
            listed.append((clock.moment(self.dtstart), None))
        listed.sort(key=_precedence)
        ruled = (((moment, None) for moment in clock.occurrences(rule, start, end)) for rule in self.rules)
        return merge(listed, *ruled, key=_precedence)


def _precedence(found: tuple[date, timedelta | None]) -> tuple[date, bool]:
    moment, length = found
    return moment, length is None


def _day_from(moment: datetime) -> date:
    """The first day whose midnight does not come before."""
    return moment.date() + timedelta(days=moment.time() > time())
