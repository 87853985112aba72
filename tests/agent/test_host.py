"""The other end of the wire: requests answered with real sessions, also by a process that came after a crash."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.host.host import Host
from agent.wire.frames import MAX_LINE
from agent.wire.link import Link
from tests.conftest import NOW, Serve
from tests.scripted_model import ScriptedModel, calls, in_order, says

SMS = ("phone_send_message", {"to": "010-1234-5678", "text": "10분 늦습니다"})
Line = dict[str, Any]


class Process:
    """A host in a thread, as the resident process runs one; `crash` ends it as a kill would."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.host = self._do(self._made())

    async def _made(self) -> Host:
        return Host(self._home)

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def dial(self) -> tuple[socket.socket, dict[str, Any]]:
        face, end = socket.socketpair()
        asyncio.run_coroutine_threadsafe(self._serve(end), self._loop)
        return face, {}

    async def _serve(self, end: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=end, limit=MAX_LINE)
        await self.host.serve(reader, writer)

    def recover(self) -> None:
        self._do(self.host.recover())

    def close(self) -> None:
        self._do(self.host.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    running = Process(tmp_path / "home")
    yield running
    running.close()


@pytest.fixture
def face(tmp_path: Path, process: Process) -> Iterator[Callable[..., Link]]:
    made: list[Link] = []

    def connect(model: ScriptedModel | None = None, **options: Any) -> Link:
        (tmp_path / "work").mkdir(exist_ok=True)
        named = {"base_url": model.base_url} if model else {"model": "offline"}
        greeting = {
            "modu": 1,
            "face": os.urandom(4).hex(),
            "cwd": str(tmp_path / "work"),
            "options": named | options,
            "env": {"MODU_NOW": NOW},
        }
        made.append(Link(process.dial, greeting))
        return made[-1]

    yield connect
    for link in made:
        link.close()


def say(link: Link, text: str, **params: Any) -> list[Line]:
    return list(link.stream("session.say", text=text, key=os.urandom(16).hex(), **params))


def kinds(lines: list[Line]) -> list[str]:
    return [line["event"]["type"] for line in lines if "event" in line]


def session_of(lines: list[Line]) -> str:
    return str(next(line["session"] for line in lines if "session" in line))


def test_a_request_is_answered_and_its_events_are_numbered(face: Callable[..., Link], serve: Serve) -> None:
    link = face(serve(in_order(says("네."))))

    told = say(link, "안녕")

    assert kinds(told) == ["turn_started", "text_delta", "usage", "turn_finished"]
    assert [line["n"] for line in told] == [0, 1, 2, 3, 4]
    assert [line.get("k", "") for line in told[1:]] == ["1/turn_started", "", "1/usage/1", "1/turn_finished"]


def test_an_approval_is_answered_over_another_connection(face: Callable[..., Link], serve: Serve) -> None:
    model = serve(in_order(calls(SMS), says("보냈습니다.")))
    asked = say(face(model), "보내")
    call = asked[-1]["event"]["calls"][0]["call_id"]

    decision = {"type": "approval", "approved": [call], "asked": [call]}
    told = list(face(model).stream("session.resume", session=session_of(asked), decision=decision))

    assert kinds(asked)[-1] == "approval_asked"
    assert told[-1]["event"]["text"] == "보냈습니다."


def test_of_two_answers_to_one_question_the_first_counts(face: Callable[..., Link], serve: Serve) -> None:
    model = serve(in_order(calls(SMS), says("보냈습니다."), says("네")))
    asked = say(face(model), "보내")
    session, call = session_of(asked), asked[-1]["event"]["calls"][0]["call_id"]
    list(face(model).stream("session.resume", session=session, decision={"type": "approval", "asked": [call]}))

    late = {"type": "approval", "approved": [call], "asked": [call]}
    told = list(face(model).stream("session.resume", session=session, decision=late))

    assert kinds(told) == ["notice", "turn_finished"]
    assert "이미 답했습니다" in told[1]["event"]["text"]
    assert told[-1]["event"]["text"] == "보냈습니다."


def test_a_request_sent_twice_under_one_key_is_one_turn(face: Callable[..., Link], serve: Serve) -> None:
    model = serve(in_order(says("네."), says("다시")))
    key = os.urandom(16).hex()
    first = list(face(model).stream("session.say", text="안녕", key=key))

    again = list(face(model).stream("session.say", text="안녕", key=key))

    assert len(model.requests) == 1
    assert session_of(again) == session_of(first)
    assert [line["event"] for line in again if "event" in line] == [line["event"] for line in first if "event" in line]


def test_a_session_remembers_a_request_that_was_answered_by_a_process_before(
    face: Callable[..., Link], serve: Serve, tmp_path: Path
) -> None:
    model = serve(in_order(says("네."), says("다시")))
    key = os.urandom(16).hex()
    with _process(tmp_path) as before:
        link = face(model)
        link._dial = before.dial
        first = list(link.stream("session.say", text="안녕", key=key))

    again = list(face(model).stream("session.say", text="안녕", key=key))

    assert len(model.requests) == 1
    assert kinds(again) == kinds(first)
    assert [line["event"] for line in again if "event" in line][-1] == first[-1]["event"]


def test_a_face_that_attaches_late_gets_history_then_live(face: Callable[..., Link], serve: Serve) -> None:
    model = serve(in_order(says("하나"), says("둘")))
    first = say(face(model), "첫째")
    session = session_of(first)
    follower = face(model).stream("session.follow", session=session)

    told = [next(follower) for _ in range(6)]
    say(face(model), "둘째", session=session)
    live = [next(follower) for _ in range(4)]

    assert kinds(told) == ["turn_started", "text_delta", "usage", "turn_finished"]
    assert live[-1]["event"]["text"] == "둘"


def test_cancelling_a_request_ends_its_turn(face: Callable[..., Link], serve: Serve) -> None:
    model = serve(in_order(says("길게 길게 말합니다")))
    model.hold = threading.Event()
    link = face(model)

    told: list[Line] = []
    for line in link.stream("session.say", text="말해", key=os.urandom(16).hex()):
        told.append(line)
        if line.get("event", {}).get("type") == "text_delta":
            link.cancel()

    model.hold.set()
    assert told[-1]["event"]["stop_reason"] == "cancelled"


def test_a_turn_goes_on_when_its_face_has_left(face: Callable[..., Link], serve: Serve, process: Process) -> None:
    model = serve(in_order(says("끝까지 말합니다")))
    model.hold = threading.Event()
    leaving = face(model)
    stream = leaving.stream("session.say", text="말해", key=os.urandom(16).hex())
    session = next(line["session"] for line in stream if "session" in line)
    leaving.close()
    model.hold.set()

    follower = face(model).stream("session.follow", session=session)
    ended = next(line for line in follower if line.get("event", {}).get("type") == "turn_finished")

    assert ended["event"]["text"] == "끝까지 말합니다"


def test_sessions_are_listed_and_deleted(face: Callable[..., Link], serve: Serve) -> None:
    link = face(serve(in_order(says("네."))))
    session = session_of(say(link, "안녕"))

    listed = link.call("assistant.sessions", limit=5)
    link.call("assistant.delete", session=session)

    assert [one["id"] for one in listed] == [session]
    assert link.call("assistant.sessions", limit=5) == []


@contextmanager
def _process(tmp_path: Path) -> Iterator[Process]:
    running = Process(tmp_path / "home")
    yield running
    running.close()
