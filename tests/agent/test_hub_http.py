"""A tool server that the user added as an address: streamable HTTP over loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from agent.errors import ToolFailed
from agent.settings import ServerSpec
from agent.tools.hub import Hub
from tests.agent.hubs import call, connected, free_port, hub_on, noticed, toy_over_http, until
from tests.conftest import MakeSettings

BOTH_ERAS = pytest.mark.parametrize("era", [(), ("--legacy",)], ids=["modern", "handshake"])
ONLY = {"only_servers": ("toy",)}


@asynccontextmanager
async def hub_at(make_settings: MakeSettings, url: str, **spec: object) -> AsyncIterator[Hub]:
    servers = {"toy": ServerSpec.model_validate({"url": url, **spec})}
    async with hub_on(make_settings(servers=servers, **ONLY)) as hub:
        await connected(hub, "toy")
        yield hub


@BOTH_ERAS
async def test_its_tools_are_called_with_the_configured_headers(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, era: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TOY_TOKEN", "s3cret")
    headers = {"Authorization": "Bearer ${TOY_TOKEN}", "X-Team": "modu"}
    async with (
        toy_over_http("--secret", "s3cret", *era) as url,
        hub_at(make_settings, url, headers=headers) as hub,
    ):
        seen = json.loads((await call(hub, "toy_headers")).text)

    assert (seen["authorization"], seen["x-team"]) == ("Bearer s3cret", "modu")


@BOTH_ERAS
async def test_a_result_of_more_than_a_mebibyte_arrives(make_settings: MakeSettings, era: tuple[str, ...]) -> None:
    async with toy_over_http(*era) as url, hub_at(make_settings, url) as hub:
        output = await call(hub, "toy_big", size=700_000)

    assert output.text == "가" * 700_000


@BOTH_ERAS
async def test_a_server_that_dies_in_a_call_fails_that_call_and_is_found_again(
    make_settings: MakeSettings, tmp_path: Path, era: tuple[str, ...]
) -> None:
    port = free_port()
    async with toy_over_http(*era, port=port) as url, hub_at(make_settings, url) as hub:
        before = (await call(hub, "toy_process")).text
        with pytest.raises(ToolFailed, match="toy 서버와 연결이 끊겼습니다") as lost:
            await call(hub, "toy_crash")
        with pytest.raises(ToolFailed, match="toy 서버를 쓸 수 없습니다: 그 주소에서 답하는 서버가 없습니다") as away:
            await call(hub, "toy_process")
        async with toy_over_http(*era, port=port):
            after = (await call(hub, "toy_process")).text

    task = asyncio.current_task()
    assert (lost.value.code, away.value.code) == ("lost", "unavailable")
    assert after != before
    assert task
    assert task.cancelling() == 0


@BOTH_ERAS
async def test_a_server_restarted_between_calls_is_simply_called(
    make_settings: MakeSettings, era: tuple[str, ...]
) -> None:
    port = free_port()
    async with AsyncExitStack() as server:
        url = await server.enter_async_context(toy_over_http(*era, port=port))
        async with hub_at(make_settings, url) as hub:
            before = (await call(hub, "toy_process")).text
            await server.aclose()
            await server.enter_async_context(toy_over_http(*era, port=port))

            assert (await call(hub, "toy_process")).text != before


async def test_a_server_that_was_away_at_first_is_there_when_called(make_settings: MakeSettings) -> None:
    port = free_port()
    servers = {"toy": ServerSpec(url=f"http://127.0.0.1:{port}/mcp")}
    async with hub_on(make_settings(servers=servers, **ONLY)) as hub:
        assert await noticed(hub, "toy") == "그 주소에서 답하는 서버가 없습니다"
        assert hub.catalog.of("toy") == []
        async with toy_over_http(port=port):
            await until(lambda: hub.catalog.of("toy"))

            assert (await call(hub, "toy_echo", text="왔다")).text == "왔다"


@BOTH_ERAS
async def test_a_changed_list_is_noticed(make_settings: MakeSettings, era: tuple[str, ...]) -> None:
    async with toy_over_http(*era) as url, hub_at(make_settings, url) as hub:
        await call(hub, "toy_grow")
        await until(lambda: "toy_grown" in [tool.offered_as for tool in hub.catalog.of("toy")])

        assert (await call(hub, "toy_grown")).text == "새 도구"


@BOTH_ERAS
async def test_cancelling_a_call_cancels_the_tool(
    make_settings: MakeSettings, tmp_path: Path, era: tuple[str, ...]
) -> None:
    note = tmp_path / "note"
    async with toy_over_http(*era) as url, hub_at(make_settings, url, timeout=1) as hub:
        hanging = asyncio.create_task(call(hub, "toy_hang", note=str(note)))
        await until(note.exists)
        hanging.cancel()
        await until(lambda: note.read_text(encoding="utf-8") == "cancelled")

        assert (await call(hub, "toy_echo", text="네")).text == "네"
