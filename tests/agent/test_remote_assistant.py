"""Reaching the resident process, and what a face that does so loads."""

import asyncio
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.contract import EngineStatus, SessionSummary
from agent.errors import SettingsError, UsageError, UserError
from agent.remote import line as remote_line
from agent.remote.assistant import connect
from agent.wire.home import DaemonFolder
from agent.wire.launching import Unreachable
from tests.agent.wire_peer import GREETING, Talk, WirePeer

NOWHERE = Path("/nowhere")


@pytest.fixture
def peer(tmp_path: Path) -> WirePeer:
    return WirePeer(tmp_path / "s")


def answers(peer: WirePeer, **results: Any) -> None:
    for method, result in results.items():

        async def answer(talk: Talk, result: Any = result) -> None:
            await talk.say({"result": result})

        peer.scripts[f"assistant.{method}"] = answer


async def test_the_sessions_of_a_home_are_asked_for_over_one_connection(peer: WirePeer) -> None:
    listed = SessionSummary(id="s1", title="t", turns=1, updated_at=datetime(2026, 11, 22, tzinfo=UTC), parked=False)
    engine = EngineStatus(engine="offline", model="offline", url="", context_tokens=10)
    answers(
        peer,
        open={"session": "s1"},
        sessions=[listed.model_dump(mode="json")],
        delete=None,
        engine=engine.model_dump(mode="json"),
    )
    await peer.start()
    assistant = await connect(NOWHERE, GREETING, peer.dial)

    opened = await assistant.open("newest")
    found = await assistant.sessions(limit=3)
    await assistant.delete("s9")
    status = await assistant.engine()
    await assistant.close()
    await peer.stop()

    assert (opened.id, found, status) == ("s1", [listed], engine)
    assert peer.greetings == [GREETING]
    assert [(frame["method"].partition(".")[2], frame["params"]) for frame in peer.frames] == [
        ("open", {"session": "newest"}),
        ("sessions", {"limit": 3}),
        ("delete", {"session": "s9"}),
        ("engine", {}),
    ]


async def test_a_process_that_runs_is_found_by_its_home_alone(tmp_path: Path) -> None:
    folder = DaemonFolder(tmp_path)
    folder.make()
    folder.socket.parent.mkdir(exist_ok=True)
    peer = WirePeer(folder.socket)
    answers(peer, open={"session": "s1"})
    await peer.start()

    assistant = await connect(tmp_path, GREETING)
    opened = await assistant.open()
    await assistant.close()
    await peer.stop()

    assert opened.id == "s1"


async def test_a_process_that_is_just_leaving_is_asked_again(peer: WirePeer) -> None:
    peer.greeting_answers = [None, None]
    await peer.start()

    assistant = await connect(NOWHERE, GREETING, peer.dial)
    await assistant.close()
    await peer.stop()

    assert len(peer.greetings) == 3


async def test_what_cannot_be_reached_or_refuses_says_why_at_once(peer: WirePeer) -> None:
    with pytest.raises(Unreachable):
        await connect(NOWHERE, GREETING, peer.dial)
    await peer.start()
    peer.greeting_answers = [{"error": {"kind": "SettingsError", "message": "설정이 틀립니다."}}]
    with pytest.raises(SettingsError, match="설정이 틀립니다"):
        await connect(NOWHERE, GREETING, peer.dial)
    peer.greeting_answers = [None] * 9
    with pytest.raises(Unreachable, match="받자마자"):
        await connect(NOWHERE, GREETING, peer.dial)
    await peer.stop()


async def test_a_call_survives_a_restart_and_an_answer_that_is_no_frame(
    peer: WirePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_line, "_FIRST_PAUSE", 0.001)
    answered = 0

    async def answer(talk: Talk) -> None:
        nonlocal answered
        answered += 1
        if answered == 1:
            await talk.write(b"no frame\n")
        elif answered == 2:
            talk.hang_up()
        else:
            await talk.say({"result": []})

    peer.scripts["assistant.sessions"] = answer
    await peer.start()
    assistant = await connect(NOWHERE, GREETING, peer.dial)
    first = await assistant.sessions()
    await peer.stop()
    asking = asyncio.create_task(assistant.sessions())
    await asyncio.sleep(0)
    await peer.start()
    second = await asking
    await assistant.close()
    await peer.stop()

    assert (first, second) == ([], [])


async def test_after_the_end_nothing_is_asked(peer: WirePeer) -> None:
    answers(peer, open={"session": "s1"})
    await peer.start()
    assistant = await connect(NOWHERE, GREETING, peer.dial)
    session = await assistant.open("s1")
    await assistant.close()

    with pytest.raises(UserError, match="닫혔습니다"):
        await assistant.sessions()
    assert [event.type async for event in session.send("안녕")] == ["error", "turn_finished"]
    await session.cancel()
    await peer.stop()


async def test_a_request_too_long_for_a_line_is_refused_at_once(peer: WirePeer) -> None:
    answers(peer, open={"session": "s1"})
    await peer.start()
    assistant = await connect(NOWHERE, GREETING, peer.dial)
    session = await assistant.open("s1")

    with pytest.raises(UsageError, match="너무 깁니다"):
        await session.pin("가" * 3_000_000)
    assert (await assistant.open("s1")).id == "s1"
    await assistant.close()
    await peer.stop()


async def test_who_stops_waiting_for_a_connection_leaves_none_open(peer: WirePeer) -> None:
    await peer.start()
    made: list[socket.socket] = []
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow() -> tuple[socket.socket, dict[str, Any]]:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()
        found = peer.dial()
        made.append(found[0])
        return found

    connecting = asyncio.create_task(connect(NOWHERE, GREETING, slow))
    await asyncio.sleep(0.01)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    release.set()
    while not made or made[0].fileno() >= 0:
        await asyncio.sleep(0.001)
    await peer.stop()


def test_a_face_that_reaches_the_process_loads_nothing_of_the_agent() -> None:
    code = (
        "import sys, agent.remote.assistant; "
        "print(*sorted(m for m in sys.modules "
        "if m.partition('.')[0] in {'langgraph', 'mcp', 'openai', 'sqlalchemy', 'httpx', 'textual', 'mcp_servers'} "
        "or m.startswith('agent.') and m.split('.')[1] not in "
        "{'remote', 'wire', 'contract', 'events', 'errors', 'text'}))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.split() == []
