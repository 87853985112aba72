"""The components of one item: its master and its changed occurrences, each as text and as an event."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import MAXYEAR, datetime, timedelta, timezone, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from mcp_servers.calendar.entities import Event, Moment
from mcp_servers.calendar.ical.block import Block, InvalidCalendar, calendar
from mcp_servers.calendar.ical.definition import definition
from mcp_servers.calendar.ical.line import Line
from mcp_servers.calendar.ical.moment import key, length, span
from mcp_servers.calendar.ical.reading import moment_of, moments, read_event
from mcp_servers.calendar.ical.zone import Zones, known, zones
from mcp_servers.calendar.recurrence.rule import InvalidRule, Rule
from mcp_servers.calendar.recurrence.series import Period, RecurrenceSet

KINDS = ("VEVENT", "VTODO")


@dataclass(frozen=True)
class Component:
    block: Block
    event: Event


@dataclass(frozen=True)
class Components:
    """What one UID is made of."""

    calendar: Block
    zones: Zones
    master: Component
    """Where only changed occurrences are known, as in an invitation to one of them, the first of these."""
    changed: Mapping[str, Component]
    """By RECURRENCE-ID in basic format, ascending."""

    @property
    def anchor(self) -> Moment | None:
        """Where the series starts: DTSTART, of a task without one DUE."""
        return anchor(self.master.event)

    @property
    def zone(self) -> tzinfo:
        """In which the series tells the time: that of its start, of a floating one the user's."""
        begin = self.anchor
        return (begin.tzinfo if isinstance(begin, datetime) else None) or self.zones.home

    @cached_property
    def recurrence(self) -> RecurrenceSet | None:
        """On the clock of `zone`. DTSTART always counts (section 3.8.5.3), as in the calendars that people use."""
        begin = self.anchor
        if begin is None:
            return None
        zone = begin.tzinfo if isinstance(begin, datetime) else None
        return RecurrenceSet(
            dtstart=begin.replace(tzinfo=None) if isinstance(begin, datetime) else begin,
            zone=zone.key if isinstance(zone, ZoneInfo) else None,
            rules=tuple(_rules(self.master.block, "RRULE", zone)),
            rdates=tuple(self._rdates()),
            exdates=self.master.event.exdates,
            exrules=tuple(_rules(self.master.block, "EXRULE", zone)),
            always_dtstart=True,
        )

    def _rdates(self) -> Iterator[Moment | Period]:
        for found in self.master.block.lines("RDATE"):
            try:
                for moment, text in moments(found, self.zones):
                    yield _period(moment, text.partition("/")[2], found, self.zones)
            except ValueError:
                continue


def _rules(block: Block, name: str, zone: tzinfo | None) -> Iterator[Rule]:
    """A rule that cannot be read is none; the text keeps it."""
    for found in block.lines(name):
        try:
            rule = Rule.parse(found.value)
        except InvalidRule:
            continue
        yield on_clock(rule, zone)


def on_clock(rule: Rule, zone: tzinfo | None) -> Rule:
    """With UNTIL on the clock of a plain offset, which has no name for a recurrence set to know it by."""
    if isinstance(zone, timezone) and isinstance(rule.until, datetime) and rule.until.tzinfo:
        return replace(rule, until=rule.until.astimezone(zone).replace(tzinfo=None))
    return rule


def _period(start: Moment, end: str, found: Line, named: Zones) -> Moment | Period:
    """`end` is the second part of a PERIOD, a length or an end; empty when there is none."""
    if not end or not isinstance(start, datetime):
        return start
    try:
        lasting = length(end)
    except ValueError:
        lasting = span(start, moment_of(end, found, named))
    return Period(start, max(lasting, timedelta()))


def anchor(event: Event) -> Moment | None:
    return event.start if event.start is not None else event.end


def components(item: Block, home: tzinfo) -> Components:
    """Read the VCALENDAR of one item; `home` is the user's zone.

    Raises:
        InvalidCalendar: there is no event and no task in it that can be read.
    """
    named = zones(item, home)
    blocks = item.blocks(*KINDS)
    read = [_read(block, named, None) for block in blocks if block.line("RECURRENCE-ID") is None]
    master = max(read, key=_revision, default=None)
    start = anchor(master.event) if master else None
    exceptions = [_read(block, named, start) for block in blocks if block.line("RECURRENCE-ID") is not None]
    changed = _newest(exceptions)
    if master is None and not changed:
        raise InvalidCalendar("일정(VEVENT)이나 할 일(VTODO)이 들어 있지 않은 iCalendar 자료입니다.")
    return Components(item, named, master or next(iter(changed.values())), changed)


def _read(block: Block, named: Zones, start: Moment | None) -> Component:
    try:
        return Component(block, read_event(block, named, start))
    except ValueError as error:
        raise InvalidCalendar(f"{block.text('SUMMARY')[:60]!r}: {error}.") from error


def _revision(component: Component) -> int:
    return component.event.sequence


def _newest(exceptions: Iterable[Component]) -> dict[str, Component]:
    """Of two about the same occurrence the one of the later revision."""
    found: dict[str, Component] = {}
    for each in sorted(exceptions, key=_revision):
        if each.event.recurrence_id is not None:
            found[key(each.event.recurrence_id)] = each
    return dict(sorted(found.items()))


def assembled(item: Block, blocks: Iterable[Block]) -> Block:
    """The item with other components; what else it holds stays, and zones that are new to it are defined."""
    kept = [part for part in item.parts if part.name not in KINDS]
    blocks = list(blocks)
    defined = {part.text("TZID") for part in kept if isinstance(part, Block)}
    return Block("VCALENDAR", (*kept, *_definitions(blocks, defined), *blocks))


def new_item(blocks: Iterable[Block]) -> Block:
    return assembled(calendar(()), blocks)


def _definitions(blocks: Iterable[Block], defined: set[str]) -> Iterator[Block]:
    used: dict[str, int] = {}
    for tzid, year in (use for block in blocks for use in _zones_used(block)):
        used[tzid] = min(year, used.get(tzid, MAXYEAR))
    for tzid, year in sorted(used.items()):
        if tzid in defined:
            continue
        zone = known(tzid)
        if zone is not None:
            yield definition(zone, tzid, year)


def _zones_used(block: Block) -> Iterator[tuple[str, int]]:
    """TZID and the year of the time that has it."""
    for found in block.walk():
        tzid = found.parameter("TZID") if "TZID=" in found.raw.upper() else ""
        if tzid:
            year = found.value[:4]
            yield tzid, int(year) if year.isdecimal() else MAXYEAR
