"""Accounts at calendar servers. Where a password is kept is written down, never the password."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import tables
from mcp_servers.calendar.sync.faults import Unauthorized

_COLUMNS = tuple(tables.account.c[name] for name in ("id", "provider", "url", "username", "secret", "profile"))


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    provider: str
    url: str
    username: str
    secret: str
    """Where the password is: "env:NAME" or "keyring:SERVICE"."""
    profile: Mapping[str, Any]
    """A stored `discovery.Profile`."""


async def listed(connection: AsyncConnection) -> list[Account]:
    query = sa.select(*_COLUMNS).order_by(tables.account.c.id)
    return [Account(*row) for row in await connection.execute(query)]


async def save(connection: AsyncConnection, new: Account) -> None:
    """Add it, or put it in the place of the one with its id."""
    values = {name: getattr(new, name) for name in ("provider", "url", "username", "secret")}
    values |= {"profile": dict(new.profile)}
    changed = await connection.execute(tables.account.update().where(tables.account.c.id == new.id).values(**values))
    if not changed.rowcount:
        await connection.execute(tables.account.insert().values(id=new.id, **values))


async def mark_synced(connection: AsyncConnection, account_id: str, now: datetime) -> None:
    await connection.execute(tables.account.update().where(tables.account.c.id == account_id).values(synced_at=now))


async def remove(connection: AsyncConnection, account_id: str) -> None:
    """Forget it. Its calendars stay as calendars of this machine."""
    query = sa.select(tables.collection.c.id).where(tables.collection.c.account == account_id)
    for collection_id in (await connection.execute(query)).scalars().all():
        await _detach(connection, collection_id)
    await connection.execute(tables.account.delete().where(tables.account.c.id == account_id))


async def _detach(connection: AsyncConnection, collection_id: str) -> None:
    """Make a calendar one of this machine alone, with all that is in it."""
    await connection.execute(tables.remote.delete().where(tables.remote.c.collection == collection_id))
    own = {"account": "", "rights": "write", "href": "", "ctag": "", "sync_token": ""}
    await connection.execute(tables.collection.update().where(tables.collection.c.id == collection_id).values(**own))


def password(reference: str, username: str, env: Mapping[str, str]) -> str:
    """The password that a reference names; `env` holds the variables that "env:" means.

    Raises:
        Unauthorized: it is not there; the text says where it was looked for.
    """
    scheme, _, name = reference.partition(":")
    found = env.get(name) if scheme == "env" else _from_keyring(name, username) if scheme == "keyring" else None
    if not found:
        place = "환경 변수" if scheme == "env" else "키링"
        raise Unauthorized(f"비밀번호를 찾지 못했습니다: {place} {name!r}. 그곳에 앱 비밀번호를 넣고 다시 시도하세요.")
    return found


def _from_keyring(service: str, username: str) -> str | None:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError as error:
        raise Unauthorized("키링을 쓰려면 keyring 패키지가 있어야 합니다. 없으면 env:이름 을 쓰세요.") from error
    found: str | None = keyring.get_password(service, username)
    return found
