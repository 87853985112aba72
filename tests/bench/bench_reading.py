"""What reading a reply costs: prints deltas per second of CPU, and percentiles of one delta."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from agent.model.contract import ChatRequest, ToolSpec, UserMessage  # noqa: E402
from agent.model.reading.reply import Reply  # noqa: E402
from agent.settings import Profile  # noqa: E402
from agent.settings.profile import ThinkingSwitch  # noqa: E402

DELTAS = 20_000
SENTENCE = [
    "오늘",
    " 오후",
    " 3",
    "시에",
    " 회의",
    "가",
    " 있습니다",
    ". ",
    "제목은",
    " ",
    "디자인",
    " 리뷰",
    "입니다",
    ".\n",
]
TOOLS = tuple(
    ToolSpec(name=f"calendar_tool_{n}", description="", parameters={"type": "object", "properties": {}})
    for n in range(24)
)
REQUEST = ChatRequest(messages=(UserMessage(text="안녕"),), tools=TOOLS)
PROFILE = Profile(thinking=ThinkingSwitch(switch="kwarg", default=True))


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


def words() -> Iterator[str]:
    """Never the same line twice: a model that repeats itself is stopped."""
    for n in range(DELTAS // (len(SENTENCE) + 1)):
        yield f"{n}. "
        yield from SENTENCE


def text() -> Iterator[bytes]:
    return (event({"content": word}) for word in words())


def reasoning() -> Iterator[bytes]:
    return (event({"reasoning": word}) for word in words())


def inline() -> Iterator[bytes]:
    yield event({"content": "<think>"})
    yield from text()
    yield event({"content": "</think>"})
    yield event({"content": "답"})


def arguments() -> Iterator[bytes]:
    call = {"index": 0, "id": "1", "function": {"name": "calendar_tool_1", "arguments": '{"text": "'}}
    yield event({"tool_calls": [call]})
    for word in words():
        written = json.dumps(word, ensure_ascii=False)[1:-1]
        yield event({"tool_calls": [{"index": 0, "function": {"arguments": written}}]})
    yield event({"tool_calls": [{"index": 0, "function": {"arguments": '"}'}}]})


def spoken() -> Iterator[bytes]:
    yield event({"content": '<tool_call>{"name": "calendar_tool_1", "arguments": {"text": "'})
    yield from (event({"content": json.dumps(word, ensure_ascii=False)[1:-1]}) for word in words())
    yield event({"content": '"}}</tool_call>'})


def measure(name: str, events: Iterable[bytes]) -> None:
    reply, times = Reply(REQUEST, PROFILE), []
    for data in [*events, event({}, "stop"), b"data: [DONE]\n\n"]:
        begun = time.thread_time()
        for _ in reply.feed(data):
            pass
        times.append(time.thread_time() - begun)
    begun = time.thread_time()
    *_, last = reply.finish()
    ended = time.thread_time() - begun
    times.sort()
    p50, p99 = times[len(times) // 2] * 1e6, times[len(times) * 99 // 100] * 1e6
    rate = len(times) / sum(times)
    print(
        f"{name:<22}{rate:>10,.0f} deltas/s   p50 {p50:5.1f} µs   p99 {p99:5.1f} µs   max {times[-1] * 1e3:5.2f} ms",
        end="",
    )
    print(f"   end {ended * 1e3:5.2f} ms   {last}")


def main() -> None:
    measure("plain text", text())
    measure("reasoning", reasoning())
    measure("inline thinking", inline())
    measure("arguments of a call", arguments())
    measure("a call in the text", spoken())


if __name__ == "__main__":
    main()
