"""Finding what overlaps a stretch of time at a cost that grows with the answer.

Occurrences are classed by length, so that those running at an instant began within a known time before it: one range
of the index (span, starts_at) for each class.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from mcp_servers.calendar.tables import occurrence

_LONGEST = tuple(timedelta(days=days) for days in (1, 8, 64, 512))
"""The longest of each class; what is longer is of the last one."""


def span(start: datetime, end: datetime) -> int:
    """The class of an occurrence."""
    return next((number for number, longest in enumerate(_LONGEST) if end - start <= longest), len(_LONGEST))


def running(at: datetime) -> sa.ColumnElement[bool]:
    """What began before the instant and ends after it."""
    begun = sa.and_(occurrence.c.starts_at < at, occurrence.c.ends_at > at)
    classes = [
        sa.and_(occurrence.c.span == number, occurrence.c.starts_at >= at - longest)
        for number, longest in enumerate(_LONGEST)
    ]
    return sa.and_(begun, sa.or_(*classes, occurrence.c.span == len(_LONGEST)))


def starting(start: datetime, end: datetime | None) -> sa.ColumnElement[bool]:
    """What begins in [start, end)."""
    after = occurrence.c.starts_at >= start
    return after if end is None else sa.and_(after, occurrence.c.starts_at < end)


def overlapping(start: datetime, end: datetime) -> sa.ColumnElement[bool]:
    """What shares time with [start, end), and what happens in it without lasting."""
    return sa.or_(running(start), starting(start, end))
