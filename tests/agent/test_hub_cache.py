"""Tool lists kept on disk: the first request need not wait for the servers."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.settings import Settings
from agent.tools.hub import Hub
from tests.agent.hubs import call, connected, hub_on, toy, until
from tests.conftest import MakeSettings

ROOT = Path(__file__).parents[2]


def kept(settings: Settings, server: str) -> Path:
    [path] = (settings.home / "cache" / "tools").glob(f"{server}-*.json")
    return path


async def test_the_second_start_offers_the_tools_before_the_server_is_there(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    ready.touch()
    settings = make_settings(servers={"toy": toy("--wait-for", ready)}, only_servers=("toy", "calendar"))
    async with hub_on(settings) as first:
        await connected(first, "toy", "calendar")
        core, known = first.catalog.core(), first.catalog.of("toy")
    ready.unlink()
    async with hub_on(settings) as second:
        waiting = await second.faults(patience=0)
        offered = second.catalog.core(), second.catalog.of("toy")
        ready.touch()

        assert (await call(second, "toy_echo", text="네")).text == "네"

    assert waiting["toy"] == "아직 연결하고 있습니다"
    assert offered == (core, known)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'[{"server": "toy"}]', b"[]"])
async def test_a_broken_cache_is_ignored_and_written_anew(make_settings: MakeSettings, content: bytes) -> None:
    settings = make_settings(only_servers=("calendar",))
    async with hub_on(settings) as first:
        core = first.catalog.core()
    path = kept(settings, "calendar")
    whole = path.read_bytes()
    path.write_bytes(content)

    async with hub_on(settings) as second:
        assert second.catalog.core() == core

    assert path.read_bytes() == whole
    assert len(core) == 5


async def test_a_list_that_has_changed_is_taken_over_and_kept(make_settings: MakeSettings, tmp_path: Path) -> None:
    later = tmp_path / "later"
    settings = make_settings(servers={"toy": toy("--grown-if", later)}, only_servers=("toy",))
    async with hub_on(settings) as first:
        await connected(first, "toy")
        assert "toy_grown" not in [tool.offered_as for tool in first.catalog.of("toy")]
    later.touch()
    async with hub_on(settings) as second:
        await until(lambda: "toy_grown" in [tool.offered_as for tool in second.catalog.of("toy")])
        await until(lambda: "grown" in kept(settings, "toy").read_text(encoding="utf-8"))

    assert [tool["name"] for tool in json.loads(kept(settings, "toy").read_bytes())][-1] == "grown"


async def test_another_command_does_not_inherit_the_list(make_settings: MakeSettings) -> None:
    async with hub_on(make_settings(servers={"toy": toy()}, only_servers=("toy",))) as hub:
        await connected(hub, "toy")
    other = toy().model_copy(update={"command": "no-such-program"})
    async with hub_on(make_settings(servers={"toy": other}, only_servers=("toy",))) as hub:
        assert hub.catalog.of("toy") == []


async def test_a_home_that_cannot_be_written_costs_only_the_cache(make_settings: MakeSettings) -> None:
    settings = make_settings(only_servers=("code",))
    settings.home.mkdir()
    (settings.home / "cache").write_text("a file in the way", encoding="utf-8")

    async with hub_on(settings) as hub:
        assert (await call(hub, "code_list_files")).failed is False


def test_making_a_hub_starts_nothing(make_settings: MakeSettings) -> None:
    hub = Hub(make_settings(servers={"toy": toy()}))

    assert hub.catalog.core() == ()


KNOWN = """
import asyncio, sys
from agent.settings import Settings
from agent.tools.hub import Hub

async def main():
    hub = Hub(Settings.model_validate_json(sys.argv[1]))
    await hub.start()
    print(len(hub.catalog.core()), *sorted({"mcp", "mcp_types", "httpx2", "jsonschema"} & sys.modules.keys()))
    await hub.close()

asyncio.run(main())
"""
CLOSED_EARLY = """
import asyncio, sys
from agent.settings import Settings
from agent.tools.hub import Hub

async def main():
    hub = Hub(Settings.model_validate_json(sys.argv[1]))
    starting = asyncio.create_task(hub.start())
    while not any(task.get_name() == "mcp toy" for task in asyncio.all_tasks()):
        await asyncio.sleep(0)
    await hub.close()
    await starting
    print(*sorted({"mcp.client.stdio"} & sys.modules.keys()), len(asyncio.all_tasks()))

asyncio.run(main())
"""


async def fresh_process(script: str, settings: Settings) -> str:
    command = [sys.executable, "-c", script, settings.model_dump_json()]
    ran = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


async def test_a_start_with_every_list_known_loads_nothing_that_speaks_mcp(make_settings: MakeSettings) -> None:
    settings = make_settings()
    async with hub_on(settings) as first:
        core = first.catalog.core()

    assert await fresh_process(KNOWN, settings) == str(len(core))


async def test_a_hub_closed_while_what_speaks_mcp_is_still_loaded_starts_nothing(make_settings: MakeSettings) -> None:
    settings = make_settings(servers={"toy": toy()}, only_servers=("toy",))

    assert await fresh_process(CLOSED_EARLY, settings) == "1"
    assert not (settings.home / "logs").exists()
