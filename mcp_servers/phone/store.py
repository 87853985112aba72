"""Messages and calls in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.database import Database
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import nfc
from mcp_servers.phone.contacts import new_id
from mcp_servers.phone.models import CallDirection, Delivery, Direction
from mcp_servers.phone.size import kind
from mcp_servers.phone.tables import call, message

Rows = Sequence[sa.Row[Any]]
Interval = tuple[datetime, datetime | None]


def open_database(settings: ServerSettings) -> Database:
    return Database.open(settings, Path(__file__).parent, head="phone0001")


@dataclass(frozen=True)
class Wanted:
    """Which messages or calls are meant; what is None does not matter."""

    phones: set[str] | None = None
    interval: Interval | None = None
    text: str | None = None


async def add_message(
    connection: AsyncConnection,
    *,
    phone: str,
    text: str,
    at: datetime,
    direction: Direction,
    delivery: Delivery,
    source_id: str | None = None,
) -> sa.Row[Any]:
    """Store a message; `phone` is in stored form."""
    values: dict[str, Any] = {"id": new_id("ms"), "direction": direction, "phone": phone, "text": text}
    values |= {"text_key": _text_key(text), "kind": kind(text), "delivery": delivery, "source_id": source_id}
    await connection.execute(message.insert().values(at=at, **values))
    return (await connection.execute(message.select().where(message.c.id == values["id"]))).one()


async def messages(connection: AsyncConnection, wanted: Wanted, offset: int, limit: int) -> Rows:
    """The newest first, one more than `limit`."""
    statement = _meant(message, wanted)
    if wanted.text:
        statement = statement.where(message.c.text_key.contains(_text_key(wanted.text), autoescape=True))
    return await _newest(connection, statement, message, offset, limit)


async def add_call(
    connection: AsyncConnection,
    *,
    phone: str,
    at: datetime,
    direction: CallDirection,
    duration_seconds: int,
    turns: list[dict[str, str]],
    source_id: str | None = None,
) -> str:
    """Store a call; `phone` is in stored form."""
    values = {"id": new_id("ca"), "direction": direction, "phone": phone, "at": at, "source_id": source_id}
    await connection.execute(call.insert().values(duration_seconds=duration_seconds, turns=turns, **values))
    return str(values["id"])


async def calls(connection: AsyncConnection, wanted: Wanted, offset: int, limit: int) -> Rows:
    """The newest first, one more than `limit`."""
    return await _newest(connection, _meant(call, wanted), call, offset, limit)


async def call_by_id(connection: AsyncConnection, call_id: str) -> sa.Row[Any] | None:
    return (await connection.execute(call.select().where(call.c.id == call_id))).one_or_none()


async def id_of_source(connection: AsyncConnection, table: sa.Table, source_id: str | None) -> str | None:
    """What a provider's own id is already stored as."""
    if source_id is None:
        return None
    found = await connection.scalar(sa.select(table.c.id).where(table.c.source_id == source_id))
    return None if found is None else str(found)


def _meant(table: sa.Table, wanted: Wanted) -> sa.Select[Any]:
    statement = table.select()
    if wanted.phones is not None:
        statement = statement.where(table.c.phone.in_(wanted.phones))
    if wanted.interval:
        start, end = wanted.interval
        statement = statement.where(table.c.at >= start)
        if end is not None:
            statement = statement.where(table.c.at < end)
    return statement


async def _newest(
    connection: AsyncConnection, statement: sa.Select[Any], table: sa.Table, offset: int, limit: int
) -> Rows:
    ordered = statement.order_by(table.c.at.desc(), table.c.number.desc())
    rows: Rows = (await connection.execute(ordered.offset(offset).limit(limit + 1))).all()
    return rows


def _text_key(text: str) -> str:
    return nfc(text).casefold()
