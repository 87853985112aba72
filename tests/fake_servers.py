"""Model servers as far as discovery sees them, over real HTTP: the endpoints of each engine, and servers gone odd."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

Json = Any
Said = tuple[int, Json | str | bytes]
Route = Said | Callable[[Json], Said]
"""A status and a body, or what makes them of the body of the request."""
Routes = Mapping[str, Route]
"""By path, without the query. `*` answers every other path."""

NOT_FOUND: Said = (404, {"detail": "Not Found"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    """Connections that come at once; beyond it, one is lost and tried again a second later."""


class FakeServer:
    """A running server. `asked` holds method, path and body of every request, `keys` their authorization."""

    def __init__(self, routes: Routes, port: int = 0) -> None:
        self.routes = dict(routes)
        self.asked: list[tuple[str, str, Json]] = []
        self.keys: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(None)

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, body: Json) -> None:
                outer.asked.append((self.command, self.path, body))
                outer.keys.append(self.headers.get("Authorization"))
                path = self.path.partition("?")[0]
                route = outer.routes.get(path, outer.routes.get("*", NOT_FOUND))
                status, said = route(body) if callable(route) else route
                written = said if isinstance(said, bytes) else said.encode() if isinstance(said, str) else _json(said)
                self.send_response(status)
                self.send_header("Content-Type", "application/json" if written[:1] in b"{[" else "text/html")
                self.send_header("Content-Length", str(len(written)))
                if 300 <= status < 400:
                    self.send_header("Location", f"{outer.root}/elsewhere")
                self.end_headers()
                self.wfile.write(written)

            def log_message(self, *_: Any) -> None:
                return

        self._server = _Server(("127.0.0.1", port), Handler)
        self.root = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.root}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def paths(self) -> list[str]:
        """What was asked for, in any order."""
        return sorted(path for _, path, _ in self.asked)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(routes: Routes, port: int = 0) -> Iterator[FakeServer]:
    server = FakeServer(routes, port)
    try:
        yield server
    finally:
        server.close()


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def listing(*entries: Json) -> Said:
    return 200, {"object": "list", "data": list(entries)}


def vllm(name: str = "skt/A.X-4.0-Light", window: int = 16_384, metrics: str = "", **more: Route) -> Routes:
    """vLLM 0.33: `models.md` 3.2 and 3.3."""
    entry = {
        "id": name,
        "object": "model",
        "created": 1_763_000_000,
        "owned_by": "vllm",
        "root": name,
        "parent": None,
        "max_model_len": window,
        "permission": [{"id": "modelperm-1", "object": "model_permission", "allow_sampling": True}],
    }
    return {
        "/v1/models": listing(entry),
        "/version": (200, {"version": "0.33.0"}),
        "/metrics": (200, metrics or VLLM_METRICS),
        "/tokenize": lambda body: (200, {"count": len(body["messages"]) * 10, "max_model_len": window, "tokens": [1]}),
        **more,
    }


VLLM_METRICS = """\
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="skt/A.X-4.0-Light"} 2.0
vllm:num_requests_waiting{engine="0",model_name="skt/A.X-4.0-Light"} 1.0
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 7.0
vllm:kv_cache_usage_perc{engine="0",model_name="skt/A.X-4.0-Light"} 0.125
# TYPE vllm:prefix_cache_queries counter
vllm:prefix_cache_queries_total{engine="0",model_name="skt/A.X-4.0-Light"} 1000.0
vllm:prefix_cache_queries_created{engine="0",model_name="skt/A.X-4.0-Light"} 1.763e+09
vllm:prefix_cache_hits_total{engine="0",model_name="skt/A.X-4.0-Light"} 850.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="skt/A.X-4.0-Light"} 3.0
"""


def sglang(name: str = "Qwen/Qwen3-8B", window: int = 40_960, **more: Route) -> Routes:
    """SGLang 0.5: `/server_info`, and `/metrics` only with `--enable-metrics`."""
    entry = {"id": name, "object": "model", "created": 1, "owned_by": "sglang", "root": name, "max_model_len": window}
    info = {"version": "0.5.23", "model_path": name, "context_length": None, "max_total_num_tokens": 99, "tp_size": 2}
    return {
        "/v1/models": listing(entry),
        "/server_info": (200, info),
        "/tokenize": lambda body: (200, {"count": 10 * len(body["messages"]), "tokens": [1], "max_model_len": window}),
        **more,
    }


def llamacpp(name: str = "/models/A.X-4.0-Light-Q4_K_M.gguf", slot: int = 8_192, **more: Route) -> Routes:
    """llama-server, README of 00dc8057: two slots of a window each."""
    meta = {"vocab_type": 2, "n_vocab": 102_400, "n_ctx_train": 16_384, "n_embd": 3_584, "n_params": 7_000_000_000}
    slots = [{"id": 0, "n_ctx": slot, "is_processing": True}, {"id": 1, "n_ctx": slot, "is_processing": False}]
    return {
        "/v1/models": (
            200,
            {
                "models": [{"name": name, "model": name, "type": "model"}],
                "object": "list",
                "data": [{"id": name, "object": "model", "created": 1, "owned_by": "llamacpp", "meta": meta}],
            },
        ),
        "/props": (
            200,
            {
                "default_generation_settings": {"id": 0, "n_ctx": slot, "params": {}},
                "total_slots": 2,
                "build_info": "b9992-00dc8057",
            },
        ),
        "/health": (200, {"status": "ok"}),
        "/slots": (200, slots),
        "/metrics": (501, {"error": {"code": 501, "message": "This server does not support metrics endpoint."}}),
        "/v1/chat/completions/input_tokens": lambda body: (
            200,
            {"object": "response.input_tokens", "input_tokens": 11 * len(body["messages"])},
        ),
        **more,
    }


RECORDED = Path(__file__).parent / "engines" / "recorded"
_RECORDED_PATHS = {
    "models": "/v1/models",
    "input_tokens": "/v1/chat/completions/input_tokens",
    **{name: f"/{name}" for name in ("version", "metrics", "props", "slots", "health", "server_info")},
    **{name: f"/{name}" for name in ("tokenize", "apply-template")},
}


def recorded(engine: Literal["vllm", "llamacpp"]) -> Routes:
    """What a real server said to these paths, byte by byte: `tests/engines/record.py`."""
    routes: dict[str, Route] = {}
    for file in filter(Path.is_file, (RECORDED / engine).iterdir()):
        name, *status, _ = file.name.split(".")
        if name in _RECORDED_PATHS:
            routes[_RECORDED_PATHS[name]] = (int(status[0]) if status else 200, file.read_bytes())
    return routes


def llamacpp_loading() -> Routes:
    """Every path says so until the weights are read."""
    return {"*": (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}})}


def ollama(*names: str, running: Mapping[str, int] | None = None) -> Routes:
    """Ollama: the list knows no windows, `/api/ps` those of the models in memory."""
    listed = [{"id": name, "object": "model", "created": 1, "owned_by": "library"} for name in names or ("qwen3:8b",)]
    loaded = [
        {"name": name, "model": name, "size": 1, "context_length": size} for name, size in (running or {}).items()
    ]
    return {
        "/v1/models": listing(*listed),
        "/api/version": (200, {"version": "0.12.6"}),
        "/api/ps": (200, {"models": loaded}),
    }


def lmstudio(window: int | None = 4_096) -> Routes:
    """LM Studio: an embedder, a model on disk, and one in memory if it has a window."""
    kinds = {"text-embedding-nomic": "embeddings", "google/gemma-3": "vlm", "qwen/qwen3-4b": "llm"}
    states = {
        name: {"id": name, "object": "model", "type": kind, "state": "not-loaded", "max_context_length": 131_072}
        for name, kind in kinds.items()
    }
    if window:
        states["qwen/qwen3-4b"] |= {"state": "loaded", "loaded_context_length": window}
    listed = [{"id": name, "object": "model", "owned_by": "organization_owner"} for name in kinds]
    return {
        "/v1/models": listing(*listed),
        "/api/v0/models": listing(*states.values()),
        "*": (200, {"error": "Unexpected endpoint or method. (GET /props)"}),
    }


class FakeSocket:
    """Something that listens and speaks in bytes of its own, forever if it likes."""

    def __init__(self, speech: Callable[[socket.socket, threading.Event], None]) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self._speech = speech
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/v1"
        self._speaking: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                caller, _ = self._server.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._speak, args=(caller,), daemon=True)
            self._speaking.append(thread)
            thread.start()

    def _speak(self, caller: socket.socket) -> None:
        with caller:
            try:
                caller.recv(65_536)
                self._speech(caller, self._over)
            except OSError:
                return

    def close(self) -> None:
        self._over.set()
        # Closing alone does not wake a thread that waits in `accept`.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in [self._thread, *self._speaking]:
            thread.join()


@contextmanager
def speaking(speech: Callable[[socket.socket, threading.Event], None]) -> Iterator[FakeSocket]:
    server = FakeSocket(speech)
    try:
        yield server
    finally:
        server.close()


def silence(_: socket.socket, over: threading.Event) -> None:
    """Accepts and never answers."""
    over.wait(30)


def flood(caller: socket.socket, over: threading.Event) -> None:
    """A body without an end."""
    caller.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"data": [')
    while not over.is_set():
        caller.sendall(b'{"id": "x"},' * 10_000)


def drip(caller: socket.socket, over: threading.Event) -> None:
    """One byte at a time: no read waits long, and there is no end."""
    caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not over.wait(0.05):
        caller.sendall(b" ")


def saying(answer: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Exactly these bytes, then the end of the connection."""
    return lambda caller, _: caller.sendall(answer)
