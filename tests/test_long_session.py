"""A long session: the last turns cost what the first ones cost. Short here; `make soak` runs 2,000 turns."""

import os
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import pytest

from agent.events import TurnFinished
from tests.conftest import Serve, Start, gather
from tests.scripted_model import calls, says

TURNS = int(os.environ.get("MODU_SOAK_TURNS", "400"))
WINDOW = TURNS // 5


@pytest.mark.timeout(120 + TURNS)
async def test_the_last_turns_of_a_long_session_cost_what_the_first_cost(
    serve: Serve, start: Start, tmp_path: Path
) -> None:
    def script(body: dict[str, Any]) -> Any:
        if body["messages"][-1]["role"] == "tool":
            return says("이번 주에는 일정이 없습니다.")
        return calls(("calendar_search_events", {"when": "이번 주"}))

    model = serve(script)
    session = await start(model=None, base_url=model.base_url, context_tokens=4_096, only_servers=("calendar",))
    sent: list[int] = []
    spent: list[float] = []
    stored = [0]
    for turn in range(TURNS):
        before = process_time()
        events = await gather(session.send(f"{turn}번째: 이번 주 일정 알려 줘"))
        spent.append(process_time() - before)
        assert isinstance(events[-1], TurnFinished)
        assert events[-1].stop_reason == "done"
        sent.append(sum(map(len, model.raw)))
        model.raw.clear()
        model.requests.clear()
        if (turn + 1) % WINDOW == 0:
            stored.append(_stored(tmp_path / "home"))

    # The first window fills the model's context; from the second on a turn must cost the same for ever.
    first, last = slice(WINDOW, 2 * WINDOW), slice(-WINDOW, None)
    grown = [after - before for before, after in pairwise(stored)]
    print(f"\n{TURNS} turns, windows of {WINDOW}, the second and the last:")
    print(f"  CPU ms a turn: {1e3 * median(spent[first]):.1f}, {1e3 * median(spent[last]):.1f}")
    print(f"  bytes sent a turn: {sum(sent[first]) / WINDOW:.0f}, {sum(sent[last]) / WINDOW:.0f}")
    print(f"  bytes stored a turn: {grown[1] / WINDOW:.0f}, {grown[-1] / WINDOW:.0f}")
    assert sum(sent[last]) <= 1.2 * sum(sent[first])
    assert grown[-1] <= 1.2 * grown[1]


def _stored(home: Path) -> int:
    """Bytes of all databases, with what still stood in their write-ahead logs."""
    for path in home.glob("*.db"):
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(FULL)")
    return sum(path.stat().st_size for path in home.glob("*.db"))
