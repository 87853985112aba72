"""What is known of the server's resources, in SQL; what is to be sent is what differs from it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.store.items import digest
from mcp_servers.calendar.sync.plan import Known
from mcp_servers.calendar.tables import collection, item, remote

_IN_FLIGHT = "?"
"""Before an ETag: what is in `base` was being sent, and whether it arrived is not known."""
_REMOTE = (remote.c.uid, remote.c.href, remote.c.etag, remote.c.base)
_PAIR = sa.and_(remote.c.collection == item.c.collection, remote.c.uid == item.c.uid)
_HERE = item.outerjoin(remote, _PAIR)
_THERE = remote.outerjoin(item, _PAIR)
_FLYING = remote.c.etag.startswith(_IN_FLIGHT, autoescape=True)


@dataclass(frozen=True, slots=True)
class Pending:
    """How much is to be sent."""

    changed: int
    deleted: int
    in_flight: int
    """Was being sent when the connection or this program died."""

    @property
    def total(self) -> int:
        return self.changed + self.deleted + self.in_flight


async def listed(connection: AsyncConnection, collection_id: str) -> list[Known]:
    """Every resource, without its text."""
    query = sa.select(remote.c.uid, remote.c.href, remote.c.etag, sa.literal("")).where(_of(collection_id))
    return [_known(*row) for row in await connection.execute(query)]


async def get(connection: AsyncConnection, collection_id: str, uid: str) -> Known | None:
    query = sa.select(*_REMOTE).where(_of(collection_id), remote.c.uid == uid)
    found = (await connection.execute(query)).one_or_none()
    return _known(*found) if found else None


async def save(connection: AsyncConnection, collection_id: str, known: Known) -> None:
    values = {"href": known.href, "base": known.base, "digest": digest(known.base)}
    values |= {"etag": known.etag if known.arrived else _IN_FLIGHT + known.etag}
    where = sa.and_(_of(collection_id), remote.c.uid == known.uid)
    changed = await connection.execute(remote.update().where(where).values(**values))
    if not changed.rowcount:
        await connection.execute(remote.insert().values(collection=collection_id, uid=known.uid, **values))


async def forget(connection: AsyncConnection, collection_id: str, uid: str) -> None:
    await connection.execute(remote.delete().where(_of(collection_id), remote.c.uid == uid))


async def to_put(connection: AsyncConnection, collection_id: str, limit: int) -> list[tuple[str, str, Known | None]]:
    """UID and text of new and changed items, with what the server has of them."""
    query = sa.select(item.c.uid, item.c.data, *_REMOTE).select_from(_HERE).where(_changed(collection_id))
    found = await connection.execute(query.order_by(item.c.updated_at, item.c.id).limit(limit))
    return [(row[0], row[1], _known(*row[2:]) if row[2] else None) for row in found]


async def to_delete(connection: AsyncConnection, collection_id: str) -> list[Known]:
    """What the server has and was deleted here."""
    query = sa.select(*_REMOTE).select_from(_THERE).where(_deleted(collection_id)).order_by(remote.c.uid)
    return [_known(*row) for row in await connection.execute(query)]


async def pending(connection: AsyncConnection, collection_id: str) -> Pending:
    """What is still to be sent."""
    number = sa.select(sa.func.count())
    changed = await connection.scalar(number.select_from(_HERE).where(_changed(collection_id)))
    deleted = await connection.scalar(number.select_from(_THERE).where(_deleted(collection_id)))
    in_flight = await connection.scalar(number.where(_of(collection_id), _FLYING))
    return Pending(changed or 0, deleted or 0, in_flight or 0)


async def state(connection: AsyncConnection, collection_id: str) -> tuple[str, str]:
    """The sync-token and the ctag up to which everything on the server is here."""
    query = sa.select(collection.c.sync_token, collection.c.ctag).where(collection.c.id == collection_id)
    token, ctag = (await connection.execute(query)).one()
    return token, ctag


async def save_state(connection: AsyncConnection, collection_id: str, sync_token: str, ctag: str) -> None:
    values = {"sync_token": sync_token, "ctag": ctag}
    await connection.execute(collection.update().where(collection.c.id == collection_id).values(**values))


def _of(collection_id: str) -> sa.ColumnElement[bool]:
    return remote.c.collection == collection_id


def _changed(collection_id: str) -> sa.ColumnElement[bool]:
    differs = sa.or_(remote.c.uid.is_(None), sa.and_(remote.c.digest != item.c.digest, sa.not_(_FLYING)))
    return sa.and_(item.c.collection == collection_id, differs)


def _deleted(collection_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(_of(collection_id), item.c.id.is_(None), sa.not_(_FLYING))


def _known(uid: str, href: str, etag: str, base: str) -> Known:
    return Known(uid, href, etag.removeprefix(_IN_FLIGHT), base, arrived=not etag.startswith(_IN_FLIGHT))
