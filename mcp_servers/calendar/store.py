"""Events in SQL."""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.instant import Instant
from mcp_servers.common.operation import operation_table
from mcp_servers.common.text import nfc

_ID_LETTERS = string.ascii_lowercase + string.digits


metadata = sa.MetaData()
operations = operation_table(metadata, "calendar")
events = sa.Table(
    "calendar_event",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("all_day", sa.Boolean, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("attendees", sa.JSON, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("searchable", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it is kept; `ends_at` is exclusive."""

    id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool = False
    location: str = ""
    attendees: list[str] = field(default_factory=list)
    description: str = ""


_COLUMNS = [events.c[column.name] for column in fields(Stored)]


def new_id() -> str:
    return "ev_" + "".join(secrets.choice(_ID_LETTERS) for _ in range(6))


async def insert(connection: AsyncConnection, event: Stored, now: datetime) -> None:
    await connection.execute(events.insert().values(**_row(event), created_at=now, updated_at=now))


async def update(connection: AsyncConnection, event: Stored, now: datetime) -> None:
    await connection.execute(events.update().where(events.c.id == event.id).values(**_row(event), updated_at=now))


async def delete(connection: AsyncConnection, event_id: str) -> None:
    await connection.execute(events.delete().where(events.c.id == event_id))


async def get(connection: AsyncConnection, event_id: str) -> Stored | None:
    found = (await connection.execute(sa.select(*_COLUMNS).where(events.c.id == event_id))).one_or_none()
    return Stored(*found) if found else None


async def between(connection: AsyncConnection, start: datetime, end: datetime) -> list[Stored]:
    """Events that share time with [start, end), the earliest first."""
    query = sa.select(*_COLUMNS).where(_within(start, end)).order_by(events.c.starts_at, events.c.title, events.c.id)
    return [Stored(*row) for row in await connection.execute(query)]


async def search(
    connection: AsyncConnection,
    *,
    words: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int,
    offset: int,
) -> list[Stored]:
    """Up to `limit + 1` events by time, so that the caller knows whether there are more."""
    query = (
        sa.select(*_COLUMNS).order_by(events.c.starts_at, events.c.title, events.c.id).limit(limit + 1).offset(offset)
    )
    for word in _fold(words).split():
        query = query.where(events.c.searchable.contains(word, autoescape=True))
    query = query.where(_within(start, end))
    return [Stored(*row) for row in await connection.execute(query)]


def _within(start: datetime | None, end: datetime | None) -> sa.ColumnElement[bool]:
    after = events.c.ends_at > start if start else sa.true()
    before = events.c.starts_at < end if end else sa.true()
    return sa.and_(after, before)


def _row(event: Stored) -> dict[str, object]:
    searchable = _fold("\n".join([event.title, event.location, event.description, *event.attendees]))
    return {column.name: getattr(event, column.name) for column in fields(event)} | {"searchable": searchable}


def _fold(text: str) -> str:
    return nfc(text).casefold()


def overlapping(stored: Sequence[Stored], event: Stored) -> list[Stored]:
    """The others among them, without all-day events: a birthday keeps nobody from meeting."""
    return [other for other in stored if other.id != event.id and not other.all_day and not event.all_day]
