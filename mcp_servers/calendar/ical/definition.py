"""VTIMEZONE (RFC 5545 section 3.6.5): written for a zone of the tz database, and recognised as one."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from mcp_servers.calendar.ical.block import Block
from mcp_servers.calendar.ical.line import Line, line
from mcp_servers.calendar.ical.moment import key, parsed
from mcp_servers.calendar.recurrence.expand import TooManyOccurrences, starts
from mcp_servers.calendar.recurrence.rule import Frequency, InvalidRule, Rule

_FIRST, _RECENT, _LAST_YEAR = 1970, 2008, 2037
"""Definitions begin in one of two years, so that the same zone nearly always has the same text."""
_SAMPLED = (2015, 2024, 2026)
_SAMPLES = [datetime(year, month, 15, tzinfo=UTC) for year in _SAMPLED for month in (1, 4, 7, 10)]
_MAX_OBSERVANCES = 200
_HOUR = timedelta(hours=1)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)(\d\d)?")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _Onset:
    """A change of offset, at a local time of the offset before."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str
    daylight: bool

    @property
    def yearly(self) -> tuple[int, str, datetime, timedelta, timedelta, str]:
        """What onsets of one rule have in common: month, weekday in it, time of day, offsets."""
        last = (self.at + timedelta(days=7)).month != self.at.month
        nth = -1 if last else (self.at.day - 1) // 7 + 1
        clock = datetime.combine(date.min, self.at.time())
        return self.at.month, f"{nth}{_WEEKDAYS[self.at.weekday()]}", clock, self.before, self.after, self.name


@lru_cache(maxsize=128)
def definition(zone: ZoneInfo, tzid: str, year: int) -> Block:
    """A VTIMEZONE that is right from `year` on, but not before 1970: one observance for each rule that held."""
    onsets = list(_onsets(zone, _RECENT if year >= _RECENT else _FIRST))
    observances = [_observance(list(same)) for _, same in groupby(sorted(onsets, key=_by_rule), key=_by_rule)]
    return Block("VTIMEZONE", (line("TZID", tzid), *observances))


def _by_rule(onset: _Onset) -> tuple[object, ...]:
    return (onset.daylight, *onset.yearly)


def _onsets(zone: ZoneInfo, year: int) -> Iterator[_Onset]:
    """The state at the begin of `year`, then every change."""
    here = datetime(year, 1, 1, tzinfo=zone)
    at = here.astimezone(UTC)
    offset = here.utcoffset() or timedelta()
    yield _Onset(here.replace(tzinfo=None), offset, offset, here.tzname() or "", bool(here.dst()))
    while at.year <= _LAST_YEAR:
        after = at + timedelta(days=20)
        if (after.astimezone(zone).utcoffset()) != offset:
            change = _change(zone, at, after, offset)
            here = change.astimezone(zone)
            new = here.utcoffset() or timedelta()
            yield _Onset((change + offset).replace(tzinfo=None), offset, new, here.tzname() or "", bool(here.dst()))
            offset, after = new, max(change, at + _HOUR)
        at = after


def _change(zone: ZoneInfo, low: datetime, high: datetime, offset: timedelta) -> datetime:
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


def _observance(onsets: list[_Onset]) -> Block:
    first, last = onsets[0], onsets[-1]
    parts = [
        line("DTSTART", key(first.at)),
        line("TZOFFSETFROM", _offset_text(first.before)),
        line("TZOFFSETTO", _offset_text(first.after)),
        line("TZNAME", first.name),
    ]
    if len(onsets) > 1:
        parts.append(_repeated(onsets, last))
    return Block("DAYLIGHT" if first.daylight else "STANDARD", tuple(parts))


def _repeated(onsets: list[_Onset], last: _Onset) -> Line:
    """A rule where there was one change each year, else the changes one by one."""
    years = [onset.at.year for onset in onsets]
    if years != list(range(years[0], years[-1] + 1)):
        return line("RDATE", ",".join(key(onset.at) for onset in onsets[1:]))
    month, weekday, *_ = last.yearly
    until = "" if last.at.year >= _LAST_YEAR else f";UNTIL={key(last.at - last.before)}Z"
    return line("RRULE", f"FREQ=YEARLY;BYMONTH={month};BYDAY={weekday}{until}")


def _offset_text(offset: timedelta) -> str:
    seconds = abs(int(offset.total_seconds()))
    rest = f"{seconds % 60:02}" if seconds % 60 else ""
    return f"{'-' if offset < timedelta() else '+'}{seconds // 3600:02}{seconds // 60 % 60:02}{rest}"


def matching(block: Block, candidates: Iterable[tzinfo]) -> tzinfo | None:
    """The first of `candidates` that best does what a VTIMEZONE says; its plain offset when none does so this year.

    None when the definition says nothing.
    """
    changes = sorted(_changes(block), key=lambda change: change[0])
    if not changes:
        return None
    wanted = [_offset_at(changes, sample) for sample in _SAMPLES]
    best, score = None, 0
    for zone in candidates:
        agreed = [mine == offset for mine, offset in zip(_sampled(zone), wanted, strict=True)]
        if all(agreed[-4:]) and sum(agreed) > score:
            best, score = zone, sum(agreed)
    return best or timezone(wanted[-4])


@lru_cache(maxsize=1024)
def _sampled(zone: tzinfo) -> list[timedelta | None]:
    return [sample.astimezone(zone).utcoffset() for sample in _SAMPLES]


def _offset_at(changes: list[tuple[datetime, timedelta, timedelta]], at: datetime) -> timedelta:
    past = [after for onset, _, after in changes if onset <= at]
    return past[-1] if past else changes[0][1]


def _changes(block: Block) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """(instant, offset before, offset after) around the sampled years."""
    for observance in block.blocks("STANDARD", "DAYLIGHT")[:_MAX_OBSERVANCES]:
        try:
            before, after = (_offset(observance.text(name)) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
            for onset in _local_onsets(observance):
                yield (onset - before).replace(tzinfo=UTC), before, after
        except (ValueError, OverflowError):
            continue


def _local_onsets(observance: Block) -> Iterator[datetime]:
    begin = parsed(observance.text("DTSTART"), None)
    if not isinstance(begin, datetime):
        return
    begin = begin.replace(tzinfo=None)
    yield begin
    written = [text for each in observance.lines("RDATE")[:_MAX_OBSERVANCES] for text in each.value.split(",")]
    for text in written[:_MAX_OBSERVANCES]:
        if isinstance(onset := parsed(text, None), datetime):
            yield onset.replace(tzinfo=None)
    for rule in observance.lines("RRULE")[:1]:
        yield from _by_yearly_rule(rule.value, begin)


def _by_yearly_rule(text: str, begin: datetime) -> Iterator[datetime]:
    try:
        rule = Rule.parse(text)
        if rule.frequency is not Frequency.YEARLY:
            return
        low, high = datetime(_SAMPLED[0] - 1, 1, 1), datetime(_SAMPLED[-1] + 1, 1, 1)
        for count, onset in enumerate(starts(rule, begin, low, high)):
            if count > _MAX_OBSERVANCES:
                return
            if isinstance(onset, datetime):
                yield onset
    except (InvalidRule, TooManyOccurrences):
        return


def _offset(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text.strip())
    if found is None or int(found[2]) > 23:
        raise ValueError(text)
    span = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -span if found[1] == "-" else span
