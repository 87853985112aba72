"""Random changes on both sides of a synchronisation that is cut and killed at random: nothing is lost, both end equal.

`MODU_CALDAV_OPERATIONS` sets how many changes there are for each server (the whole is 1,000), `MODU_CALDAV_SEED` which.
"""

import asyncio
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin

import caldav
import pytest
from requests.auth import HTTPBasicAuth
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Item
from mcp_servers.calendar.ical import Series
from mcp_servers.calendar.server import open_database
from mcp_servers.calendar.store import collections, items
from mcp_servers.calendar.sync import accounts
from mcp_servers.calendar.sync.accounts import Account
from mcp_servers.calendar.sync.report import Report
from mcp_servers.common.database import Database
from mcp_servers.common.settings import load
from tests.mcp_servers.caldav_model import NOW, SEOUL, Model, edited, facts, invented, mark
from tests.mcp_servers.caldav_servers import (
    PASSWORD,
    SECRET,
    USER,
    CalDavServer,
    Cut,
    Proxy,
    Worker,
    environment,
    serving,
    synchronise_home,
)

OPERATIONS = int(os.environ.get("MODU_CALDAV_OPERATIONS", "100"))
SEED = int(os.environ.get("MODU_CALDAV_SEED", "1"))


class There:
    """A plain CalDAV client of the server, without our proxy; it is told when somebody was faster and then lets go."""

    def __init__(self, server: CalDavServer, model: Model, rng: random.Random, flying: Callable[[], set[int]]) -> None:
        """`flying` are the versions of which our side does not know whether they arrived."""
        self._server = server
        self._model = model
        self._flying = flying
        self._rng = rng
        self.calendars = [server.make_calendar(name, title) for name, title in (("work", "업무"), ("home", "개인"))]
        self.client = caldav.DAVClient(server.url, auth=HTTPBasicAuth(USER.encode(), PASSWORD.encode()))

    def change(self) -> bool:
        """One random change; whether it was made."""
        calendar = self._rng.choice(self.calendars)
        known = list(self._hrefs(calendar))
        if not known or self._rng.random() < 0.3:
            number = next(self._model.numbers)
            return self._put(calendar, invented(self._rng, number, f"there-{number}"), f"there-{number}.ics")
        href = self._rng.choice(known)
        text, etag = self._get(href)
        match self._rng.random():
            case dice if dice < 0.2:
                return self._delete(href, text, etag)
            case dice if dice < 0.35:
                return self._move(calendar, href, text, etag)
        new, rest = edited(self._rng, text, self._model.numbers)
        if not self._put(calendar, new, href, text, etag):
            return False
        if rest:
            self._put(calendar, rest, f"there-{next(self._model.numbers)}.ics")
        return True

    def texts(self) -> list[list[str]]:
        return [[self._get(href)[0] for href in self._hrefs(calendar)] for calendar in self.calendars]

    def _hrefs(self, calendar: str) -> list[str]:
        body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        found = self.client.propfind(calendar, body, 1).tree
        hrefs = [element.text for element in found.iter("{DAV:}href")]
        return sorted(urljoin(calendar, href) for href in hrefs if href.endswith(".ics"))

    def _get(self, href: str) -> tuple[str, str]:
        response = self.client.request(href)
        return response.raw.replace("\n", "\r\n"), response.headers["ETag"]

    def _put(self, calendar: str, text: str, href: str, over: str | None = None, etag: str = "") -> bool:
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        headers |= {"If-Match": etag} if over else {"If-None-Match": "*"}
        if self.client.put(urljoin(calendar, href), text, headers).status >= 400:
            return False
        self._model.wrote(text, over)
        return True

    def _delete(self, href: str, text: str, etag: str) -> bool:
        flying = self._flying()
        if self.client.request(href, "DELETE", "", {"If-Match": etag}).status >= 400:
            return False
        self._model.deleted(text)
        self._model.unsure |= {mark(text)} & flying
        return True

    def _move(self, calendar: str, href: str, text: str, etag: str) -> bool:
        other = next(one for one in self.calendars if one != calendar)
        new, _ = edited(self._rng, text, self._model.numbers)
        moved = self._put(other, new, href.rpartition("/")[2])
        return moved and self._delete(href, text, etag)


