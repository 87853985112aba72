"""Two-way synchronisation with Radicale and xandikos, which run as processes."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from mcp_servers.calendar.entities import Item
from mcp_servers.calendar.server import open_database
from mcp_servers.calendar.store import items
from mcp_servers.calendar.sync import accounts, rows
from mcp_servers.calendar.sync.accounts import Account
from mcp_servers.calendar.sync.engine import synchronise
from mcp_servers.calendar.sync.fingerprint import same
from mcp_servers.calendar.sync.mirror import of_account
from mcp_servers.calendar.sync.report import Report
from mcp_servers.common.database import Database
from mcp_servers.common.settings import load
from tests.mcp_servers.caldav_servers import PASSWORD, SECRET, USER, CalDavServer, environment, serving

NOW = datetime.fromisoformat("2026-11-22T09:00:00+09:00")


@pytest.fixture(scope="module", params=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    with serving(request.param, tmp_path_factory.mktemp("caldav")) as running:
        yield running


def event(uid: str, title: str, more: str = "") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//KO", "BEGIN:VEVENT", f"UID:{uid}"]
    lines += ["DTSTAMP:20261101T000000Z", "DTSTART:20261201T060000Z", "DTEND:20261201T070000Z", f"SUMMARY:{title}"]
    return "".join(f"{line}\r\n" for line in [*lines, *more.splitlines(), "END:VEVENT", "END:VCALENDAR"])


class Sides:
    """This machine and a server's calendar, each written without the other knowing."""

    def __init__(self, home: Path, server: CalDavServer, database: Database) -> None:
        self.calendar = server.make_calendar(uuid4().hex[:8], "업무")
        self.home = home
        self.database = database
        self.account = Account(
            "acc_1", server.name.replace("xandikos", "caldav"), self.calendar, USER, f"env:{SECRET}", {}
        )
        self.http = httpx.Client(auth=(USER, PASSWORD))

    async def sync(self) -> Report:
        return await synchronise(self.database, self.account, {SECRET: PASSWORD}, NOW, self.home)

    async def collection(self) -> str:
        async with self.database.begin() as connection:
            [found] = await of_account(connection, self.account.id)
            return found

    async def put_here(self, text: str, uid: str) -> None:
        collection = await self.collection()
        async with self.database.begin() as connection:
            old = await items.by_uid(connection, collection, uid)
            await items.put(
                connection, Item(old.id if old else items.new_id("VEVENT"), collection, uid, "VEVENT", text), NOW
            )

    async def delete_here(self, uid: str) -> None:
        collection = await self.collection()
        async with self.database.begin() as connection:
            old = await items.by_uid(connection, collection, uid)
            assert old is not None
            await items.delete(connection, old.id)

    async def here(self) -> dict[str, str]:
        collection = await self.collection()
        async with self.database.begin() as connection:
            return {item.uid: item.data for item in await items.in_collections(connection, [collection])}

    def put_there(self, text: str, name: str) -> None:
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        self.http.put(f"{self.calendar}{name}.ics", content=text.encode(), headers=headers).raise_for_status()

    def delete_there(self, name: str) -> None:
        self.http.delete(f"{self.calendar}{name}.ics").raise_for_status()

    def names_there(self) -> list[str]:
        found = self.http.request("PROPFIND", self.calendar, headers={"Depth": "1"}).text
        return [part.partition("<")[0] for part in found.split("href>") if ".ics<" in part]

    def there(self) -> list[str]:
        return [self.http.get(httpx.URL(self.calendar).join(name)).text for name in self.names_there()]


@pytest.fixture
async def sides(server: CalDavServer, tmp_path: Path):
    database = open_database(load(environment(tmp_path, NOW.isoformat())))
    both = Sides(tmp_path, server, database)
    async with database.begin() as connection:
        await accounts.save(connection, both.account)
    await both.sync()
    yield both
    both.http.close()
    await database.close()


async def test_what_is_new_on_either_side_comes_to_the_other(sides: Sides) -> None:
    sides.put_there(event("a", "서버 회의"), "a")
    await sides.put_here(event("b@modu", "내 회의"), "b@modu")
    report = await sides.sync()
    assert (report.taken, report.sent, report.detail) == (1, 1, "")
    here = await sides.here()
    assert same(here["a"], event("a", "서버 회의"))
    assert any(same(text, event("b@modu", "내 회의")) for text in sides.there())
    assert (await sides.sync()).summary.endswith("바뀐 것 없음")
