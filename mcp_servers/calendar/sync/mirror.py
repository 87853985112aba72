"""The calendars of an account here, as the server has them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import tables
from mcp_servers.calendar.entities import Collection
from mcp_servers.calendar.store import collections
from mcp_servers.calendar.sync.remote import RemoteCalendar, key


@dataclass(frozen=True, slots=True)
class Mirrored:
    """One calendar on both sides."""

    collection: str
    remote: RemoteCalendar


async def of_account(connection: AsyncConnection, account_id: str) -> list[str]:
    """The ids of its calendars."""
    query = sa.select(tables.collection.c.id).where(tables.collection.c.account == account_id)
    return list((await connection.execute(query)).scalars())


async def mirror(
    connection: AsyncConnection, account_id: str, found: Sequence[RemoteCalendar]
) -> tuple[list[Mirrored], list[str]]:
    """Add and rename calendars as on the server.

    One that is gone there stays here, alone, and is returned by its name; it goes on as before should it come back.
    """
    columns = tables.collection.c
    query = sa.select(columns.href, columns.id, columns.account).where(columns.account.in_((account_id, "")))
    rows = (await connection.execute(query)).all()
    own = {key(row.href): row.id for row in rows if row.account}
    orphans = {row.href: row.id for row in rows if row.href and not row.account}
    pairs = []
    for remote in found:
        known = own.pop(key(remote.url), None) or orphans.get(remote.url)
        pairs.append(Mirrored(await _described(connection, known, account_id, remote), remote))
    left = [gone.name for one in own.values() if (gone := await collections.get(connection, one))]
    await connection.execute(tables.collection.update().where(columns.id.in_(own.values())).values(account=""))
    return pairs, left


async def _described(
    connection: AsyncConnection, collection_id: str | None, account_id: str, remote: RemoteCalendar
) -> str:
    """The id of the calendar here, which is made when there is none."""
    rights: Literal["write", "read"] = "write" if remote.writable else "read"
    known = await collections.get(connection, collection_id) if collection_id else None
    if known is None:
        new = Collection(collections.new_id(), remote.name, remote.color, rights, account=account_id)
        await collections.add(connection, new, remote.url)
        return new.id
    described = replace(known, name=remote.name, color=remote.color or known.color, rights=rights)
    await collections.update(connection, described)
    if known.account != account_id:
        there = tables.collection.c.id == known.id
        await connection.execute(tables.collection.update().where(there).values(account=account_id))
    return known.id
