"""`kill -9` at random instants of turns with side effects: nothing shown as done is lost, nothing happens twice.

Short and seeded here; `make chaos` runs 200 rounds.
"""

import multiprocessing
import os
import random
import re
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agent.events import TurnFinished
from agent.session.assistant import load
from tests.conftest import Serve, gather
from tests.kill_worker import settings, work
from tests.scripted_model import Reply, calls, says

ROUNDS = int(os.environ.get("MODU_CHAOS_ROUNDS", "25"))
_PRELOADED = [
    "tests.kill_worker", "agent.session.engine", "agent.model.http.chat", "agent.tools.line",
    "mcp_servers.calendar.server", "mcp_servers.phone.server", "mcp_servers.code.server",
]  # fmt: skip
"""What a process loads before its first turn; in the server that forks, it is loaded once."""
SEED = int(os.environ.get("MODU_CHAOS_SEED", "20261122"))


def script(body: dict[str, Any]) -> Reply:
    """Turn n makes event E<n>, message M<n> and line L<n>, each in a step of its own or together."""
    said = [message for message in body["messages"] if message["role"] == "user"][-1]["content"]
    number = int(re.search(r"작업 (\d+)", said)[1])  # type: ignore[index]
    position = max(n for n, message in enumerate(body["messages"]) if message["role"] == "user")
    done = sum(message["role"] == "tool" for message in body["messages"][position:])
    event = ("calendar_create_event", {"title": f"E{number}", "start": "내일 오후 3시"})
    message = ("phone_send_message", {"to": "010-1234-5678", "text": f"M{number}"})
    edit = ("code_edit_file", {"path": "log.txt", "old_text": "END", "new_text": f"L{number}\nEND"})
    steps = [(event, message, edit)] if number % 2 else [(event,), (message,), (edit,)]
    remaining = [step for n, step in enumerate(steps) if sum(map(len, steps[: n + 1])) > done]
    return calls(*remaining[0]) if remaining else says("끝냈습니다.")


@pytest.mark.timeout(120 + 20 * ROUNDS)
async def test_killed_at_any_instant_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path, serve: Serve) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "log.txt").write_text("END\n", encoding="utf-8")
    model = serve(script)
    session_id = await _new_session(tmp_path, model.base_url)
    log = tmp_path / "shown.log"
    log.touch()
    chance = random.Random(SEED)

    for _ in range(ROUNDS):
        _one_round(tmp_path, model.base_url, session_id, log, chance)
    await _last_turn(tmp_path, model.base_url, session_id)

    shown = log.read_text(encoding="utf-8")
    world = _world(tmp_path)
    done = set(re.findall(r"^done ([EML]\d+)$", shown, re.MULTILINE))
    effects = f"{len(done)} effects shown as done, {sum(world.values())} there"
    print(f"\nkill -9: {ROUNDS} rounds, {shown.count('turn ')} turns, {effects}")
    assert done, shown
    assert not [name for name, count in world.items() if count > 1]
    assert not [name for name in done if world[name] != 1]
    assert "failure" not in shown
    assert _unanswered_calls(tmp_path) == []


def _one_round(root: Path, base_url: str, session_id: str, log: Path, chance: random.Random) -> None:
    turns = re.findall(r"^turn (\d+)$", log.read_text(encoding="utf-8"), re.MULTILINE)
    first = int(turns[-1]) + 1 if turns else 1
    before = log.stat().st_size
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    process = context.Process(
        target=work,
        args=(str(root), base_url, session_id, first, str(log)),
        kwargs={"resumes": bool(turns) and chance.random() < 0.5},
        daemon=True,
    )
    process.start()
    deadline = time.monotonic() + 60
    while log.stat().st_size == before and process.is_alive() and time.monotonic() < deadline:
        process.join(0.005)
    process.join(chance.uniform(0, 0.5))
    assert process.is_alive(), "the worker ended by itself"
    process.kill()
    process.join()


async def _new_session(root: Path, base_url: str) -> str:
    assistant = await load(settings(root, base_url))
    session = await assistant.open()
    await assistant.close()
    return session.id


async def _last_turn(root: Path, base_url: str, session_id: str) -> None:
    """The next process settles what the last crash left, and works."""
    assistant = await load(settings(root, base_url))
    session = await assistant.open(session_id)
    events = await gather(session.send("작업 99999: 010-1234-5678로 알려 줘"))
    await assistant.close()
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].stop_reason == "done"


def _world(root: Path) -> Counter[str]:
    """Every effect by name, and how often it is there."""
    with sqlite3.connect(root / "home" / "calendar.db") as calendar:
        events = [row[0] for row in calendar.execute("SELECT title FROM calendar_component")]
    with sqlite3.connect(root / "home" / "phone.db") as phone:
        messages = [row[0] for row in phone.execute("SELECT text FROM phone_message")]
    lines = (root / "work" / "log.txt").read_text(encoding="utf-8").split()
    calendar.close()
    phone.close()
    return Counter([*events, *messages, *(line for line in lines if line != "END")])


def _unanswered_calls(root: Path) -> list[str]:
    with sqlite3.connect(root / "home" / "transcript.db") as transcript:
        rows = transcript.execute("SELECT turn, kind, body FROM entry").fetchall()
    transcript.close()
    made = {call for _, kind, body in rows if kind == "replied" for call in re.findall(r'"id":"(c\d+_\d+_\d+)"', body)}
    answered = {
        call for _, kind, body in rows if kind == "resulted" for call in re.findall(r'"call_id":"([^"]+)"', body)
    }
    return sorted(made - answered)
