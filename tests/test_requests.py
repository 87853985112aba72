"""The Korean requests of the list against the real servers and the example data, twice: by the offline engine in the
process, and by a model server over real HTTP that says the same. The tools must be called and must answer alike."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agent.contract import ApprovalAnswered, QuestionAnswered
from agent.events import (
    ApprovalAsked,
    Event,
    QuestionAsked,
    TextDelta,
    ToolCallFinished,
    ToolCallProposed,
    TurnFinished,
)
from agent.model.contract import (
    AssistantMessage,
    Call,
    CallMessage,
    ChatRequest,
    SystemMessage,
    Text,
    ToolMessage,
    ToolSpec,
    UserMessage,
)
from agent.model.contract import Message as ModelMessage
from agent.model.offline.engine import OfflineModel
from agent.session.assistant import load
from agent.settings import Settings
from tests.conftest import Serve
from tests.scripted_model import Reply, calls, says

ROOT = Path(__file__).parents[1]
NOW = "2026-11-23T09:45:00+09:00"
"""The day the example data was made for."""
CASES = [json.loads(line) for line in (ROOT / "tests/agent/requests_ko.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the example data."""
    home = tmp_path_factory.mktemp("seeded") / "home"
    env = {**os.environ, "MODU_HOME": str(home), "MODU_NOW": NOW, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, ROOT / "examples/load_demo.py"], env=env, check=True, capture_output=True)
    return home


@pytest.mark.timeout(300)
async def test_every_request_comes_to_the_same_over_http(seeded: Path, tmp_path: Path, serve: Serve) -> None:
    assert len(CASES) >= 60
    direct = await _run(_place(seeded, tmp_path / "direct"), model="offline")
    model = serve(_as_a_server)
    wired = await _run(_place(seeded, tmp_path / "wired"), base_url=model.base_url)

    called = sum(bool(one["calls"]) for one in direct.values())
    done = sum(all(call["status"] == "done" for call in one["calls"]) for one in direct.values())
    print(f"\n{len(CASES)} requests: {called} called tools, in {done} every call was done")
    assert model.raw
    assert wired == direct


def _place(seeded: Path, folder: Path) -> Path:
    """A copy of the home, and beside it a workspace with the code project."""
    shutil.copytree(seeded, folder / "home")
    shutil.copytree(ROOT / "examples/data/code", folder / "work")
    subprocess.run(["git", "init", "-q", folder / "work"], check=True)
    return folder


async def _run(folder: Path, **changed: Any) -> dict[str, Any]:
    """What came of each request: calls with status and result, and the answer."""
    settings = Settings(
        home=folder / "home", workspace=folder / "work", mode="auto", now=datetime.fromisoformat(NOW), **changed
    )
    assistant = await load(settings)
    found: dict[str, Any] = {}
    try:
        for case in CASES:
            session = await assistant.open()
            events: list[Event] = []
            for said in case.get("turns") or [case["text"]]:
                events += await _turn(session, said)
            found[case["id"]] = _essence(events)
    finally:
        await assistant.close()
    return found


async def _turn(session: Any, text: str) -> list[Event]:
    events = [event async for event in session.send(text)]
    while isinstance(events[-1], ApprovalAsked | QuestionAsked):
        asked = events[-1]
        answer = (
            ApprovalAnswered(approved=tuple(call.call_id for call in asked.calls))
            if isinstance(asked, ApprovalAsked)
            else QuestionAnswered(text="네")
        )
        events += [event async for event in session.resume(answer)]
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].stop_reason == "done", events
    return events


def _essence(events: list[Event]) -> dict[str, Any]:
    made = {event.call_id: event for event in events if isinstance(event, ToolCallProposed)}
    ended = [event for event in events if isinstance(event, ToolCallFinished)]
    return {
        "calls": [
            {
                "tool": f"{made[event.call_id].server}_{made[event.call_id].tool}",
                "arguments": _plain(json.dumps(made[event.call_id].arguments, ensure_ascii=False, sort_keys=True)),
                "status": event.status,
                "result": _plain(event.result),
            }
            for event in ended
        ],
        "answer": _plain("".join(event.text for event in events if isinstance(event, TextDelta))),
    }


def _plain(text: str) -> str:
    """Without what differs from run to run: ids, folders, durations."""
    text = re.sub(r"\b(ev|ct|ms|ca)_[a-z0-9]+", r"\1_", text)
    text = re.sub(r"/[^\s\"]*/(direct|wired)/", "/", text)
    return re.sub(r"(\"seconds\":|\bin )\d+(\.\d+)?s?|drwx.*|-rw.*|total \d+", r"\1", text)


def _as_a_server(body: dict[str, Any]) -> Reply:
    """A model that knows nothing but the bytes on the wire, and answers by the same rules."""
    tools = tuple(ToolSpec(**tool["function"]) for tool in body["tools"])
    messages = [message for raw in body["messages"] if (message := _message(raw))]
    deltas = _deltas(ChatRequest(messages=tuple(messages), tools=tools))
    made = [(delta.name, delta.arguments) for delta in deltas if isinstance(delta, Call)]
    return calls(*made) if made else says("".join(delta.text for delta in deltas if isinstance(delta, Text)))


def _deltas(request: ChatRequest) -> list[Any]:
    import asyncio

    async def collect() -> list[Any]:
        return [delta async for delta in OfflineModel().stream(request)]

    return asyncio.run(collect())


def _message(raw: dict[str, Any]) -> ModelMessage:
    match raw["role"]:
        case "system":
            return SystemMessage(text=raw["content"])
        case "user":
            return UserMessage(text=raw["content"].rpartition("\n\n[지금 ")[0])
        case "assistant":
            made = [
                CallMessage(
                    id=call["id"], name=call["function"]["name"], arguments=json.loads(call["function"]["arguments"])
                )
                for call in raw.get("tool_calls", ())
            ]
            return AssistantMessage(text=raw["content"], calls=tuple(made))
        case _:
            content = raw["content"].removeprefix("[실패] ")
            text = re.sub(r"^<outside>\n(.*)\n</outside>$", r"\1", content, flags=re.DOTALL)
            return ToolMessage(call_id=raw["tool_call_id"], tool="", text=text, failed=content != raw["content"])
