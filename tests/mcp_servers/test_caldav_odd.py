"""Servers that lack sync-tokens, ETags or manners; and the tools."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from mcp_servers.calendar.server import open_database
from mcp_servers.calendar.sync import transport
from mcp_servers.calendar.sync.conflict_copy import SUFFIX
from mcp_servers.calendar.sync.report import title
from mcp_servers.calendar.sync.tools import SyncTools
from mcp_servers.calendar.tables import operation
from mcp_servers.common.operation import PREVIEW, Operations
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import load
from tests.mcp_servers.caldav_model import NOW
from tests.mcp_servers.caldav_odd import Odd, odd_server
from tests.mcp_servers.caldav_servers import PASSWORD, SECRET, environment
from tests.mcp_servers.caldav_sides import event, side_at


@pytest.mark.parametrize(
    "odd",
    [
        Odd(),
        Odd(ctag=False),
        Odd(multiget=False),
        Odd(etag=False),
        Odd(ctag=False, etag=False, multiget=False),
    ],
    ids=["ctag", "no ctag", "no multiget", "no etag", "nothing at all"],
)
async def test_without_sync_tokens_both_sides_still_end_equal(odd: Odd, tmp_path: Path) -> None:
    odd.items = {"a.ics": event("a", "하나"), "b.ics": event("b", "둘"), "c.ics": event("c", "셋")}
    with odd_server(odd):
        async with side_at(odd.url, tmp_path) as here:
            await here.sync()
            assert await here.titles() == ["둘", "셋", "하나"]

            odd.items["a.ics"] = event("a", "하나 (서버)")
            del odd.items["b.ics"]
            odd.items["d.ics"] = event("d", "넷")
            await here.put(event("c", "셋 (여기)"), "c")
            await here.put(event("e", "다섯"), "e")
            report = await here.sync()

            assert report.detail == ""
            titles = sorted(["넷", "다섯", "셋 (여기)", "하나 (서버)"])
            assert await here.titles() == sorted(map(title, odd.items.values())) == titles
            assert not (await here.sync()).sent


async def test_an_unchanged_ctag_spares_the_listing(tmp_path: Path) -> None:
    with odd_server(Odd(items={"a.ics": event("a", "하나")})) as odd:
        async with side_at(odd.url, tmp_path) as here:
            await here.sync()
            odd.asked.clear()
            await here.sync()
            assert [line for line in odd.asked if "password" in line] == ["PROPFIND /cal/ +password"]


async def test_what_a_server_makes_of_a_text_is_taken_over(tmp_path: Path) -> None:
    with odd_server(Odd(rewrite=("SUMMARY:회의", "SUMMARY:회의 [사내]"))) as odd:
        async with side_at(odd.url, tmp_path) as here:
            await here.sync()
            await here.put(event("a", "회의"), "a")
            report = await here.sync()
            assert (await here.titles(), report.notes) == (["회의 [사내]"], [])
            assert not (await here.sync()).sent


async def test_one_refused_item_does_not_stop_the_others_and_stays_queued(tmp_path: Path) -> None:
    with odd_server(Odd(refuse="비밀")) as odd:
        async with side_at(odd.url, tmp_path) as here:
            await here.sync()
            for uid, text in (("a", "비밀 회의"), ("b", "둘")):
                await here.put(event(uid, text), uid)
            report = await here.sync()
            assert (report.sent, await here.pending()) == (1, 1)
            assert report.faults == ["보내지 못함: 비밀 회의 — 서버가 받지 않았습니다(HTTP 403)."]

            odd.refuse = ""
            assert ((await here.sync()).sent, await here.pending()) == (1, 0)


async def test_a_calendar_that_can_only_be_read_is_not_written(tmp_path: Path) -> None:
    with odd_server(Odd(writable=False, items={"a.ics": event("a", "하나")})) as odd:
        async with side_at(odd.url, tmp_path) as here:
            await here.sync()
            await here.put(event("b", "둘"), "b")
            assert "읽기만 되는 달력" in (await here.sync()).detail
            assert not any(line.startswith("PUT") for line in odd.asked)


async def test_broken_resources_are_told_and_stay_on_the_server(tmp_path: Path) -> None:
    two = event("x", "둘").replace("END:VCALENDAR\r\n", event("y", "셋").partition("KO\r\n")[2])
    broken = {"bad.ics": "이건 달력이 아님", "two.ics": two, "huge.ics": event("h", "a" * 8_500_000)}
    broken["again.ics"] = event("a", "UID가 이미 있음")
    with odd_server(Odd(items={"a.ics": event("a", "하나")} | broken)) as odd:
        async with side_at(odd.url, tmp_path) as here:
            report = await here.sync()
            assert await here.titles() == ["하나"]
            assert (len(report.notes), report.faults) == (4, [])
            assert set(odd.items) == {"a.ics", *broken}


@pytest.mark.parametrize("start", ["엉망", "99999999T000000Z", "00010101T000000Z", "20261301"])
async def test_broken_dates_stop_nothing(start: str, tmp_path: Path) -> None:
    items = {"a.ics": event("a", "하나").replace("20261201T060000Z", start), "b.ics": event("b", "둘")}
    with odd_server(Odd(items=items)) as odd:
        async with side_at(odd.url, tmp_path) as here:
            await here.sync()
            assert "둘" in await here.titles()
            assert set(odd.items) == {"a.ics", "b.ics"}


async def test_a_foreign_server_is_never_asked(tmp_path: Path) -> None:
    with odd_server(Odd()) as foreign, odd_server(Odd(redirect=foreign.url)) as odd:
        async with side_at(odd.url.replace("/cal/", "/moved/"), tmp_path) as here:
            assert "비밀번호가 새지 않도록 멈췄습니다" in (await here.sync()).detail
            odd.redirect = "http://[broken"
            assert (await here.sync()).failed
            assert foreign.asked == []


async def test_a_redirect_within_the_server_keeps_the_method(tmp_path: Path) -> None:
    with odd_server(Odd(items={"a.ics": event("a", "하나")}, redirect="/cal/")) as odd:
        async with side_at(odd.url.replace("/cal/", "/moved/"), tmp_path) as here:
            assert (await here.sync()).taken == 1


async def test_an_endless_or_broken_answer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with odd_server(Odd(answer=b"<d:multistatus xmlns:d='DAV:'>" + b" " * 100_000)) as odd:
        async with side_at(odd.url, tmp_path) as here:
            assert "닿지 못했습니다" in (await here.sync()).detail
            monkeypatch.setattr(transport, "MOST_BYTES", 50_000)
            assert "너무 큽니다" in (await here.sync()).detail


async def test_an_entity_bomb_is_not_expanded(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa">'
    bomb += b"".join(b'<!ENTITY %c "%s">' % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(12))
    answer = (
        bomb + b']><d:multistatus xmlns:d="DAV:"><d:response><d:href>/cal/&m;</d:href></d:response></d:multistatus>'
    )
    with odd_server(Odd(answer=answer)) as odd:
        async with side_at(odd.url, tmp_path) as here:
            assert (await here.sync()).failed


async def test_an_address_without_encryption_is_refused(tmp_path: Path) -> None:
    async with side_at("http://calendar.example/dav/", tmp_path) as here:
        assert "암호화되지 않은" in (await here.sync()).detail


class Tools:
    def __init__(self, home: Path, env: dict[str, str]) -> None:
        self._settings = load(environment(home, NOW.isoformat()))
        self._env = env

    async def ask(self, tool: str, meta: dict[str, Any] | None = None, **arguments: Any) -> CallToolResult:
        database = open_database(self._settings)
        server = ToolServer("달력", server="calendar", instructions="달력", database=database)
        SyncTools(self._settings, database, Operations(database, operation), self._env).register(server)
        async with Client(server) as client:
            result = await client.call_tool(tool, arguments, meta=meta)
        await database.close()
        return result

    async def call(self, tool: str, meta: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        result = await self.ask(tool, meta, **arguments)
        assert not result.is_error, result.content
        return dict(result.structured_content or {})

    async def refusal(self, tool: str, **arguments: Any) -> str:
        result = await self.ask(tool, **arguments)
        assert result.is_error
        [content] = result.content
        assert isinstance(content, TextContent)
        return content.text


@pytest.fixture
async def connected(tmp_path: Path) -> AsyncIterator[tuple[Tools, Odd]]:
    with odd_server(Odd(items={"a.ics": event("a", "하나")})) as odd:
        tools = Tools(tmp_path, {SECRET: PASSWORD})
        added = await tools.call(
            "add_calendar_account", provider="caldav", username="modu", secret=f"env:{SECRET}", url=odd.url
        )
        assert added["summary"] == "CalDAV 서버(modu) 연결: 달력 1개(이상한 달력)"
        yield tools, odd


async def test_an_account_is_connected_synchronised_and_left(connected: tuple[Tools, Odd]) -> None:
    tools, _ = connected
    assert (await tools.call("sync_calendars"))["summary"] == "CalDAV 서버(modu): 받음 1"
    helped = await tools.call("calendar_setup_help", provider="naver")
    assert helped["connected"] == ["CalDAV 서버(modu)"]
    assert "애플리케이션 비밀번호" in helped["steps"]
    await tools.call("remove_calendar_account", username="modu")
    assert "연결된 달력 계정이 없습니다" in await tools.refusal("sync_calendars")


async def test_a_preview_sends_nothing(connected: tuple[Tools, Odd]) -> None:
    tools, odd = connected
    odd.asked.clear()
    told = await tools.call("sync_calendars", {PREVIEW: True})
    assert (told["summary"], odd.asked) == ("달력 계정 1개와 맞추기 · 보낼 변경 0건", [])


async def test_connecting_again_is_the_same_account(connected: tuple[Tools, Odd]) -> None:
    tools, odd = connected
    await tools.call("add_calendar_account", provider="caldav", username="modu", secret=f"env:{SECRET}", url=odd.url)
    assert (await tools.call("calendar_setup_help", provider="naver"))["connected"] == ["CalDAV 서버(modu)"]


async def test_a_password_in_the_call_is_refused_and_not_repeated(tmp_path: Path) -> None:
    tools = Tools(tmp_path, {})
    told = await tools.refusal("add_calendar_account", provider="naver", username="minsu", secret="hunter2-비밀")
    assert "비밀번호는 대화에 적지 않습니다" in told
    assert "hunter2" not in told
    assert "OAuth" in await tools.refusal("add_calendar_account", provider="google", username="minsu")
    assert "url" in await tools.refusal("add_calendar_account", provider="nextcloud", username="a", secret="env:X")
    assert not list(tmp_path.glob("*.db")) or b"hunter2" not in (tmp_path / "calendar.db").read_bytes()


async def test_a_conflict_is_told_by_the_tool(connected: tuple[Tools, Odd], tmp_path: Path) -> None:
    tools, odd = connected
    await tools.call("sync_calendars")
    async with side_at(odd.url, tmp_path / "other") as other:
        await other.sync()
        await other.put(event("a", "다른 기기"), "a")
        odd.items["a.ics"] = event("a", "서버")
        assert (await other.sync()).notes
        assert await other.titles() == sorted(["서버", "다른 기기" + SUFFIX])
    assert (await tools.call("sync_calendars"))["summary"] == "CalDAV 서버(modu): 받음 2"


async def test_two_synchronisations_at_once_do_not_meet(tmp_path: Path) -> None:
    with odd_server(Odd(items={"a.ics": event("a", "하나")})) as odd:
        async with side_at(odd.url, tmp_path) as here:
            first, second = await asyncio.gather(here.sync(), here.sync())
            assert sorted((first.taken, second.taken)) == [0, 1]
            assert "다른 곳에서 지금 맞추고 있습니다" in (first.detail or second.detail)
