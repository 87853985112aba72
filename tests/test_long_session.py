"""A session of 2,000 turns: the last turns cost what the first ones cost."""

from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from tests.conftest import Serve, Start
from tests.scripted_model import calls, says

TURNS, WINDOW = 2_000, 200


async def test_the_last_turns_of_two_thousand_cost_what_the_first_cost(
    serve: Serve, start: Start, tmp_path: Path
) -> None:
    def script(body: dict[str, Any]) -> Any:
        if body["messages"][-1]["role"] == "tool":
            return says("이번 주에는 일정이 없습니다.")
        return calls(("calendar_search_events", {"when": "이번 주"}))

    model = serve(script)
    session = await start(model=None, base_url=model.base_url, context_tokens=4_096, only_servers=("calendar",))
    stored: list[int] = []
    sent: list[int] = []
    spent: list[float] = []
    for turn in range(TURNS):
        before = process_time()
        async for event in session.send(f"{turn}번째: 이번 주 일정 알려 줘"):
            last = event
        spent.append(process_time() - before)
        assert last.type == "turn_finished"
        assert last.stop_reason == "done"
        sent.append(sum(map(len, model.raw)))
        model.raw.clear()
        model.requests.clear()
        stored.append(_size(tmp_path / "home"))

    grown = [after - before for before, after in zip(stored, stored[1:], strict=False)]
    first, last_ = slice(WINDOW, 2 * WINDOW), slice(-WINDOW, None)
    print(f"\nCPU ms a turn: {1e3 * median(spent[first]):.1f} first, {1e3 * median(spent[last_]):.1f} last")
    print(f"bytes sent a turn: {median(sent[first]):.0f} first, {median(sent[last_]):.0f} last")
    print(f"bytes stored a turn: {sum(grown[first]) / WINDOW:.0f} first, {sum(grown[last_]) / WINDOW:.0f} last")
    assert sum(sent[last_]) <= 1.2 * sum(sent[first])
    assert sum(grown[last_]) <= 1.2 * sum(grown[first])


def _size(home: Path) -> int:
    """Bytes of the databases; the write-ahead log is a passing buffer."""
    return sum(path.stat().st_size for path in home.glob("*.db"))
