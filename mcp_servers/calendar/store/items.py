"""Items: reading and writing the truth, with its index."""

import asyncio
import hashlib
import secrets
import string
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Item, Kind
from mcp_servers.calendar.store import index
from mcp_servers.calendar.tables import component, item, occurrence, participant

Value = TypeVar("Value")
_LETTERS = string.ascii_lowercase + string.digits
_PREFIX = {"VEVENT": "ev_", "VTODO": "td_"}
_COLUMNS = (item.c.id, item.c.collection, item.c.uid, item.c.kind, item.c.data, item.c.outside)
_AT_ONCE = 500
_OPEN = timedelta(days=366)


def new_id(kind: Kind) -> str:
    return _PREFIX[kind] + "".join(secrets.choice(_LETTERS) for _ in range(8))


def digest(data: str) -> str:
    """Of an item's text, as kept beside it."""
    return hashlib.sha256(data.encode()).hexdigest()


async def get(connection: AsyncConnection, item_id: str) -> Item | None:
    found = (await connection.execute(sa.select(*_COLUMNS).where(item.c.id == item_id))).one_or_none()
    return Item(*found) if found else None


async def by_uid(connection: AsyncConnection, collection: str, uid: str) -> Item | None:
    where = sa.and_(item.c.collection == collection, item.c.uid == uid)
    found = (await connection.execute(sa.select(*_COLUMNS).where(where))).one_or_none()
    return Item(*found) if found else None


async def with_uids(connection: AsyncConnection, uids: Sequence[str]) -> list[Item]:
    """Those with one of the UIDs, in any collection."""
    return await _with(connection, item.c.uid, uids)


async def with_ids(connection: AsyncConnection, ids: Sequence[str]) -> list[Item]:
    return await _with(connection, item.c.id, ids)


async def _with(connection: AsyncConnection, column: sa.Column[str], values: Sequence[str]) -> list[Item]:
    found: list[Item] = []
    for some in _slices(values):
        query = sa.select(*_COLUMNS).where(column.in_(some)).order_by(item.c.id)
        found += [Item(*row) for row in await connection.execute(query)]
    return found


async def in_collections(connection: AsyncConnection, collections: Iterable[str]) -> list[Item]:
    query = sa.select(*_COLUMNS).where(item.c.collection.in_(list(collections))).order_by(item.c.id)
    return [Item(*row) for row in await connection.execute(query)]


async def put(connection: AsyncConnection, new: Item, now: datetime) -> None:
    """Write an item and its index; what had its id before is replaced.

    Raises:
        ValueError: the text is no iCalendar.
    """
    await put_all(connection, [new], now)


async def put_all(connection: AsyncConnection, new: Sequence[Item], now: datetime) -> None:
    """Write many items at once, like `put`."""
    window = index.window(now)
    rows = await asyncio.to_thread(lambda: [index.rows(one, window, now) for one in new])
    ids = [one.id for one in new]
    known = set[str]()
    for some in _slices(ids):
        known |= set(await connection.scalars(sa.select(item.c.id).where(item.c.id.in_(some))))
    values = [_values(one, found, now) for one, found in zip(new, rows, strict=True)]
    if fresh := [row | {"created_at": now} for row in values if row["id"] not in known]:
        await connection.execute(item.insert(), fresh)
    if old := [row for row in values if row["id"] in known]:
        update = item.update().where(item.c.id == sa.bindparam("known"))
        named: dict[str, sa.BindParameter[object]] = {
            column: sa.bindparam(column) for column in old[0] if column != "id"
        }
        await connection.execute(update.values(**named), [_renamed(row) for row in old])
    await _write(connection, rows, [one for one in ids if one in known])


def _values(new: Item, rows: index.Rows, now: datetime) -> dict[str, object]:
    values: dict[str, object] = {"id": new.id, "collection": new.collection, "uid": new.uid, "kind": new.kind}
    values |= {"data": new.data, "outside": new.outside, "digest": digest(new.data), "updated_at": now}
    return values | {"indexed_from": rows.start, "indexed_until": rows.until}


def _renamed(row: dict[str, object]) -> dict[str, object]:
    """An update may not bind a column's own name to find its row."""
    return {"known" if column == "id" else column: value for column, value in row.items()}


async def delete(connection: AsyncConnection, item_id: str) -> None:
    await connection.execute(item.delete().where(item.c.id == item_id))


async def reach(connection: AsyncConnection, start: datetime | None, end: datetime | None, now: datetime) -> None:
    """Have every series in the index for a stretch that a query asks for; without an end, for a year ahead."""
    end = end or now + _OPEN
    short = sa.or_(item.c.indexed_until < end, *([item.c.indexed_from > start] if start else []))
    query = sa.select(*_COLUMNS, item.c.indexed_from, item.c.indexed_until).where(short)
    for row in (await connection.execute(query)).all():
        window = index.widened((row.indexed_from, row.indexed_until), start, end, now)
        rows = index.rows(Item(*row[: len(_COLUMNS)]), window, now)
        stretch = {"indexed_from": rows.start, "indexed_until": rows.until}
        await connection.execute(item.update().where(item.c.id == row.id).values(stretch))
        await _write(connection, [rows], [row.id])


async def _write(connection: AsyncConnection, rows: Sequence[index.Rows], stale: Sequence[str]) -> None:
    """The index of some items, instead of what the stale ones had."""
    tables: tuple[tuple[sa.Table, list[index.Row]], ...] = (
        (component, [row for one in rows for row in one.components]),
        (occurrence, [row for one in rows for row in one.occurrences]),
        (participant, [row for one in rows for row in one.participants]),
    )
    for table, values in tables:
        for some in _slices(stale):
            await connection.execute(table.delete().where(table.c.item.in_(some)))
        for few in _slices(values):
            await connection.execute(table.insert(), few)


def _slices(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for first in range(0, len(values), _AT_ONCE):
        yield values[first : first + _AT_ONCE]
