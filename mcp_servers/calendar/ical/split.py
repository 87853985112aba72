"""A series cut in two before one of its occurrences."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from mcp_servers.calendar.entities import Event, Moment
from mcp_servers.calendar.ical.components import Components, on_clock
from mcp_servers.calendar.ical.edit import OF_SERIES, edited, exchanged, with_blocks
from mcp_servers.calendar.ical.line import line
from mcp_servers.calendar.ical.moment import alike, instant, key
from mcp_servers.calendar.ical.moving import clock
from mcp_servers.calendar.ical.occurrences import moved
from mcp_servers.calendar.ical.writing import patched, utc_text
from mcp_servers.calendar.recurrence.expand import continued_from
from mcp_servers.calendar.recurrence.rule import ByMonth, Calendar, Frequency, InvalidRule, Rule, Skip
from mcp_servers.calendar.recurrence.series import RecurrenceSet


def head(item: Components, at: Moment, now: datetime) -> Components:
    """The series up to, and without, the occurrence `at`."""
    master = item.master
    left = _dated(item, master.event, lambda name: name < key(at))
    left = replace(left, rules=tuple(_capped(item, rule, at) for rule in master.event.rules))
    changed = {name for name in OF_SERIES if getattr(left, name) != getattr(master.event, name)}
    gone = [(each.block, None) for name, each in item.changed.items() if name >= key(at)]
    return exchanged(item, [(master.block, edited(item, master, left, changed, now)), *gone])


def tail(item: Components, at: Moment, now: datetime) -> Components:
    """The series from the occurrence `at` on, with a UID of its own.

    It starts where its rules first produce something, so that they count their weeks and months as before; what is
    not of a rule stays an RDATE.
    """
    master = item.master
    going = {rule: start for rule in master.event.rules if (start := _next(item, rule, at)) is not None}
    first = min(going.values(), key=clock, default=at)
    event = _dated(item, moved(master.event, first), lambda name: name >= key(at))
    event = replace(event, rules=tuple(_continued(item, rule, first) for rule in going), sequence=0)
    fields = {"start", "end", "sequence"} | OF_SERIES
    block = patched(master.block, event, fields, item.zones).with_lines("CREATED", [line("CREATED", utc_text(now))])
    kept = [each.block for name, each in item.changed.items() if name >= key(at)]
    uid = line("UID", str(uuid4()))
    return with_blocks(item, [each.with_lines("UID", [uid]) for each in (block, *kept)])


def _dated(item: Components, event: Event, within: Callable[[str], bool]) -> Event:
    """With those RDATEs and EXDATEs alone whose RECURRENCE-ID is wanted."""

    def kept(moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
        return tuple(each for each in moments if item.anchor and within(key(alike(each, item.anchor))))

    return replace(event, rdates=kept(event.rdates), exdates=kept(event.exdates))


def _parsed(text: str) -> Rule | None:
    try:
        return Rule.parse(text)
    except InvalidRule:
        return None


def _next(item: Components, text: str, at: Moment) -> Moment | None:
    """What the rule produces first from `at` on."""
    rule, begin = _parsed(text), item.anchor
    if rule is None or begin is None or item.recurrence is None:
        return None
    alone = RecurrenceSet(item.recurrence.dtstart, item.recurrence.zone, rules=(on_clock(rule, item.zone),))
    found = next(alone.occurrences(instant(at, item.zones.home).astimezone(item.zone)), None)
    return None if found is None else alike(found.start, begin)


def _capped(item: Components, text: str, at: Moment) -> str:
    rule = _parsed(text)
    return text if rule is None or _next(item, text, at) is None else str(rule.bounded_by(at))


def _continued(item: Components, text: str, start: Moment) -> str:
    rule, begin = _parsed(text), item.anchor
    if rule is None or begin is None:
        return text
    going = continued_from(_pinned(rule, begin), _naive(begin), _naive(start))
    return text if going == rule else str(going)


def _pinned(rule: Rule, begin: Moment) -> Rule:
    """With the day that a rule takes from DTSTART, where the new DTSTART may have been moved off it by SKIP."""
    by_default = not (rule.by_day or rule.by_month_day or rule.by_year_day or rule.by_week_no)
    if rule.skip is Skip.OMIT or rule.rscale is not Calendar.GREGORIAN or not by_default:
        return rule
    if rule.frequency is Frequency.YEARLY:
        return replace(rule, by_month=rule.by_month or (ByMonth(begin.month),), by_month_day=(begin.day,))
    return replace(rule, by_month_day=(begin.day,)) if rule.frequency is Frequency.MONTHLY else rule


def _naive(moment: Moment) -> Moment:
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else moment
