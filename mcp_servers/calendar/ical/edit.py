"""Edits of single components (RFC 5545 section 3.8.4.4, RFC 5546 section 2.1.4)."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime

from mcp_servers.calendar.entities import Event, Moment
from mcp_servers.calendar.ical.block import Block
from mcp_servers.calendar.ical.components import KINDS, Component, Components, assembled, components
from mcp_servers.calendar.ical.moment import of_key
from mcp_servers.calendar.ical.occurrences import moved, occurrence_of, series_starts
from mcp_servers.calendar.ical.writing import moment_line, patched, stamped

OF_SERIES = frozenset({"rules", "rdates", "exdates"})
"""Fields of a master alone."""
_SIGNIFICANT = frozenset({"start", "end", "status"}) | OF_SERIES
"""What makes an edit a new revision: SEQUENCE goes up."""
_EARLIEST = datetime(3, 1, 1, tzinfo=UTC)


def edited(item: Components, old: Component, event: Event, changed: AbstractSet[str], now: datetime) -> Block:
    """A component with the fields in `changed` as `event` has them, stamped; of the next revision if significant."""
    if not changed:
        return old.block
    wanted = replace(event, sequence=old.event.sequence + 1)
    revised = {"sequence"} if changed & _SIGNIFICANT else frozenset[str]()
    return stamped(patched(old.block, wanted, (changed - {"sequence"}) | revised, item.zones), now)


def with_blocks(item: Components, blocks: Iterable[Block]) -> Components:
    """The item with other components."""
    return components(assembled(item.calendar, blocks), item.zones.home)


def exchanged(item: Components, new: Iterable[tuple[Block, Block | None]]) -> Components:
    """The item with some of its components replaced, those for which there is None removed."""
    by_old = {id(old): block for old, block in new}
    blocks = [by_old.get(id(block), block) for block in item.calendar.blocks(*KINDS)]
    return with_blocks(item, [block for block in blocks if block is not None])


def changed_one(
    item: Components, event: Event, recurrence_id: str, changed: AbstractSet[str], now: datetime
) -> Components:
    """One occurrence as `event` has it, in a component of its own."""
    old = item.changed.get(recurrence_id)
    if old is not None:
        return exchanged(item, [(old.block, edited(item, old, event, changed - OF_SERIES, now))])
    added = edited(item, detached(item, recurrence_id), event, changed - OF_SERIES, now)
    return with_blocks(item, [*item.calendar.blocks(*KINDS), added])


def detached(item: Components, recurrence_id: str) -> Component:
    """The component that says of one occurrence what the master says."""
    at, length = occurrence_of(item, recurrence_id)
    event = moved(item.master.event, at, length)
    bare = item.master.block.without("RRULE", "RDATE", "EXDATE", "EXRULE")
    named = bare.with_lines("RECURRENCE-ID", [moment_line("RECURRENCE-ID", at, item.zones)])
    return Component(patched(named, event, {"start", "end"}, item.zones), event)


def without_one(item: Components, recurrence_id: str, now: datetime) -> Components | None:
    """An EXDATE instead of the occurrence; None when none is left."""
    master = item.master
    own = item.changed.get(recurrence_id)
    gone: list[tuple[Block, Block | None]] = [] if own is None else [(own.block, None)]
    if master.event.recurrence_id is not None:
        return exchanged(item, gone) if len(item.changed) > 1 else None
    at = _moment_of(item, recurrence_id)
    excluded = replace(master.event, exdates=(*master.event.exdates, at))
    left = exchanged(item, [(master.block, edited(item, master, excluded, {"exdates"}, now)), *gone])
    return left if left.changed or first_start(left) is not None else None


def _moment_of(item: Components, recurrence_id: str) -> Moment:
    if recurrence_id in item.changed and item.anchor is not None:
        return of_key(recurrence_id, item.anchor)
    return occurrence_of(item, recurrence_id)[0]


def first_start(item: Components) -> Moment | None:
    """The first occurrence that the series has."""
    return next((moment for moment, _ in series_starts(item, _EARLIEST)), None)
