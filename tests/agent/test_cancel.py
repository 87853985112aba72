"""Cancelling at every instant of a turn: the transcript stays whole, nothing happens twice, the session goes on."""

import hashlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.events import TurnFinished
from tests.conftest import Serve, Start, gather
from tests.scripted_model import Reply, calls, says

EVENTS = 22
"""How many events the turn has: it is cancelled after each of them once, and one time too late."""


def script(body: dict[str, Any]) -> Reply:
    """First two changes and a read, then an answer."""
    last = body["messages"][-1]
    if last["role"] == "tool" or "계속" in str(last["content"]):
        return says("끝냈습니다.")
    return calls(
        ("calendar_create_event", {"title": "리뷰", "start": "내일 오후 3시"}),
        ("phone_send_message", {"to": "010-1234-5678", "text": "도착"}),
        ("calendar_search_events", {"text": "리뷰"}),
    )


@pytest.mark.parametrize("instant", range(1, EVENTS + 1))
async def test_cancelled_after_any_event_the_session_stays_whole(
    serve: Serve, start: Start, tmp_path: Path, instant: int
) -> None:
    model = serve(script)
    session = await start(model=None, base_url=model.base_url, mode="auto", only_servers=("calendar", "phone"))
    seen = 0
    done = []
    async for event in session.send("리뷰 잡고 문자 보내"):
        seen += 1
        done += [event.call_id] if event.type == "tool_call_finished" and event.status == "done" else []
        if seen == instant:
            await session.cancel()

    after = await gather(session.send("계속"))

    assert isinstance(after[-1], TurnFinished)
    assert after[-1].stop_reason == "done"
    assert _is_valid(model.requests[-1]["messages"])
    events, messages = (
        _count(tmp_path / "home" / "calendar.db", "component"),
        _count(tmp_path / "home" / "phone.db", "message"),
    )
    assert events == 1 if "c1_0_0" in done else events <= 1
    assert messages == 1 if "c1_0_1" in done else messages <= 1
    assert _told(model.requests[-1]["messages"], "c1_0_0") == events


def _is_valid(messages: list[dict[str, Any]]) -> bool:
    """Every call is followed by exactly its results, in order."""
    position = 0
    while position < len(messages):
        made = [call["id"] for call in messages[position].get("tool_calls", ())]
        answers = [one.get("tool_call_id") for one in messages[position + 1 : position + 1 + len(made)]]
        if made != answers:
            return False
        position += 1 + len(made)
    return all(one["role"] != "tool" or one["tool_call_id"] for one in messages)


def _count(database: Path, table: str) -> int:
    if not database.exists():
        return 0
    with closing(sqlite3.connect(database)) as connection:
        name = f"{database.stem}_{table}"
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        return int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) if known else 0


def _told(messages: list[dict[str, Any]], call_id: str) -> int:
    """Whether the model is told that the call was done."""
    sent_as = hashlib.sha256(call_id.encode()).hexdigest()[:9]
    results = [one["content"] for one in messages if one.get("tool_call_id") == sent_as]
    return sum(bool(re.match(r"\{\"summary\"", content)) for content in results)
