"""Sessions of a real host over the wire: several faces, one order, a process that dies in the middle of an answer."""

import asyncio
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest

from agent.contract import ApprovalAnswered, Numbered
from agent.events import ApprovalAsked, Event, Notice, TextDelta, ToolCallFinished, TurnFinished, TurnStarted
from agent.host.host import Host
from agent.remote.assistant import RemoteAssistant, connect
from agent.remote.session import AGAIN, BACK, RemoteSession
from agent.wire.dialing import reach
from agent.wire.frames import MAX_LINE
from agent.wire.home import DaemonFolder
from tests.command_line import CommandLine
from tests.conftest import NOW, Serve, Start, gather
from tests.scripted_model import ScriptedModel, calls, in_order, says

SMS = ("phone_send_message", {"to": "010-1234-5678", "text": "10분 늦습니다"})
Face = Callable[[ScriptedModel], Awaitable[RemoteAssistant]]


def greeting(folder: Path, model: ScriptedModel) -> dict[str, object]:
    (folder / "work").mkdir(exist_ok=True)
    return {
        "modu": 1,
        "face": os.urandom(4).hex(),
        "cwd": str(folder / "work"),
        "options": {"base_url": model.base_url},
        "env": {"MODU_NOW": NOW, "PATH": os.environ["PATH"], "HOME": str(folder)},
    }


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    """Connects to one host that runs here."""
    folder = DaemonFolder(tmp_path / "home")
    folder.make()
    folder.socket.parent.mkdir(mode=0o700, exist_ok=True)
    host = Host(tmp_path / "home")
    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(host.serve(reader, writer)))

    server = await asyncio.start_unix_server(accept, folder.socket, limit=MAX_LINE)
    async with AsyncExitStack() as faces:

        async def connected(model: ScriptedModel) -> RemoteAssistant:
            assistant = await connect(tmp_path / "home", greeting(tmp_path, model))
            faces.push_async_callback(assistant.close)
            return assistant

        yield connected
    server.close()
    await host.close()
    await asyncio.gather(*serving, return_exceptions=True)


def worker(home: Path) -> int:
    """The process that answers now."""
    made, extra = reach(home)
    with made, made.makefile("rwb") as stream:
        stream.write(json.dumps({"modu": 1, "cwd": "/", "env": {}, **extra}).encode() + b"\n")
        stream.flush()
        return int(json.loads(stream.readline())["pid"])


async def until_end(session: RemoteSession, told: list[Numbered]) -> None:
    """Follow to the end of a turn."""
    async with aclosing(session.follow()) as following:
        async for each in following:
            told.append(each)
            if isinstance(each.event, TurnFinished):
                return


async def test_a_session_over_the_wire_tells_what_one_in_this_process_tells(
    face: Face, start: Start, serve: Serve
) -> None:
    script = in_order(calls(("calendar_list_events", {})), says("없습니다."))
    remote = await (await face(serve(script))).open()
    model = serve(in_order(calls(("calendar_list_events", {})), says("없습니다.")))
    local = await start(model=None, base_url=model.base_url)

    far, near = await gather(remote.send("오늘 일정")), await gather(local.send("오늘 일정"))

    assert nameless(far) == nameless(near)
    assert nameless(await remote.history()) == nameless(await local.history())
    assert (await remote.context()).model_dump() == (await local.context()).model_dump()


def nameless(events: list[Event]) -> list[Event]:
    """Without the name of the session."""
    return [event.model_copy(update={"session": ""}) if isinstance(event, TurnStarted) else event for event in events]


async def test_two_faces_see_one_order_and_the_answer_of_either_counts(face: Face, serve: Serve) -> None:
    model = serve(in_order(calls(SMS), says("보냈습니다.")))
    first, second = await face(model), await face(model)
    mine = await first.open()
    theirs = await second.open(mine.id)
    seen: tuple[list[Numbered], list[Numbered]] = ([], [])
    following = [asyncio.create_task(until_end(each, told)) for each, told in zip((mine, theirs), seen, strict=True)]

    asked = (await gather(mine.send("늦는다고 보내")))[-1]
    assert isinstance(asked, ApprovalAsked)
    ids = tuple(call.call_id for call in asked.calls)
    answered = await gather(theirs.resume(ApprovalAnswered(approved=ids, asked=ids)))
    late = await gather(mine.resume(ApprovalAnswered(asked=ids)))
    await asyncio.gather(*following)

    assert isinstance(answered[-1], TurnFinished)
    assert answered[-1].text == "보냈습니다."
    assert isinstance(late[0], Notice)
    assert [each.event for each in seen[0]] == [each.event for each in seen[1]]
    assert [each.number for each in seen[0]] == sorted({each.number for each in seen[0]})
    assert sum(isinstance(each.event, ToolCallFinished) for each in seen[0]) == 1


async def test_a_face_that_comes_in_the_middle_sees_the_rest_and_can_end_it(face: Face, serve: Serve) -> None:
    model = serve(in_order(says("첫 답."), says("길고 긴 답입니다.")))
    mine = await (await face(model)).open()
    await gather(mine.send("하나"))
    model.hold = threading.Event()
    turn = asyncio.create_task(gather(mine.send("둘")))
    theirs = await (await face(model)).open(mine.id)
    seen: list[Event] = []
    async with aclosing(theirs.follow()) as following:
        async for each in following:
            seen.append(each.event)
            if isinstance(each.event, TextDelta) and each.epoch:
                await theirs.cancel()
            if each.event.type == "turn_finished" and each.event.turn == 2:
                break
    model.hold.set()

    assert [event.text for event in seen if isinstance(event, TurnStarted)] == ["하나", "둘"]
    assert (await turn)[-1] == seen[-1]
    assert isinstance(seen[-1], TurnFinished)
    assert seen[-1].stop_reason == "cancelled"


async def test_what_is_in_flight_goes_on_when_the_process_is_killed(modu: CommandLine, serve: Serve) -> None:
    model = serve(in_order(says("끝까지 온 답입니다.")))
    model.hold = threading.Event()
    assistant = await connect(modu.home, greeting(modu.home.parent, model))
    session = await assistant.open()
    seen: list[Numbered] = []
    following = asyncio.create_task(until_end(session, seen))
    turn = asyncio.create_task(gather(session.send("안녕")))
    while not any(isinstance(each.event, TextDelta) for each in seen):
        await asyncio.sleep(0.01)
    os.kill(await asyncio.to_thread(worker, modu.home), signal.SIGKILL)
    model.hold.set()
    events = await turn
    await following
    await assistant.close()
    modu.env.pop("MODU_NO_DAEMON")
    modu.run("daemon", "stop")

    told = [each for each in seen if each.event not in (AGAIN, BACK)]
    keys = [each.key for each in told if each.key]
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].text == "끝까지 온 답입니다."
    assert told[-1].event == events[-1]
    assert len(keys) == len(set(keys))
    assert [each.event.type for each in told].count("reply_restarted") == 1
    assert len({each.epoch for each in told} - {""}) == 2
