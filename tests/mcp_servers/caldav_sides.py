"""This machine with one account, for tests that write on both sides by hand."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from mcp_servers.calendar.entities import Item
from mcp_servers.calendar.server import open_database
from mcp_servers.calendar.store import items
from mcp_servers.calendar.sync import accounts, rows
from mcp_servers.calendar.sync.accounts import Account
from mcp_servers.calendar.sync.engine import synchronise
from mcp_servers.calendar.sync.mirror import of_account
from mcp_servers.calendar.sync.report import Report, title
from mcp_servers.common.database import Database
from mcp_servers.common.settings import load
from tests.mcp_servers.caldav_model import NOW
from tests.mcp_servers.caldav_servers import PASSWORD, SECRET, USER, environment


def event(uid: str, title: str, *more: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//KO", "BEGIN:VEVENT", f"UID:{uid}"]
    lines += ["DTSTAMP:20261101T000000Z", "DTSTART:20261201T060000Z", "DTEND:20261201T070000Z", f"SUMMARY:{title}"]
    return "".join(f"{line}\r\n" for line in [*lines, *more, "END:VEVENT", "END:VCALENDAR"])


class Side:
    """This machine. Its account is at one calendar."""

    def __init__(self, home: Path, url: str, database: Database) -> None:
        self.home = home
        self.database = database
        self.account = Account("acc_1", "caldav", url, USER, f"env:{SECRET}", {})

    async def sync(self, env: Mapping[str, str] | None = None) -> Report:
        async with self.database.begin() as connection:
            [account] = await accounts.listed(connection)
        given = {SECRET: PASSWORD} if env is None else env
        return await synchronise(self.database, account, given, NOW, self.home)

    async def collection(self) -> str:
        async with self.database.begin() as connection:
            [found] = await of_account(connection, self.account.id)
            return found

    async def put(self, text: str, uid: str) -> None:
        collection = await self.collection()
        async with self.database.begin() as connection:
            old = await items.by_uid(connection, collection, uid)
            item_id = old.id if old else items.new_id("VEVENT")
            await items.put(connection, Item(item_id, collection, uid, "VEVENT", text), NOW)

    async def delete(self, uid: str) -> None:
        collection = await self.collection()
        async with self.database.begin() as connection:
            old = await items.by_uid(connection, collection, uid)
            assert old is not None
            await items.delete(connection, old.id)

    async def titles(self) -> list[str]:
        return sorted(title(text) for text in (await self.texts()).values())

    async def texts(self) -> dict[str, str]:
        collection = await self.collection()
        async with self.database.begin() as connection:
            return {item.uid: item.data for item in await items.in_collections(connection, [collection])}

    async def pending(self) -> int:
        collection = await self.collection()
        async with self.database.begin() as connection:
            return (await rows.pending(connection, collection)).total


@asynccontextmanager
async def side_at(url: str, home: Path) -> AsyncIterator[Side]:
    """With the account saved; nothing has been asked of the server yet."""
    database = open_database(load(environment(home, NOW.isoformat())))
    try:
        side = Side(home, url, database)
        async with database.begin() as connection:
            await accounts.save(connection, side.account)
        yield side
    finally:
        await database.close()
