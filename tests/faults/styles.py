"""The bytes of an answer as a server without faults streams it, and the parts that faulty answers are made of."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.faults.conversation import Made, Post, Reply, Stage
from tests.faults.server import MODEL, Do, Ending, Script, sends

Style = Callable[[Reply], Do]
Delta = dict[str, Any]
USAGE = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
DONE = b"data: [DONE]\n\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
CHUNKED, CLOSED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n", HEAD + b"Connection: close\r\n\r\n"


_HALF = re.compile(r"[\ud800-\udfff]")


def dumped(value: Any) -> str:
    """Half surrogate pairs go out as the escapes that servers write."""
    return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(value, ensure_ascii=False))


def chunk(delta: Delta | None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    return head | {"choices": choices} | more


def event(value: Any) -> bytes:
    return f"data: {value if isinstance(value, str) else dumped(value)}\n\n".encode()


def pieces(text: str, size: int = 3) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def call_deltas(*made: Made) -> Iterator[Delta]:
    for index, (name, arguments) in enumerate(made):
        written = json.dumps(arguments, ensure_ascii=False)
        head = {"name": name, "arguments": ""}
        yield {"tool_calls": [{"index": index, "id": f"chatcmpl-tool-{index}", "type": "function", "function": head}]}
        for piece in pieces(written, 9):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def deltas(reply: Reply) -> list[Delta]:
    """As vLLM cuts an answer: reasoning, text, calls."""
    thought = [{"reasoning": piece} for piece in pieces(reply.reasoning)]
    return [*thought, *({"content": piece} for piece in pieces(reply.text)), *call_deltas(*reply.calls)]


def events(*given: Delta, finish: str | None = "stop") -> list[bytes]:
    """A whole stream around some deltas."""
    opened = event(chunk({"role": "assistant", "content": ""}))
    return [
        opened,
        *(event(chunk(one)) for one in given),
        event(chunk({}, finish)),
        event(chunk(None, usage=USAGE)),
        DONE,
    ]


def stream(*given: bytes, ends: Ending = "keep") -> Do:
    """Server-sent events in HTTP chunks, one packet each; unless it ends in order, the last chunk never comes."""
    wrapped = [b"%x\r\n%b\r\n" % (len(one), one) for one in given]
    return sends(CHUNKED, *wrapped, *([b"0\r\n\r\n"] if ends == "keep" else []), ends=ends)


def plain(reply: Reply) -> Do:
    """No fault at all."""
    return stream(*events(*deltas(reply), finish=reply.finish))


def says(text: str) -> Do:
    return plain(Reply(text))


def says_in(*parts: str, finish: str = "stop") -> Do:
    """Text in these very deltas."""
    return stream(*events(*({"content": part} for part in parts), finish=finish))


def streams(*given: Delta, finish: str | None = "stop") -> Do:
    """These very deltas, orderly."""
    return stream(*events(*given, finish=finish))


def whole(reply: Reply) -> dict[str, Any]:
    """The answer as one object, as if no stream had been asked for."""
    made = [
        {"id": f"call-{n}", "type": "function", "function": {"name": name, "arguments": dumped(arguments)}}
        for n, (name, arguments) in enumerate(reply.calls)
    ]
    message = {"role": "assistant", "content": reply.text or None} | ({"tool_calls": made} if made else {})
    choices = [{"index": 0, "message": message, "finish_reason": reply.finish}]
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL}
    return head | {"choices": choices, "usage": USAGE}


def styled(style: Style) -> Script:
    """Every answer in this style."""
    return lambda post: style(post.reply)


def first(*given: Do, stage: Stage = "call", then: Style = plain) -> Script:
    """The first requests of a stage get these; whatever else is asked is answered without fault."""

    def script(post: Post) -> Do:
        return given[post.nth - 1] if post.stage == stage and post.nth <= len(given) else then(post.reply)

    return script


def every(do: Do, stage: Stage = "call") -> Script:
    """All requests of a stage get this."""
    return lambda post: do if post.stage == stage else plain(post.reply)
