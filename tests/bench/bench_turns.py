"""What a turn costs in a warm process: prints CPU milliseconds per turn and per model request."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from agent.session.assistant import load  # noqa: E402
from agent.settings import Settings  # noqa: E402
from tests.scripted_model import Reply, calls, says, scripted  # noqa: E402

TURNS = 100


def script(body: dict[str, Any]) -> Reply:
    if body["messages"][-1]["role"] == "tool":
        return says("이번 주에는 일정이 없습니다.")
    return calls(("calendar_search_events", {"when": "이번 주"}))


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, scripted(script) as model:
        settings = Settings(home=Path(folder, "home"), workspace=Path(folder), base_url=model.base_url)
        assistant = await load(settings)
        session = await assistant.open()
        async for _ in session.send("시작"):
            pass
        wall, cpu = time.perf_counter(), time.process_time()
        for number in range(TURNS):
            async for _ in session.send(f"{number}번째: 이번 주 일정"):
                pass
        cpu_ms, wall_ms = (time.process_time() - cpu) / TURNS * 1e3, (time.perf_counter() - wall) / TURNS * 1e3
        print(f"a turn with one tool call (two model requests): CPU {cpu_ms:.1f} ms, wall {wall_ms:.1f} ms")
        print("(the scripted server runs in the same process and is part of it)")
        await assistant.close()


if __name__ == "__main__":
    asyncio.run(main())
