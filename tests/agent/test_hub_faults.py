"""Tool servers that cannot be used do not trouble the others."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.errors import SettingsError, ToolFailed, UsageError
from agent.events import Failure
from agent.settings import ServerSpec, load
from agent.tools.hub import Hub
from tests.agent.hubs import alive, call, free_port, hub_on, toy, toy_over_http, until
from tests.conftest import MakeSettings, Start, gather

SILENT = "import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(1000)"
STUBBORN = "import os, signal, sys, time; signal.signal(15, signal.SIG_IGN); " + SILENT


def python(script: str) -> ServerSpec:
    return ServerSpec(command=sys.executable, args=("-c", script))


@pytest.fixture
def deaf() -> Iterator[str]:
    """An address that accepts connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        (ServerSpec(command="no-such-program"), "no-such-program을 찾을 수 없습니다"),
        (ServerSpec(command="/etc/passwd"), "/etc/passwd를 실행할 수 없습니다"),
        (ServerSpec(command=sys.executable, cwd=Path("/no/such/folder")), "/no/such/folder를 찾을 수 없습니다"),
        (python("raise SystemExit(3)"), "MCP 서버로 답하지 않고 끝났습니다"),
        (python("while True: print('hello')"), "MCP 서버로 답하지 않고 끝났습니다"),
        (ServerSpec(command="cat"), "그곳에 MCP 서버가 없거나 도구를 내놓지 않습니다"),
        (ServerSpec(command="cat", env={"TOKEN": "${NO_SUCH_VARIABLE}"}), "환경 변수 NO_SUCH_VARIABLE가 없습니다"),
        (ServerSpec(url=f"http://127.0.0.1:{free_port()}/mcp"), "그 주소에서 답하는 서버가 없습니다"),
        (ServerSpec(url="http://no-such-host.invalid/mcp"), "그 주소에서 답하는 서버가 없습니다"),
    ],
    ids=["missing", "no program", "no folder", "ends", "floods", "echoes", "variable", "refused", "no host"],
)
async def test_a_server_that_cannot_start_says_why_in_korean(
    make_settings: MakeSettings, spec: ServerSpec, fault: str
) -> None:
    async with hub_on(make_settings(servers={"bad": spec}, only_servers=("bad", "code"))) as hub:
        assert await hub.faults() == {"bad": fault, "code": ""}
        assert hub.catalog.of("bad") == []
        assert (await call(hub, "code_list_files")).failed is False


async def test_a_closed_door_is_named(make_settings: MakeSettings) -> None:
    async with toy_over_http("--secret", "s3cret") as url:
        settings = make_settings(servers={"bad": ServerSpec(url=url)}, only_servers=("bad",))
        async with hub_on(settings) as hub:
            assert await hub.faults() == {"bad": "서버가 인증을 요구합니다(401). headers 설정을 확인하세요"}


async def test_a_wrong_path_is_named(make_settings: MakeSettings) -> None:
    async with toy_over_http() as url:
        servers = {"bad": ServerSpec(url=url + "/elsewhere")}
        async with hub_on(make_settings(servers=servers, only_servers=("bad",))) as hub:
            assert await hub.faults() == {"bad": "그곳에 MCP 서버가 없거나 도구를 내놓지 않습니다"}


async def test_silent_servers_hold_up_neither_the_start_nor_the_end(make_settings: MakeSettings, deaf: str) -> None:
    servers = {"silent": python(SILENT), "stubborn": python(STUBBORN), "deaf": ServerSpec(url=deaf)}
    settings = make_settings(servers=servers)
    before = asyncio.all_tasks()
    hub = Hub(settings)
    async with asyncio.timeout(20):
        await hub.start()
    faults = await hub.faults(patience=0)
    logs = [settings.home / "logs" / f"{name}.log" for name in ("silent", "stubborn")]
    await until(lambda: all(log.exists() and log.read_text(encoding="utf-8").strip() for log in logs))
    processes = [int(log.read_text(encoding="utf-8")) for log in logs]
    async with asyncio.timeout(10):
        await hub.close()

    assert {name for name, fault in faults.items() if fault} == {"silent", "stubborn", "deaf"}
    assert faults["deaf"] == "아직 연결하고 있습니다"
    assert len(hub.catalog.core()) > 15
    assert not any(alive(process) for process in processes)
    await until(lambda: asyncio.all_tasks() <= before)


async def test_a_cancelled_close_still_ends_the_child(make_settings: MakeSettings) -> None:
    hub = Hub(make_settings(servers={"toy": toy()}, only_servers=("toy",)))
    await hub.start()
    process = int((await call(hub, "toy_process")).text)
    closing = asyncio.create_task(hub.close())
    for _ in range(3):
        await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing

    await until(lambda: not alive(process))
    await hub.close()


def test_a_loop_that_ends_without_close_ends(make_settings: MakeSettings) -> None:
    hub = Hub(make_settings(servers={"toy": toy()}, only_servers=("toy",)))

    async def forgetful() -> int:
        await hub.start()
        return int((await call(hub, "toy_process")).text)

    assert not alive(asyncio.run(forgetful()))


async def test_a_call_to_a_server_that_is_away_fails_at_once(make_settings: MakeSettings) -> None:
    async with toy_over_http() as url:
        settings = make_settings(servers={"toy": ServerSpec(url=url)}, only_servers=("toy",))
        async with hub_on(settings) as hub:
            await call(hub, "toy_echo", text="네")
    async with hub_on(settings) as hub:
        with pytest.raises(ToolFailed, match="그 주소에서 답하는 서버가 없습니다") as failed:
            async with asyncio.timeout(10):
                await call(hub, "toy_echo", text="네")

    assert failed.value.code == "unavailable"


@pytest.mark.parametrize("name", ["calendar", "phone", "modu", "../etc", "서버", "a b", "a" * 33])
def test_a_name_of_ours_or_no_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.toml").write_text(f'[servers."{name}"]\ncommand = "x"\n', encoding="utf-8")

    with pytest.raises(SettingsError):
        load({}, {"MODU_HOME": str(tmp_path)})


@pytest.mark.parametrize("names", [("phone_send",), ("git", "git_hub")])
def test_a_name_whose_tools_could_pose_as_anothers_is_refused(
    make_settings: MakeSettings, names: tuple[str, ...]
) -> None:
    with pytest.raises(SettingsError, match=names[-1]) as refused:
        Hub(make_settings(servers={name: toy() for name in names}))

    assert names[-1].replace("_", "-") in refused.value.hint


async def test_an_unknown_server_is_refused_before_anything_runs(make_settings: MakeSettings, start: Start) -> None:
    before = asyncio.all_tasks()
    with pytest.raises(UsageError, match="nothere") as refused:
        Hub(make_settings(servers={"toy": toy()}, only_servers=("toy", "nothere")))
    session = await start(servers={"toy": toy()}, only_servers=("nothere",))
    events = await gather(session.send("안녕"))

    assert "toy" in refused.value.hint
    assert [failure.exit_code for failure in events if isinstance(failure, Failure)] == [2]
    assert asyncio.all_tasks() <= before
