"""From the start of a process to its first model request, stage by stage: prints numbers, asserts nothing.

`python tests/bench/bench_cold.py [RUNS] [MILLISECONDS]`: the best of so many runs, on a server that takes so long for
each of its answers. The parts are those that a resident process goes through; the graph is loaded later.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.fake_servers import Routes, listing, vllm  # noqa: E402

PROCESS = """
import sys, time
marks = [("python", time.monotonic(), time.process_time())]
def mark(stage):
    marks.append((stage, time.monotonic(), time.process_time()))
import asyncio; mark("import asyncio")
import pydantic; mark("import pydantic")
from agent.settings import load; mark("import agent.settings")
settings = load({"base_url": sys.argv[1], "lang": "ko"}); mark("settings read")
from agent.tools.hub import Hub; mark("import agent.tools.hub")
from agent.model.choice import choose
from agent.model.contract import ChatRequest, UserMessage
mark("import agent.model.choice")
async def main():
    hub = Hub(settings)
    await hub.start(); mark("tools known")
    choice = await choose(settings); mark("model chosen")
    deltas = choice.model.stream(ChatRequest(messages=(UserMessage(text="안녕"),), tools=hub.catalog.core()))
    await anext(deltas); mark("first delta")
    loaded = {"mcp", "httpx", "jsonschema", "langgraph"} & sys.modules.keys()
    await deltas.aclose()
    await choice.model.close()
    await hub.close()
    return sorted(loaded)
loaded = asyncio.run(main())
import json
print(json.dumps({"marks": marks, "loaded": loaded}))
"""
LINES = [
    {"choices": [{"index": 0, "delta": {"content": "네."}, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
]


class Handler(BaseHTTPRequestHandler):
    """Notes when each request came."""

    protocol_version = "HTTP/1.1"
    delay = 0.0
    routes: ClassVar[Routes] = {}
    came: ClassVar[list[tuple[float, str]]] = []

    def do_GET(self) -> None:
        self.came.append((time.monotonic(), f"GET {self.path}"))
        time.sleep(self.delay)
        status, said = self.routes.get(self.path, (404, {}))
        self._answer(status, "application/json", said if isinstance(said, bytes) else json.dumps(said).encode())

    def do_POST(self) -> None:
        self.came.append((time.monotonic(), "POST"))
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.delay)
        events = [f"data: {json.dumps(line)}\n\n" for line in LINES]
        self._answer(200, "text/event-stream", "".join([*events, "data: [DONE]\n\n"]).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def serving(routes: Routes, delay: float) -> Iterator[str]:
    Handler.routes, Handler.delay = routes, delay
    with Server(("", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # A server that takes its time stands elsewhere.
        yield f"http://{address() if delay else '127.0.0.1'}:{server.server_address[1]}/v1"
        server.shutdown()


def address() -> str:
    """Of this machine, as others see it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("198.51.100.1", 9))
        return str(probe.getsockname()[0])


def once(url: str, home: str) -> tuple[list[tuple[str, float, float]], list[str]]:
    """Stages with the wall and CPU milliseconds at their end, and what was loaded."""
    env = {key: value for key, value in os.environ.items() if not key.casefold().endswith("_proxy")}
    env |= {"MODU_HOME": home, "PYTHONPATH": str(ROOT)}
    Handler.came.clear()
    begun = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", PROCESS, url], env=env, cwd=ROOT, check=True, capture_output=True)
    told = json.loads(ended.stdout)
    marks = [(stage, 1_000 * (wall - begun), 1_000 * cpu) for stage, wall, cpu in told["marks"]]
    posted = next(when for when, what in Handler.came if what == "POST")
    return [*marks[:-1], ("POST has come", 1_000 * (posted - begun), 0.0), marks[-1]], told["loaded"]


def table(name: str, routes: Routes, delay: float, runs: int, home: str) -> None:
    with serving(routes, delay) as url:
        once(url, home)
        measured = [once(url, home) for _ in range(runs)]
    best, loaded = min(measured, key=lambda run: run[0][-2][1])
    asked = [what for _, what in Handler.came if what != "POST"]
    came = [when for when, _ in Handler.came]
    print(f"\n{name}: the best of {runs}, ms       wall     CPU    since the start")
    walls, cpus = 0.0, 0.0
    for stage, wall, cpu in best:
        shown = f"{cpu - cpus:7.0f}" if cpu else "       "
        print(f"  {stage:<34} {wall - walls:7.0f} {shown}   {wall:7.0f}")
        walls, cpus = wall, cpu or cpus
    print(f"  {len(asked)} GETs before it, {1_000 * (came[len(asked)] - came[0]):.0f} ms from the first to the POST")
    print(f"  loaded on the way: {', '.join(loaded) or 'neither MCP, graph, JSON schema nor a second HTTP library'}")


def main(runs: int = 5, milliseconds: int = 0) -> None:
    unnamed = {"/v1/models": listing({"id": "scripted", "object": "model"})}
    with tempfile.TemporaryDirectory() as home:
        table("a server that says no more than its list", unnamed, milliseconds / 1_000, runs, home)
        table("vLLM", vllm(), milliseconds / 1_000, runs, home)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
