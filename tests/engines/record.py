"""Asks a running model server what our client asks one, and keeps its answers byte by byte.

Use: `python tests/engines/record.py SET URL`, where SET is a key of `SETS` and URL the root of the server. An answer is
kept as `recorded/SET/NAME.json`, `.sse` or `.txt`; a status other than 200 stands in the name (`overflow.400.json`).
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

FOLDER = Path(__file__).with_name("recorded")
Body = dict[str, Any]
Asked = dict[str, tuple[str, Body | None]]

PARAMETERS = {
    "type": "object",
    "properties": {"body": {"type": "string"}, "hours": {"type": "integer"}},
    "required": ["body"],
    "additionalProperties": False,
}
FUNCTION = {"name": "note_add", "description": "메모를 적는다.", "parameters": PARAMETERS}
NOTE: Body = {"type": "function", "function": FUNCTION}
STRICT: Body = {"type": "function", "function": FUNCTION | {"strict": True}}
SCHEMA: Body = {"name": "answer", "schema": PARAMETERS}
WHEN = {"type": "object", "properties": {"when": {"type": "string"}}, "required": ["when"]}
FREE = {"name": "calendar_find_free_time", "description": "빈 시간을 찾는다.", "parameters": WHEN}
TOOLS: list[Body] = [{"type": "function", "function": FREE}, NOTE]
ASK: list[Body] = [{"role": "system", "content": "한국어로 짧게 답한다."}, {"role": "user", "content": "안녕하세요"}]
ASK_FOR_CALL: list[Body] = [ASK[0], {"role": "user", "content": "내일 빈 시간을 찾아 줘"}]
CALL = {"name": FREE["name"], "arguments": '{"when": "내일"}'}
AFTER_CALL: list[Body] = [
    *ASK_FOR_CALL,
    {
        "role": "assistant",
        "content": "",
        "reasoning": "찾아본다",
        "reasoning_content": "찾아본다",
        "tool_calls": [{"id": "call_1", "type": "function", "function": CALL}],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": "오후 두 시부터"},
]
THINK: Body = {"chat_template_kwargs": {"enable_thinking": True}}
NO_THINK: Body = {"chat_template_kwargs": {"enable_thinking": False}}
CHAT = "v1/chat/completions"


def chat(**fields: Any) -> tuple[str, Body]:
    return CHAT, {"model": "tiny", "messages": ASK, "temperature": 0, "max_tokens": 96} | THINK | fields


def stream(**fields: Any) -> tuple[str, Body]:
    return chat(stream=True, stream_options={"include_usage": True}, **fields)


COMMON: Asked = {
    "health": ("health", None),
    "models": ("v1/models", None),
    "answer": chat(),
    "stream": stream(),
    "answer_no_thinking": chat(**NO_THINK),
    "stream_no_thinking": stream(**NO_THINK),
    "stream_cut": stream(max_tokens=4),
    "stream_after_call": stream(messages=AFTER_CALL, tools=TOOLS),
    "stream_schema": stream(response_format={"type": "json_schema", "json_schema": SCHEMA}),
    "tool_call": stream(tools=[NOTE], tool_choice="required"),
    "tool_call_no_thinking": stream(tools=[NOTE], tool_choice="required", **NO_THINK),
    "tool_call_strict": stream(tools=[STRICT], tool_choice="required"),
    "tool_call_named": stream(tools=[NOTE], tool_choice={"type": "function", "function": {"name": "note_add"}}),
    "tool_call_auto": stream(messages=ASK_FOR_CALL, tools=TOOLS),
    "tool_call_cut": stream(tools=[STRICT], tool_choice="required", max_tokens=56),
    "tool_call_whole": chat(tools=[NOTE], tool_choice="required"),
    "overflow": stream(messages=[{"role": "user", "content": "가나다라마바사" * 600}]),
    "overflow_by_answer": stream(max_tokens=100_000),
    "unknown_model": stream(model="other"),
    "bad_type": stream(temperature="hot"),
    "bad_value": stream(temperature=-1),
    "unknown_field": chat(no_such_field=1),
    "unknown_route": ("v1/no_such_route", {}),
}
VLLM: Asked = COMMON | {
    "version": ("version", None),
    "load": ("load", None),
    "server_info": ("server_info", None),
    "props": ("props", None),
    "tokenize": ("tokenize", {"model": "tiny", "messages": ASK, "tools": TOOLS} | THINK),
    "tokenize_text": ("tokenize", {"model": "tiny", "prompt": "안녕하세요"}),
    "tokenize_after_call": ("tokenize", {"model": "tiny", "messages": AFTER_CALL, "tools": TOOLS} | NO_THINK),
    "render": (f"{CHAT}/render", {"model": "tiny", "messages": ASK, "tools": TOOLS} | THINK),
    "metrics": ("metrics", None),
}
LLAMACPP: Asked = COMMON | {
    "props": ("props", None),
    "slots": ("slots", None),
    "version": ("version", None),
    "server_info": ("server_info", None),
    "tokenize": ("tokenize", {"content": "안녕하세요", "add_special": True}),
    "apply-template": ("apply-template", {"messages": ASK, "tools": TOOLS} | THINK),
    "input_tokens": (f"{CHAT}/input_tokens", {"model": "tiny", "messages": ASK, "tools": TOOLS}),
    "metrics": ("metrics", None),
}
REFUSED: Asked = {
    "models": ("v1/models", None),
    "tool_call_auto": stream(messages=ASK_FOR_CALL, tools=TOOLS),
    "tool_call": stream(tools=[NOTE], tool_choice="required"),
    "stream": stream(),
}
KEY: Asked = {name: VLLM[name] for name in ("health", "version", "models", "stream", "metrics")}
SETS: dict[str, Asked] = {
    "vllm": VLLM,
    "vllm/no_parsers": REFUSED,
    "vllm/deepseek_v3": COMMON,
    "vllm/key": KEY | {"tokenize": VLLM["tokenize"]},
    "llamacpp": LLAMACPP,
    "llamacpp/smollm2": {
        name: LLAMACPP[name] for name in ("models", "props", "apply-template", "tool_call", "stream_cut")
    },
    "llamacpp/key": KEY | {"tokenize": LLAMACPP["tokenize"], "props": ("props", None)},
}


def figures(metrics: bytes) -> Iterator[bytes]:
    """The engine's own counters and gauges, without the buckets of histograms and the times of their making."""
    own = (line for line in metrics.splitlines(keepends=True) if line.startswith((b"vllm:", b"llamacpp:")))
    return (line for line in own if b"_bucket{" not in line and b"_created{" not in line)


def keep(folder: Path, name: str, answer: httpx.Response) -> None:
    kinds = {"text/event-stream": "sse", "application/json": "json"}
    kind = kinds.get(answer.headers.get("content-type", "").split(";")[0], "txt")
    status = "" if answer.status_code == httpx.codes.OK else f".{answer.status_code}"
    kept = b"".join(figures(answer.content)) if name == "metrics" and not status else answer.content
    for old in folder.glob(f"{name}.*"):
        old.unlink()
    (folder / f"{name}{status}.{kind}").write_bytes(kept)


def main(chosen: str, url: str) -> None:
    folder = FOLDER / chosen
    folder.mkdir(parents=True, exist_ok=True)
    # llama.cpp closes a connection after a stream although it says `Keep-Alive`: each question gets one of its own.
    alone = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=url, timeout=120, trust_env=False, limits=alone) as client:
        for name, (path, body) in SETS[chosen].items():
            keep(folder, name, client.get(path) if body is None else client.post(path, json=body))


if __name__ == "__main__":
    main(*sys.argv[1:])
