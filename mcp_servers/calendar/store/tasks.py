"""Tasks as the index has them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.store.index import fold
from mcp_servers.calendar.tables import component, item

_CLOSED = ("COMPLETED", "CANCELLED")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks are meant."""

    words: str = ""
    due_before: datetime | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A task as it is found."""

    item: str
    collection: str
    outside: bool
    data: str
    """iCalendar text."""


async def listed(connection: AsyncConnection, wanted: Wanted, *, offset: int, limit: int) -> list[Listed]:
    """Up to `limit + 1` tasks: those due first, then the important ones; what has no due date comes last."""
    closed = sa.or_(component.c.status.in_(_CLOSED), component.c.completed_at.is_not(None))
    undated = component.c.due_at.is_(None)
    unranked = sa.case((component.c.priority == 0, 10), else_=component.c.priority)
    query = (
        sa.select(component.c.item, component.c.collection, component.c.outside, item.c.data)
        .join(item, item.c.id == component.c.item)
        .where(component.c.kind == "VTODO", component.c.recurrence_id == "")
        .where(closed if wanted.done else sa.not_(closed))
        .order_by(undated, component.c.due_at, unranked, component.c.title, component.c.item)
        .offset(offset)
        .limit(limit + 1)
    )
    if wanted.due_before:
        query = query.where(component.c.due_at < wanted.due_before)
    for word in fold(wanted.words).split():
        query = query.where(component.c.searchable.contains(word, autoescape=True))
    return [Listed(*row) for row in await connection.execute(query)]
