"""An edit of a whole series: its master, the rules and dates that go with its time, and its changed occurrences."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mcp_servers.calendar.entities import Event, Moment
from mcp_servers.calendar.ical.block import Block
from mcp_servers.calendar.ical.components import Component, Components, anchor
from mcp_servers.calendar.ical.edit import OF_SERIES, edited, exchanged
from mcp_servers.calendar.ical.moment import alike, instant, later, span
from mcp_servers.calendar.ical.moving import clock, moved_rule, shifted
from mcp_servers.calendar.ical.occurrences import moved, occurrence_of, series_starts
from mcp_servers.calendar.ical.writing import differing, moment_line

_TIMES = frozenset({"start", "end"})
_NEAR = timedelta(days=16)
Move = Callable[[Moment], Moment]
"""Where an occurrence of the series that was is in the series that is."""


def changed_all(
    item: Components, event: Event, recurrence_id: str, changed: AbstractSet[str], now: datetime
) -> Components:
    """Every occurrence with the fields in `changed` as `event` has them, which describes `recurrence_id`.

    Rules, dates and changed occurrences move along. What was changed in one occurrence stays, except where it is
    still as in the series.

    Raises:
        UnclearEdit: the rules leave open where a moved series belongs.
    """
    old, wanted = item.anchor, anchor(event)
    if old is None or wanted is None or not item.master.event.recurs:
        return exchanged(item, [(item.master.block, edited(item, item.master, event, changed, now))])
    new = shifted(old, _step(item, recurrence_id, wanted), wanted) if changed & _TIMES else old
    master = _master(item, event, changed, new)
    written = changed | (_TIMES if changed & _TIMES else set()) | (OF_SERIES if new != old else set())
    move = _move(exchanged(item, [(item.master.block, edited(item, item.master, master, written, now))]), old, new)
    master = _with_dates(master, move, changed)
    own = [
        (each.block, _own(item, each, master, move, event if name == recurrence_id else None, changed, now))
        for name, each in item.changed.items()
    ]
    whole = exchanged(item, [(item.master.block, edited(item, item.master, master, written, now)), *own])
    return without_strays(whole) if changed & OF_SERIES else whole


def _step(item: Components, recurrence_id: str, wanted: Moment) -> timedelta:
    """How far the clock was put forward."""
    before = item.changed[recurrence_id].event if recurrence_id in item.changed else None
    if before is None and recurrence_id and item.anchor is not None:
        before = moved(item.master.event, *occurrence_of(item, recurrence_id))
    was = anchor(before or item.master.event)
    return timedelta() if was is None else clock(wanted) - clock(was)


def _master(item: Components, event: Event, changed: AbstractSet[str], new: Moment) -> Event:
    """The new master, its dates still those of the old one."""
    master, old = item.master.event, item.anchor
    fields = {name: getattr(event, name) for name in changed - _TIMES}
    if changed & _TIMES:
        fields |= _times(event, new)
    if "rules" not in changed and old is not None:
        fields["rules"] = tuple(moved_rule(rule, old, new, item.zones.home) for rule in master.rules)
    return replace(master, **fields)


def _with_dates(master: Event, move: Move, changed: AbstractSet[str]) -> Event:
    rdates = master.rdates if "rdates" in changed else tuple(map(move, master.rdates))
    exdates = master.exdates if "exdates" in changed else tuple(map(move, master.exdates))
    return replace(master, rdates=rdates, exdates=exdates)


def _times(event: Event, new: Moment) -> dict[str, Moment | None]:
    """As long as `event` is, from `new` on."""
    if event.start is None:
        return {"start": None, "end": new}
    if event.end is None:
        return {"start": new, "end": None}
    end = later(new, span(event.start, event.end))
    return {"start": new, "end": alike(end, event.end) if type(end) is type(event.end) else end}


def _move(series: Components, old: Moment, new: Moment) -> Move:
    """Days of a month move to where the moved rules have them; everything else as far as the start did."""
    step, home = clock(new) - clock(old), series.zones.home
    uneven = clock(new).date() != clock(old).date() and any(
        "MONTHLY" in rule.upper() or "YEARLY" in rule.upper() for rule in series.master.event.rules
    )

    def move(moment: Moment) -> Moment:
        to = shifted(alike(moment, old), step, new)
        if not uneven:
            return to
        at = instant(to, home).astimezone(UTC)
        near = (found for found, _ in series_starts(series, at - _NEAR, at + _NEAR))
        return min(near, key=lambda found: abs(clock(found) - clock(to)), default=to)

    return move


def _own(
    item: Components,
    own: Component,
    master: Event,
    move: Move,
    edit: Event | None,
    changed: AbstractSet[str],
    now: datetime,
) -> Block:
    """A changed occurrence in the moved series; `edit` is what became of it if it is the one that was edited."""
    at = own.event.recurrence_id
    if at is None:
        return own.block
    to = move(at)
    before, after = moved(item.master.event, at), moved(master, to)
    if edit is None:
        wanted = _followed(own.event, before, after)
    else:
        wanted = replace(own.event, **{name: getattr(edit, name) for name in changed})
    block = own.block
    if to != at or type(to) is not type(at):
        named = moment_line("RECURRENCE-ID", to, item.zones, block.line("RECURRENCE-ID"))
        block = block.with_lines("RECURRENCE-ID", [named])
    return edited(item, Component(block, own.event), wanted, differing(own.event, wanted) - OF_SERIES, now)


def _followed(own: Event, before: Event, after: Event) -> Event:
    """What was as in the series is as in the series."""
    fields = {name: getattr(after, name) for name in differing(before, after) - {"sequence"}}
    taken = {name: value for name, value in fields.items() if getattr(own, name) == getattr(before, name)}
    if "start" in taken and "end" not in taken and own.start and own.end and after.start:
        length = span(own.start, own.end)
        taken["end"] = later(after.start, length)
    return replace(own, **taken)


def without_strays(item: Components) -> Components:
    """Without changed occurrences that the new rules do not have."""
    strays: list[tuple[Block, Block | None]] = []
    for name, each in item.changed.items():
        try:
            occurrence_of(item, name)
        except KeyError:
            strays.append((each.block, None))
    return exchanged(item, strays) if strays else item