class Here:
    """The user of this machine, who writes through the store."""

    def __init__(self, database: Database, model: Model, rng: random.Random) -> None:
        self._database = database
        self._model = model
        self._rng = rng

    async def change(self) -> bool:
        async with self._database.begin() as connection:
            mine, other = self._rng.sample(await self._calendars(connection), 2)
            known = await items.in_collections(connection, [mine])
            if not known or self._rng.random() < 0.3:
                number = next(self._model.numbers)
                text = invented(self._rng, number, f"here-{number}@modu")
                await items.put(connection, self._item(mine, text), NOW)
                self._model.wrote(text, None)
                return True
            old = self._rng.choice(known)
            match self._rng.random():
                case dice if dice < 0.2:
                    await items.delete(connection, old.id)
                    self._model.deleted(old.data)
                    return True
                case dice if dice < 0.35 and not await items.by_uid(connection, other, old.uid):
                    new, rest = edited(self._rng, old.data, self._model.numbers)
                    await items.put(connection, Item(old.id, other, old.uid, old.kind, new), NOW)
                case _:
                    new, rest = edited(self._rng, old.data, self._model.numbers)
                    await items.put(connection, Item(old.id, mine, old.uid, old.kind, new), NOW)
            self._model.wrote(new, old.data)
            if rest:
                await items.put(connection, self._item(mine, rest), NOW)
                self._model.wrote(rest, None)
        return True

    async def texts(self) -> list[list[str]]:
        """By calendar, in the order of `There.texts`."""
        async with self._database.begin() as connection:
            order = await self._calendars(connection)
            return [[item.data for item in await items.in_collections(connection, [one])] for one in order]

    async def _calendars(self, connection: AsyncConnection) -> list[str]:
        ids = {one.name: one.id for one in await collections.listed(connection)}
        return [ids["업무"], ids["개인"]]

    def _item(self, collection: str, text: str) -> Item:
        kind = "VTODO" if "BEGIN:VTODO" in text else "VEVENT"
        return Item(items.new_id(kind), collection, Series.parse(text, SEOUL).uid, kind, text)


