"""Finding what overlaps a stretch of time at a cost that grows with the answer.

Occurrences are classed by length, so that those running at an instant began within a known time before it: one range
of the index (span, starts_at) for each class.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mcp_servers.calendar.tables import occurrence

Query = sa.Select[*tuple[Any, ...]]

_LONGEST = tuple(timedelta(days=days) for days in (1, 8, 64, 512))
"""The longest of each class; what is longer is of the last one."""
_EVER = datetime(1, 1, 1, tzinfo=UTC)


def span(start: datetime, end: datetime) -> int:
    """The class of an occurrence."""
    return next((number for number, longest in enumerate(_LONGEST) if end - start <= longest), len(_LONGEST))


def running(query: Query, at: datetime) -> Query:
    """Of a query of occurrences, those that began before the instant and end after it."""
    classes = [
        sa.select(occurrence.c.item, occurrence.c.recurrence_id).where(
            occurrence.c.span == number,
            occurrence.c.starts_at >= (at - _LONGEST[number] if number < len(_LONGEST) else _EVER),
            occurrence.c.starts_at < at,
            occurrence.c.ends_at > at,
        )
        for number in range(len(_LONGEST) + 1)
    ]
    # A query for each class, joined: of a condition with OR neither database sees that an index serves it.
    begun = sa.union_all(*classes).subquery()
    same = (begun.c.item == occurrence.c.item, begun.c.recurrence_id == occurrence.c.recurrence_id)
    return query.join(begun, sa.and_(*same))


def starting(query: Query, start: datetime, end: datetime | None) -> Query:
    """Of a query of occurrences, those that begin in [start, end)."""
    query = query.where(occurrence.c.starts_at >= start)
    return query if end is None else query.where(occurrence.c.starts_at < end)
