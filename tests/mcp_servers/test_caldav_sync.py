"""Two-way synchronisation with Radicale and xandikos, which run as processes."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from mcp_servers.calendar.store import items
from mcp_servers.calendar.sync import rows
from mcp_servers.calendar.sync.conflict_copy import SUFFIX
from mcp_servers.calendar.sync.fingerprint import same
from mcp_servers.calendar.sync.report import title
from tests.mcp_servers.caldav_servers import PASSWORD, USER, CalDavServer, Cut, Proxy, serving
from tests.mcp_servers.caldav_sides import Side, event, side_at


@pytest.fixture(scope="module", params=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    with serving(request.param, tmp_path_factory.mktemp("caldav")) as running:
        yield running


class There:
    """The calendar on the server."""

    def __init__(self, server: CalDavServer) -> None:
        self.url = server.make_calendar(uuid4().hex[:8], "업무")
        self.http = httpx.Client(auth=(USER, PASSWORD))

    def put(self, text: str, name: str) -> None:
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        self.http.put(f"{self.url}{name}.ics", content=text.encode(), headers=headers).raise_for_status()

    def delete(self, name: str) -> None:
        self.http.delete(f"{self.url}{name}.ics").raise_for_status()

    def texts(self) -> list[str]:
        found = self.http.request("PROPFIND", self.url, headers={"Depth": "1"}).text
        names = re.findall(r"href>([^<]+\.ics)<", found)
        return [self.http.get(httpx.URL(self.url).join(name)).text for name in names]

    def titles(self) -> list[str]:
        return sorted(title(text) for text in self.texts())


@pytest.fixture
def there(server: CalDavServer) -> Iterator[There]:
    calendar = There(server)
    yield calendar
    calendar.http.close()


@pytest.fixture
async def here(there: There, tmp_path: Path) -> AsyncIterator[Side]:
    """Both sides have the event "회의" already."""
    async with side_at(there.url, tmp_path) as side:
        there.put(event("a", "회의"), "a")
        await side.sync()
        yield side


async def test_what_is_new_on_either_side_comes_to_the_other(here: Side, there: There) -> None:
    there.put(event("s", "서버 회의"), "s")
    await here.put(event("b@modu", "내 회의"), "b@modu")

    report = await here.sync()

    assert (report.taken, report.sent, report.detail) == (1, 1, "")
    assert await here.titles() == there.titles() == ["내 회의", "서버 회의", "회의"]
    assert same((await here.texts())["s"], event("s", "서버 회의"))
    assert (await here.sync()).summary == "CalDAV 서버(modu): 바뀐 것 없음"


async def test_deletions_go_both_ways(here: Side, there: There) -> None:
    await here.put(event("b", "둘"), "b")
    await here.sync()
    there.delete("a")
    await here.delete("b")

    report = await here.sync()

    assert (report.taken, report.deleted) == (1, 1)
    assert (await here.titles(), there.titles()) == ([], [])


async def test_what_both_changed_is_kept_twice_on_both_sides_and_told(here: Side, there: There) -> None:
    there.put(event("a", "회의 (서버)"), "a")
    await here.put(event("a", "회의 (여기)", "ATTENDEE:mailto:minsu@example.com"), "a")

    report = await here.sync()

    assert report.notes == ["충돌: 회의 (서버) — 양쪽에서 바뀌어 내 것을 '(내 변경, 충돌)' 사본으로 남겼습니다."]
    assert await here.titles() == there.titles() == sorted(["회의 (서버)", "회의 (여기)" + SUFFIX])
    assert title((await here.texts())["a"]) == "회의 (서버)"
    assert (await here.sync()).notes == []


async def test_the_same_change_on_both_sides_is_no_conflict(here: Side, there: There) -> None:
    there.put(event("a", "같은 제목"), "a")
    await here.put(event("a", "같은 제목").replace("20261101T000000Z", "20261102T000000Z"), "a")
    report = await here.sync()
    assert (report.notes, await here.titles(), there.titles()) == ([], ["같은 제목"], ["같은 제목"])


@pytest.mark.parametrize("deleter", ["here", "there"])
async def test_a_change_wins_over_a_deletion_and_is_told(here: Side, there: There, deleter: str) -> None:
    if deleter == "here":
        there.put(event("a", "바뀐 회의"), "a")
        await here.delete("a")
    else:
        await here.put(event("a", "바뀐 회의"), "a")
        there.delete("a")

    report = await here.sync()

    assert len(report.notes) == 1
    assert report.notes[0].startswith("되살림: 바뀐 회의")
    assert await here.titles() == there.titles() == ["바뀐 회의"]


async def test_what_others_undo_right_after_we_sent_it_is_undone_here(here: Side, there: There) -> None:
    """Where tokens are digests of the contents, the token is then what it was before."""
    await here.put(event("b", "곧 지울 것"), "b")
    await here.sync()
    there.delete("b")
    await here.sync()
    assert await here.titles() == ["회의"]


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.REPLY_LOST, Cut.REPLY_TORN])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_cut_change_arrives_once(
    server: CalDavServer, there: There, tmp_path: Path, method: str, cut: Cut
) -> None:
    there.put(event("a", "회의"), "a")
    proxy = Proxy(server)
    async with proxy.running(), side_at(there.url.replace(server.url, proxy.url), tmp_path) as here:
        await here.sync()
        await here.put(event("b", "둘"), "b")
        await here.delete("a")
        left = [method]

        def once(line: str) -> Cut:
            return cut if line.split()[0] in left and not left.clear() else Cut.NOT

        proxy.decide = once
        report = await here.sync()

        assert (report.notes, report.faults, left) == ([], [], [])
        assert await here.titles() == there.titles() == ["둘"]


async def test_changes_wait_while_the_server_is_away(server: CalDavServer, there: There, tmp_path: Path) -> None:
    async with Proxy(server).running() as proxy, side_at(there.url.replace(server.url, proxy.url), tmp_path) as here:
        await here.sync()
        proxy.decide = lambda line: Cut.BEFORE
        await here.put(event("b", "오프라인"), "b")

        away = await here.sync()
        assert away.failed
        assert "닿지 못했습니다" in away.detail
        assert await here.pending() == 1

        proxy.decide = lambda line: Cut.NOT
        await here.sync()
        assert (await here.pending(), there.titles()) == (0, ["오프라인"])


async def test_a_calendar_that_is_gone_from_the_server_stays_here(here: Side, there: There) -> None:
    collection = await here.collection()
    there.http.delete(there.url).raise_for_status()

    report = await here.sync()

    assert report.failed
    async with here.database.begin() as connection:
        kept = await items.in_collections(connection, [collection])
    assert [title(item.data) for item in kept] == ["회의"]


async def test_a_suddenly_empty_calendar_deletes_nothing(here: Side, there: There) -> None:
    for number in range(10):
        there.put(event(f"n{number}", f"일정 {number}"), f"n{number}")
    await here.sync()
    collection = await here.collection()
    async with here.database.begin() as connection:
        await rows.save_state(connection, collection, "", "")
    for name in ("a", *(f"n{number}" for number in range(10))):
        there.delete(name)

    report = await here.sync()

    assert "갑자기 비었습니다" in report.detail
    assert len(await here.titles()) == 11


async def test_a_wrong_password_is_told(server: CalDavServer, here: Side) -> None:
    if server.name == "radicale":
        report = await here.sync({"MODU_CALDAV_PASSWORD": "틀림"})
        assert "비밀번호를 받지 않습니다" in report.detail
    report = await here.sync({})
    assert "환경 변수 'MODU_CALDAV_PASSWORD'" in report.detail