class Storm:
    """Changes and synchronisations, with what goes wrong in between."""

    def __init__(
        self, server: CalDavServer, proxy: Proxy, worker: Worker, database: Database, home: Path, seed: int
    ) -> None:
        self.rng = random.Random(seed)
        self.model = Model()
        self.here = Here(database, self.model, self.rng)
        self.there = There(server, self.model, self.rng, self._flying)
        self._file = home / "calendar.db"
        self.seen: dict[str, int] = {}
        self.made = 0
        self._server = server
        self._proxy = proxy
        self._worker = worker
        self._env = environment(home, NOW.isoformat())

    async def run(self, operations: int) -> None:
        ways = (self.synchronise, self.cut, self.race, self.kill_us, self.kill_server)
        while self.made < operations:
            for _ in range(self.rng.randrange(1, 12)):
                self.made += await self.here.change() if self.rng.random() < 0.5 else self.there.change()
            way = self.rng.choices(ways, weights=(3, 4, 2, 4, 1))[0]
            self.seen[way.__name__] = self.seen.get(way.__name__, 0) + 1
            await way()
            self._proxy.decide, self._proxy.on_cut = (lambda line: Cut.NOT), (lambda: None)

    async def synchronise(self) -> list[Report]:
        return await synchronise_home(self._env)

    async def settle(self) -> None:
        """Synchronise in peace until nothing is left to do."""
        for _ in range(5):
            told = [(report.summary, report.detail) for report in await self.synchronise()]
            if all(summary.endswith("바뀐 것 없음") for summary, _ in told):
                return
        raise AssertionError(told)

    async def cut(self) -> None:
        """Connections break at any request."""
        self._proxy.decide = lambda line: self._sometimes(0.15)
        await self.synchronise()

    async def race(self) -> None:
        """Both sides change while a synchronisation runs."""
        changing: list[asyncio.Task[bool]] = []

        def decide(line: str) -> Cut:
            if self.rng.random() < 0.2:
                self.made += self.there.change()
            elif self.rng.random() < 0.2:
                changing.append(asyncio.create_task(self.here.change()))
            return self._sometimes(0.05)

        self._proxy.decide = decide
        await self.synchronise()
        self.made += sum(await asyncio.gather(*changing))

    async def kill_us(self) -> None:
        """The synchronising process dies before, in or after some request."""
        left = self.rng.randrange(1, 12)

        def decide(line: str) -> Cut:
            nonlocal left
            left -= 1
            if left:
                return Cut.NOT
            if self.rng.random() < 0.3:
                asyncio.get_running_loop().call_later(self.rng.random() * 0.03, self._worker.kill_child)
                return Cut.NOT
            return self.rng.choice((Cut.BEFORE, Cut.REPLY_LOST, Cut.REPLY_TORN))

        self._proxy.decide = decide
        await self._worker.start(NOW.isoformat())
        self._proxy.on_cut = self._worker.kill_child
        ended = await self._worker.ended()
        assert ended in (0, -9)
        self.seen["killed"] = self.seen.get("killed", 0) + (ended == -9)

    async def kill_server(self) -> None:
        """The server dies while it does something, and comes back."""
        left = self.rng.randrange(1, 15)

        def decide(line: str) -> Cut:
            nonlocal left
            left -= 1
            if left == 0:
                asyncio.get_running_loop().call_later(self.rng.random() * 0.05, self._server.kill)
            return Cut.NOT

        self._proxy.decide = decide
        await self.synchronise()
        self._server.kill()
        await asyncio.to_thread(self._server.start)

    def _flying(self) -> set[int]:
        with closing(sqlite3.connect(self._file)) as connection:
            return {mark(row[0]) for row in connection.execute("SELECT base FROM calendar_remote WHERE etag LIKE '?%'")}

    def _sometimes(self, chance: float) -> Cut:
        if self.rng.random() >= chance:
            return Cut.NOT
        return self.rng.choice((Cut.BEFORE, Cut.REPLY_LOST, Cut.REPLY_TORN))


async def weather(name: str, folder: Path, operations: int, seed: int) -> str:
    """A storm to its end, and what is left after it. Returns what happened, for people."""
    home = folder / "home"
    database = open_database(load(environment(home, NOW.isoformat())))
    try:
        with serving(name, folder) as server, Worker(home) as worker:
            async with Proxy(server).running() as proxy:
                async with database.begin() as connection:
                    account = Account("acc_1", "caldav", proxy.url, USER, f"env:{SECRET}", {})
                    await accounts.save(connection, account)
                storm = Storm(server, proxy, worker, database, home, seed)
                await storm.synchronise()

                await storm.run(operations)
                await storm.settle()

                here, there = await storm.here.texts(), storm.there.texts()
                storm.there.client.close()
                assert [sorted(map(facts, texts)) for texts in here] == [sorted(map(facts, texts)) for texts in there]
                kept = storm.model.check([text for texts in here for text in texts])
                return f"{name}: {storm.made} changes, {storm.seen}, {sum(map(len, here))} items, {kept} kept twice"
    finally:
        await database.close()


@pytest.mark.timeout(60 + OPERATIONS)
@pytest.mark.parametrize("name", ["radicale", "xandikos"])
async def test_both_sides_end_equal_and_nothing_is_lost(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = await weather(name, tmp_path, OPERATIONS, SEED)
    with capsys.disabled():
        print(told)
