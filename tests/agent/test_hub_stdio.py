"""A tool server that the user added as a command: a real child process."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.contract import ApprovalAnswered
from agent.errors import ToolFailed
from agent.events import ApprovalAsked, ToolCallFinished
from agent.policy.policy import Situation, Subject, judge
from tests.agent.hubs import alive, call, connected, hub_on, noticed, toy, until
from tests.conftest import MakeSettings, Serve, Start, gather
from tests.scripted_model import calls, in_order, says

ONLY = {"only_servers": ("toy",)}
BOTH_ERAS = pytest.mark.parametrize("era", [(), ("--legacy",)], ids=["modern", "handshake"])


async def test_its_tools_are_not_in_the_list_but_found_used_and_read(
    serve: Serve, start: Start, make_settings: MakeSettings
) -> None:
    find = calls(("find_tools", {"query": "say text again"}))
    use = calls(("use_tool", {"tool": "toy_echo", "arguments": {"text": "안녕"}}))
    model = serve(in_order(find, use, says("안녕이라고 합니다.")))
    chosen: dict[str, Any] = {"servers": {"toy": toy()}, "only_servers": ("toy", "calendar")}
    async with hub_on(make_settings(**chosen)) as hub:
        await connected(hub, "toy")
    session = await start(model=None, base_url=model.base_url, **chosen)

    asked = await gather(session.send("메아리"))
    done = await gather(session.resume(ApprovalAnswered(approved=("c1_1_0",))))

    offered = [tool["function"]["name"] for tool in model.requests[0]["tools"]]
    assert not [name for name in offered if name.startswith("toy")]
    assert "toy_echo" in next(event.result for event in asked if isinstance(event, ToolCallFinished))
    assert isinstance(asked[-1], ApprovalAsked)
    assert asked[-1].calls[0].title == "메아리[31m"
    [finished] = [event for event in done if isinstance(event, ToolCallFinished)]
    assert (finished.status, finished.result, finished.outside) == ("done", "안녕", True)
    assert model.requests[0]["tools"] == model.requests[-1]["tools"]


async def test_its_stderr_goes_to_a_log_of_its_own(make_settings: MakeSettings) -> None:
    settings = make_settings(servers={"toy": toy()}, **ONLY)
    async with hub_on(settings) as hub:
        with pytest.raises(ToolFailed):
            await call(hub, "toy_nothing")
        refused = await call(hub, "toy_complain", text="문제 있음")

    assert refused.failed
    assert "거절: 문제 있음" in refused.text
    assert "문제 있음" in (settings.home / "logs" / "toy.log").read_text(encoding="utf-8")


async def test_it_sees_what_it_is_given_and_no_more(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODU_API_KEY", "sk-secret")
    monkeypatch.setenv("TOY_TOKEN", "비밀")
    spec = toy(env={"TOKEN": "Bearer ${TOY_TOKEN}", "PLAIN": "값"})
    async with hub_on(make_settings(servers={"toy": spec}, **ONLY)) as hub:
        seen = json.loads((await call(hub, "toy_environment")).text)

    assert (seen["TOKEN"], seen["PLAIN"]) == ("Bearer 비밀", "값")
    assert seen.keys() <= {"TOKEN", "PLAIN", "HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LC_CTYPE"}


async def test_where_another_process_is_the_face_its_environment_is_meant(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_TOKEN", "여기")
    face = {"TOY_TOKEN": SecretStr("거기"), "PATH": SecretStr("/face/bin"), "OTHER": SecretStr("남의 것")}
    settings = make_settings(servers={"toy": toy(env={"TOKEN": "${TOY_TOKEN}"})}, variables=face, **ONLY)
    async with hub_on(settings) as hub:
        seen = json.loads((await call(hub, "toy_environment")).text)

    assert (seen["TOKEN"], seen["PATH"], "OTHER" in seen) == ("거기", "/face/bin", False)


async def test_its_own_word_about_itself_is_not_believed(make_settings: MakeSettings) -> None:
    settings = make_settings(servers={"toy": toy()}, mode="plan", **ONLY)
    async with hub_on(settings) as hub:
        await connected(hub, "toy")
        echo = hub.catalog.get("toy_echo")
        refused = await hub.outcome("toy", "k")

    subject = Subject(tool="toy_echo", effect=echo.effect, trusted=echo.trusted, arguments={})
    assert (echo.effect, echo.trusted, echo.outside, echo.core, echo.host) == ("change", False, True, False, False)
    assert judge(subject, Situation(mode="plan"), settings).action == "deny"
    assert refused == ("started", None)


async def test_a_tool_that_never_answers_is_given_up_and_stopped(make_settings: MakeSettings, tmp_path: Path) -> None:
    note = tmp_path / "note"
    async with hub_on(make_settings(servers={"toy": toy(timeout=0.5)}, **ONLY)) as hub:
        process = (await call(hub, "toy_process")).text
        with pytest.raises(ToolFailed, match=r"toy 서버가 0\.5초 동안 답하지 않아") as given_up:
            await call(hub, "toy_hang", note=str(note))
        await until(lambda: note.read_text(encoding="utf-8") == "cancelled")

        assert given_up.value.code == "timeout"
        assert (await call(hub, "toy_process")).text == process


async def test_progress_is_a_sign_of_life(make_settings: MakeSettings) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(*progress: Any) -> None:
        heard.append(progress)

    async with hub_on(make_settings(servers={"toy": toy(timeout=1)}, **ONLY)) as hub:
        await connected(hub, "toy")
        slow = hub.catalog.get("toy_progress")
        output = await hub.call(slow, {"steps": 4, "pause": 0.4}, "k", hear)

    assert output.text == "끝"
    assert heard == [(float(step), 4.0, f"{step}번째[2J") for step in range(1, 5)]


@BOTH_ERAS
async def test_cancelling_a_call_cancels_the_tool(
    make_settings: MakeSettings, tmp_path: Path, era: tuple[str, ...]
) -> None:
    note = tmp_path / "note"
    async with hub_on(make_settings(servers={"toy": toy(*era)}, **ONLY)) as hub:
        hanging = asyncio.create_task(call(hub, "toy_hang", note=str(note)))
        await until(note.exists)
        hanging.cancel()
        await until(lambda: note.read_text(encoding="utf-8") == "cancelled")

        assert (await call(hub, "toy_echo", text="네")).text == "네"


@BOTH_ERAS
async def test_a_server_that_dies_in_a_call_fails_that_call_and_comes_back(
    make_settings: MakeSettings, era: tuple[str, ...]
) -> None:
    servers = {"toy": toy(*era), "other": toy()}
    async with hub_on(make_settings(servers=servers, only_servers=("toy", "other"))) as hub:
        await connected(hub, "toy", "other")
        before = (await call(hub, "toy_process")).text
        with pytest.raises(ToolFailed, match="toy 서버와 연결이 끊겼습니다") as lost:
            async with asyncio.timeout(10):
                await call(hub, "toy_crash")
        other = await call(hub, "other_echo", text="나는 있다")
        after = (await call(hub, "toy_process")).text

    task = asyncio.current_task()
    assert lost.value.code == "lost"
    assert other.text == "나는 있다"
    assert after != before
    assert task
    assert task.cancelling() == 0


@BOTH_ERAS
async def test_a_server_that_died_unnoticed_is_there_for_the_next_call(
    make_settings: MakeSettings, era: tuple[str, ...]
) -> None:
    async with hub_on(make_settings(servers={"toy": toy(*era)}, **ONLY)) as hub:
        process = int((await call(hub, "toy_process")).text)
        os.kill(process, signal.SIGKILL)
        await noticed(hub, "toy")

        assert int((await call(hub, "toy_process")).text) != process


@BOTH_ERAS
async def test_a_changed_list_is_noticed_and_the_core_stays(make_settings: MakeSettings, era: tuple[str, ...]) -> None:
    async with hub_on(make_settings(servers={"toy": toy(*era)}, only_servers=("toy", "calendar"))) as hub:
        core = hub.catalog.core()
        await call(hub, "toy_grow")
        await until(lambda: "toy_grown" in [tool.offered_as for tool in hub.catalog.of("toy")])

        assert (await call(hub, "toy_grown")).text == "새 도구"
        assert hub.catalog.core() == core


async def test_an_answer_that_breaks_its_own_schema_fails_only_that_call(make_settings: MakeSettings) -> None:
    async with hub_on(make_settings(servers={"toy": toy()}, **ONLY)) as hub:
        process = (await call(hub, "toy_process")).text
        good = await call(hub, "toy_weather", city="서울")
        with pytest.raises(ToolFailed, match="약속한 형식이 아닙니다") as failed:
            await call(hub, "toy_weather", city="Atlantis")

        assert good.text == '{"city":"서울","degrees":-3.5}'
        assert failed.value.code == "failed"
        assert (await call(hub, "toy_process")).text == process


async def test_calls_run_side_by_side(make_settings: MakeSettings) -> None:
    async with hub_on(make_settings(servers={"toy": toy()}, **ONLY)) as hub:
        outputs = await asyncio.gather(*(call(hub, "toy_echo", text=f"{n}번") for n in range(40)))

    assert [output.text for output in outputs] == [f"{n}번" for n in range(40)]


async def test_closing_ends_the_child(make_settings: MakeSettings, tmp_path: Path) -> None:
    async with hub_on(make_settings(servers={"toy": toy()}, **ONLY)) as hub:
        process = int((await call(hub, "toy_process")).text)
        note = tmp_path / "note"
        hanging = asyncio.create_task(call(hub, "toy_hang", note=str(note)))
        await until(note.exists)

    with pytest.raises(ToolFailed, match="연결이 끊겼습니다"):
        await hanging
    assert not alive(process)
