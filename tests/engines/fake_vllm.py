"""A program that behaves like `vllm serve`: its log, its routes, its end, without a model.

`VLLM_FAKE` names how it goes wrong. While it reads weights: `out-of-memory`, `too-long`, `address-in-use`, `gated`,
`no-module`, `killed`; later: `dies`, `stubborn` (does not end on SIGTERM). With `VLLM_FAKE_GATE` it stands still until
there is a file of that name: at 25 % of the weights, before any of them (`downloads`), or before it dies.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

WORKER = "import time; time.sleep(600)"
STUBBORN_WORKER = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WORKER}"
PARSERS = ("hermes", "qwen3_json", "mistral")
CORE = "(EngineCore pid=4711) ERROR 11-24 02:38:47 [core.py:1120]"
ENDS = {
    "out-of-memory": (
        f"{CORE} EngineCore failed to start.",
        f"{CORE} Traceback (most recent call last):",
        f'{CORE}   File "/usr/lib/python3/vllm/v1/engine/core.py", line 712, in run_engine_core',
        f"{CORE}     engine_core = EngineCoreProc(*args, **kwargs)",
        f"{CORE} torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.30 GiB. GPU 0 has a total capacity of "
        "79.10 GiB of which 913.00 MiB is free.",
    ),
    "too-long": (
        f"{CORE} ValueError: To serve at least one request with the models's max seq len (131072), (40.00 GiB KV cache "
        "is needed, which is larger than the available KV cache memory (20.00 GiB). Based on the available memory, the "
        "estimated maximum model length is 65536. Try increasing `gpu_memory_utilization`.",
    ),
    "address-in-use": ("OSError: [Errno 98] Address already in use",),
    "gated": (
        "OSError: You are trying to access a gated repo.",
        "401 Client Error. (Request ID: Root=1-695139c1)",
        "Access to model skt/A.X-4.0 is restricted. You must have access to it and be authenticated to access it.",
    ),
    "no-module": (
        "Traceback (most recent call last):",
        '  File "/usr/bin/vllm", line 3, in <module>',
        "ModuleNotFoundError: No module named 'timm'",
    ),
}


class Routes(BaseHTTPRequestHandler):
    """`/health` and `/v1/models`."""

    ready = threading.Event()
    model = ""
    key = ""

    def do_GET(self) -> None:
        if self.path == "/health":
            return self.answer(200 if self.ready.is_set() else 503, b"")
        if self.key and self.headers["Authorization"] != f"Bearer {self.key}":
            return self.answer(401, b'{"error":"Unauthorized"}')
        if self.path == "/v1/models":
            models = {"object": "list", "data": [{"id": self.model, "object": "model", "max_model_len": 2048}]}
            return self.answer(200, json.dumps(models).encode())
        return self.answer(404, b'{"detail":"Not Found"}')

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: object) -> None:
        """As quiet as uvicorn is loud; nobody reads it."""


def main() -> int:
    options = given()
    say("INFO 11-24 02:38:10 [api_utils.py:347]  █▄█▀ █     █     █     █  model   " + options.model)
    if options.tool_call_parser not in (None, *PARSERS):
        known = ", ".join(PARSERS)
        say(f"KeyError: 'invalid tool call parser: {options.tool_call_parser} (chose from {{ {known} }})'")
        return 1
    Routes.model = options.served_model_name or options.model
    Routes.key = os.environ.get("VLLM_API_KEY", "")
    way = os.environ.get("VLLM_FAKE", "")
    server = ThreadingHTTPServer((options.host, options.port), Routes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if way == "stubborn" else bow_out)
    worker = subprocess.Popen([sys.executable, "-c", STUBBORN_WORKER if way == "stubborn" else WORKER])
    say(f"(APIServer pid={os.getpid()}) INFO 11-24 02:38:29 worker {worker.pid}")
    load(way)
    Routes.ready.set()
    say("INFO:     Application startup complete.")
    if way == "dies":
        wait_for_gate()
        say(f"{CORE} RuntimeError: CUDA error: an illegal memory access was encountered")
        os._exit(1)
    while True:
        signal.pause()


def given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vllm serve")
    parser.add_argument("command", choices=("serve",))
    parser.add_argument("model")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--served-model-name")
    parser.add_argument("--tool-call-parser")
    return parser.parse_known_args()[0]


def load(way: str) -> None:
    say("INFO 11-24 02:38:21 [vllm.py:1703] Enforce eager set, disabling torch.compile, CUDAGraphs")
    say("(Worker pid=10629) INFO 11-24 02:38:40 [gpu_model_runner.py:68] Starting to load model skt/A.X-4.0...")
    if way == "downloads":
        wait_for_gate()
    for shard in range(5):
        sys.stderr.write(
            f"\rLoading safetensors checkpoint shards: {shard * 25:>3}% Completed | {shard}/4 [00:00<00:00]"
        )
        sys.stderr.flush()
        if shard == 1 and way != "dies":
            wait_for_gate()
        if shard == 2:
            end_badly(way)
    say("\n(Worker pid=10629) INFO 11-24 02:38:40 [default_loader.py:501] Loading weights took 0.03 seconds")
    say("Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  41%|████      | 21/51 [00:06<00:07,  4.02it/s]")


def end_badly(way: str) -> None:
    if way == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if way in ENDS:
        say("\n" + "\n".join(ENDS[way]))
        os._exit(1)


def wait_for_gate() -> None:
    gate = os.environ.get("VLLM_FAKE_GATE")
    while gate and not Path(gate).exists():
        time.sleep(0.02)


def bow_out(*_: object) -> NoReturn:
    say("INFO:     Shutting down")
    os._exit(0)


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
