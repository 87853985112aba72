"""Reminders in SQL: what may ring soon, and which were claimed, settled or put off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import occurrence_id
from mcp_servers.calendar.store import spans
from mcp_servers.calendar.store.items import reach
from mcp_servers.calendar.tables import DESCRIBES, collection, component, item, occurrence, reminder

LEASE = timedelta(minutes=2)
"""A claim that was not settled by then lapses: its process is dead."""
KEPT = timedelta(days=60)
"""How long it is known that a reminder was told."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """An occurrence, or a task without a time, that may ring."""

    item: str
    title: str
    location: str
    kind: str
    alarms: int
    digest: str
    """Of the item's text."""
    created_at: datetime
    """Of the item."""
    recurrence_id: str
    component: str
    start: datetime | None
    end: datetime | None
    all_day: bool

    @property
    def id(self) -> str:
        return occurrence_id(self.item, self.recurrence_id)


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a reminder that was claimed, or put off."""

    due_at: datetime
    claimed_at: datetime | None
    settled_at: datetime | None

    def is_taken(self, now: datetime) -> bool:
        """Told, or about to be by whoever claimed it."""
        return self.settled_at is not None or (self.claimed_at is not None and self.claimed_at > now - LEASE)


async def candidates(
    connection: AsyncConnection, start: datetime, end: datetime, now: datetime, *, silent: bool
) -> list[Candidate]:
    """What shares time with [start, end) in calendars of the user's own, and tasks without a time.

    `silent`: also what has no alarm.
    """
    await reach(connection, start, end, now)
    query = _selected(*_TIMES).join(occurrence, DESCRIBES)
    if not silent:
        query = query.where(component.c.alarms > 0)
    undated = _selected(*_NO_TIMES).where(
        component.c.kind == "VTODO", component.c.alarms > 0, ~sa.exists().where(occurrence.c.item == component.c.item)
    )
    # One at a time: each is a range of an index.
    queries = (spans.running(query, start), spans.starting(query, start, end), undated)
    return [Candidate(*row) for query in queries for row in await connection.execute(query)]


_TIMES: tuple[Any, ...] = (
    occurrence.c.recurrence_id,
    occurrence.c.component,
    occurrence.c.starts_at.label("start"),
    occurrence.c.ends_at.label("end"),
    occurrence.c.all_day,
)
_NO_TIMES: tuple[Any, ...] = (
    sa.literal("").label("recurrence_id"),
    component.c.recurrence_id.label("component"),
    sa.null().label("start"),
    sa.null().label("end"),
    sa.false().label("all_day"),
)


def _selected(*times: Any) -> sa.Select[tuple[Any, ...]]:
    own = (component.c.item, component.c.title, component.c.location, component.c.kind, component.c.alarms)
    return (
        sa.select(*own, item.c.digest, item.c.created_at, *times)
        .select_from(component)
        .join(item, item.c.id == component.c.item)
        .join(collection, collection.c.id == item.c.collection)
        .where(collection.c.owner == "", component.c.completed_at.is_(None))
        .where(component.c.status.not_in(("CANCELLED", "COMPLETED")))
    )


async def texts(connection: AsyncConnection, items: Iterable[str]) -> Mapping[str, str]:
    """The iCalendar text of each item."""
    wanted = list(items)
    found: dict[str, str] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        query = sa.select(item.c.id, item.c.data).where(item.c.id.in_(wanted[first : first + _AT_ONCE]))
        found |= {row.id: row.data for row in await connection.execute(query)}
    return found


async def told(connection: AsyncConnection, since: datetime) -> Mapping[str, Told]:
    """By key, what was due since then."""
    rows = await connection.execute(reminder.select().where(reminder.c.due_at >= since))
    return {row.key: Told(row.due_at, row.claimed_at, row.settled_at) for row in rows}


async def claim(connection: AsyncConnection, key: str, due_at: datetime, now: datetime) -> bool:
    """Whether it is the caller's now: of any number of processes, of one alone."""
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[connection.dialect.name]
    new = insert(reminder).values(key=key, due_at=due_at, claimed_at=now).on_conflict_do_nothing()
    if await connection.scalar(new.returning(reminder.c.key)):
        return True
    lapsed = sa.or_(reminder.c.claimed_at.is_(None), reminder.c.claimed_at <= now - LEASE)
    again = reminder.update().where(reminder.c.key == key, reminder.c.settled_at.is_(None), lapsed)
    return bool(await connection.scalar(again.values(claimed_at=now, due_at=due_at).returning(reminder.c.key)))


async def settle(connection: AsyncConnection, key: str, now: datetime) -> None:
    """The user was told. What is long past is forgotten."""
    await connection.execute(reminder.update().where(reminder.c.key == key).values(settled_at=now))
    await connection.execute(reminder.delete().where(reminder.c.due_at < now - KEPT))


async def put_off(connection: AsyncConnection, key: str, until: datetime) -> None:
    """Ring then, once; `key` is that of the reminder at that instant."""
    await connection.execute(reminder.delete().where(reminder.c.key == key))
    await connection.execute(reminder.insert().values(key=key, due_at=until))


async def newest(connection: AsyncConnection, since: datetime) -> str | None:
    """The key of the reminder that the user was told of last."""
    query = sa.select(reminder.c.key).where(reminder.c.settled_at >= since, ~reminder.c.key.startswith("missed/"))
    return await connection.scalar(query.order_by(reminder.c.settled_at.desc()).limit(1))
