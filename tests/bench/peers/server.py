"""A model server over real HTTP on loopback that answers at once and remembers what it was sent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from tests.bench.peers.dialects import Answer, Json, Response, answered

MODEL = "scripted"
MODELS = {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 1, "owned_by": "bench"}]}


@dataclass(frozen=True)
class Post:
    """One request for the model."""

    arrived: float
    """On the clock that `launch` reads, when its first line had been read."""
    path: str
    raw: bytes
    body: Json


def received(request: BaseHTTPRequestHandler) -> bytes:
    """The body of a request, sent whole or in chunks."""
    if request.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))
    pieces = []
    while size := int(request.rfile.readline().split(b";")[0], 16):
        pieces.append(request.rfile.read(size))
        request.rfile.readline()
    request.rfile.readline()
    return b"".join(pieces)


class InstantModel:
    """A running server. `posts` holds the requests for the model since it was last cleared."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answer: Callable[[Json], Answer] = lambda _body: "네."
        self._numbers = count(1)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_HEAD(self) -> None:
                self._send(Response(b""))

            def do_GET(self) -> None:
                self._send(Response(json.dumps(MODELS if "/models" in self.path else {}).encode()))

            def do_POST(self) -> None:
                arrived = time.monotonic()
                self._send(outer.reply(arrived, self.path.partition("?")[0], received(self)))

            def _send(self, response: Response) -> None:
                self.send_response(200)
                self.send_header("Content-Type", response.content_type)
                self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(response.body)

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def reply(self, arrived: float, path: str, raw: bytes) -> Response:
        """Telemetry and other posts get an empty object."""
        try:
            body = json.loads(raw)
        except ValueError:
            return Response(b"{}")
        if path.endswith("/count_tokens"):
            return Response(b'{"input_tokens": 100}')
        if (
            not isinstance(body, dict)
            or (response := answered(path, body, self.answer(body), next(self._numbers))) is None
        ):
            return Response(b"{}")
        self.posts.append(Post(arrived, path, raw, body))
        return response

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def instant_model() -> Iterator[InstantModel]:
    server = InstantModel()
    try:
        yield server
    finally:
        server.close()
