"""Occurrences as the index has them."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Occurrence, Person
from mcp_servers.calendar.store import spans
from mcp_servers.calendar.store.index import fold
from mcp_servers.calendar.store.items import reach
from mcp_servers.calendar.tables import DESCRIBES, component, occurrence

_COLUMNS = (
    occurrence.c.item, occurrence.c.recurrence_id, component.c.collection, component.c.title,
    occurrence.c.starts_at, occurrence.c.ends_at, occurrence.c.all_day, occurrence.c.busy,
    component.c.location, component.c.description, component.c.attendees, component.c.recurs, component.c.outside,
)  # fmt: skip
_ORDER = (occurrence.c.starts_at, component.c.title, occurrence.c.item)


async def between(
    connection: AsyncConnection,
    start: datetime,
    end: datetime | None,
    now: datetime,
    *,
    words: str = "",
    collections: Sequence[str] | None = None,
    most: int | None = None,
) -> list[Occurrence]:
    """Events that share time with [start, end), the earliest first."""
    await reach(connection, start, end, now)
    wanted = _selected(words, collections)
    running = await _read(connection, spans.running(wanted, start))
    starting = spans.starting(wanted, start, end)
    return running + await _read(connection, starting if most is None else starting.limit(most))


async def named(
    connection: AsyncConnection, words: str, now: datetime, *, collections: Sequence[str] | None = None, most: int
) -> list[Occurrence]:
    """Events whose text has all the words, of a series only the next occurrence, or the last if it is over."""
    await reach(connection, now, now, now)
    matching = _selected(words, collections).with_only_columns(occurrence.c.item, occurrence.c.starts_at)
    upcoming = sa.func.min(sa.case((occurrence.c.ends_at > now, occurrence.c.starts_at)))
    nearest = matching.with_only_columns(
        occurrence.c.item.label("item"), sa.func.coalesce(upcoming, sa.func.max(occurrence.c.starts_at)).label("at")
    )
    chosen = nearest.order_by(None).group_by(occurrence.c.item).subquery()
    one = sa.and_(chosen.c.item == occurrence.c.item, chosen.c.at == occurrence.c.starts_at)
    query = sa.select(*_COLUMNS).join(component, DESCRIBES).join(chosen, one).order_by(*_ORDER).limit(most)
    return await _read(connection, query)


async def of_item(connection: AsyncConnection, item: str, recurrence_id: str = "") -> Occurrence | None:
    """One occurrence, as far as it is in the index."""
    where = sa.and_(occurrence.c.item == item, occurrence.c.recurrence_id == recurrence_id)
    found = await _read(connection, sa.select(*_COLUMNS).join(component, DESCRIBES).where(where))
    return found[0] if found else None


def _selected(words: str, collections: Sequence[str] | None) -> spans.Query:
    query = sa.select(*_COLUMNS).join(component, DESCRIBES).where(occurrence.c.kind == "VEVENT").order_by(*_ORDER)
    for word in fold(words).split():
        query = query.where(component.c.searchable.contains(word, autoescape=True))
    return query if collections is None else query.where(component.c.collection.in_(collections))


async def _read(connection: AsyncConnection, query: spans.Query) -> list[Occurrence]:
    return [_occurrence(row) for row in await connection.execute(query)]


def _occurrence(row: sa.Row[tuple[object, ...]]) -> Occurrence:
    values = row._asdict()
    values |= {"start": values.pop("starts_at"), "end": values.pop("ends_at")}
    return Occurrence(**values | {"attendees": tuple(Person(**person) for person in values["attendees"])})
