"""An OpenAI-compatible server over real HTTP whose answers are written down beforehand."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Chunk = dict[str, Any]
Reply = list[Chunk]


@dataclass(frozen=True)
class Refusal:
    """An error instead of an answer."""

    status: int
    message: str


Script = Callable[[dict[str, Any]], Reply | Refusal]
"""From a request's body to the deltas of the answer."""


def says(text: str, *, reasoning: str = "") -> Reply:
    """An answer in text, in pieces of three characters."""
    thought = [{"reasoning_content": reasoning}] if reasoning else []
    return [*thought, *({"content": text[n : n + 3]} for n in range(0, len(text), 3))]


def calls(*made: tuple[str, dict[str, Any]]) -> Reply:
    """Tool calls, their arguments in two pieces."""
    deltas: Reply = []
    for index, (name, arguments) in enumerate(made):
        written = json.dumps(arguments, ensure_ascii=False)
        half = len(written) // 2
        head = {"index": index, "id": f"x{index}", "type": "function", "function": {"name": name, "arguments": ""}}
        deltas.append({"tool_calls": [head]})
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
            for piece in (written[:half], written[half:])
        ]
    return deltas


def in_order(*replies: Reply) -> Script:
    """Each request gets the next reply; the last one is repeated."""
    left = list(replies)
    return lambda _body: left.pop(0) if len(left) > 1 else left[0]


class ScriptedModel:
    """A running server. `requests` holds the bodies it was sent, `raw` their bytes."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.hold: threading.Event | None = None
        """If set, the answer stops after its first delta until the event is set."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._json({"object": "list", "data": [{"id": "scripted", "object": "model"}]})

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                outer.raw.append(raw)
                outer.requests.append(json.loads(raw))
                reply = outer.script(outer.requests[-1])
                if isinstance(reply, Refusal):
                    self._json({"error": {"message": reply.message}}, reply.status)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    for line in outer.lines(reply):
                        self.wfile.write(line)
                        self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    return
                finally:
                    self.close_connection = True

            def _json(self, value: Any, status: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def lines(self, reply: Reply) -> Iterator[bytes]:
        """The server-sent events of one answer."""
        for number, delta in enumerate(reply):
            yield self._event({"delta": delta, "index": 0, "finish_reason": None})
            if number == 0 and self.hold:
                self.hold.wait(30)
        called = any("tool_calls" in delta for delta in reply)
        yield self._event({"delta": {}, "index": 0, "finish_reason": "tool_calls" if called else "stop"})
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        yield self._event(None, usage)
        yield b"data: [DONE]\n\n"

    @staticmethod
    def _event(choice: Chunk | None, usage: dict[str, int] | None = None) -> bytes:
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "scripted",
            "choices": [choice] if choice else [],
            **({"usage": usage} if usage else {}),
        }
        return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def scripted(script: Script) -> Iterator[ScriptedModel]:
    server = ScriptedModel(script)
    try:
        yield server
    finally:
        server.close()
