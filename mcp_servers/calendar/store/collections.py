"""Calendars (collections)."""

import secrets

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Collection
from mcp_servers.calendar.tables import collection, item

DEFAULT = Collection(id="cal_mine", name="내 달력", color="#3366cc")
"""The calendar that is always there."""
_COLUMNS = tuple(collection.c[name] for name in ("id", "name", "color", "rights", "owner", "account"))


def new_id() -> str:
    return f"cal_{secrets.token_hex(4)}"


async def listed(connection: AsyncConnection) -> list[Collection]:
    """Every calendar, the default one first."""
    await default(connection)
    found = [Collection(*row) for row in await connection.execute(sa.select(*_COLUMNS).order_by(collection.c.name))]
    return sorted(found, key=lambda one: one.id != DEFAULT.id)


async def get(connection: AsyncConnection, collection_id: str) -> Collection | None:
    query = sa.select(*_COLUMNS).where(collection.c.id == collection_id)
    found = (await connection.execute(query)).one_or_none()
    return Collection(*found) if found else None


async def default(connection: AsyncConnection) -> Collection:
    """The user's own calendar, made when it is not there yet."""
    if found := await get(connection, DEFAULT.id):
        return found
    await add(connection, DEFAULT)
    return DEFAULT


async def add(connection: AsyncConnection, new: Collection, href: str = "") -> None:
    """`href` is where a synchronised one lies on its server."""
    values = {name: getattr(new, name) for name in ("id", "name", "color", "rights", "owner", "account")}
    await connection.execute(collection.insert().values(**values, href=href, ctag="", sync_token=""))


async def update(connection: AsyncConnection, changed: Collection) -> None:
    """Name, colour, rights and owner."""
    values = {name: getattr(changed, name) for name in ("name", "color", "rights", "owner")}
    await connection.execute(collection.update().where(collection.c.id == changed.id).values(**values))


async def delete(connection: AsyncConnection, collection_id: str) -> None:
    """With everything in it."""
    await connection.execute(item.delete().where(item.c.collection == collection_id))
    await connection.execute(collection.delete().where(collection.c.id == collection_id))
