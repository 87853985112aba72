"""`python -m agent.serving.embedded --gguf FILE --port N`: llama.cpp's HTTP server inside this process, until SIGTERM.

It is the child that `modu serve` starts where no `llama-server` is installed. The surface is llama-server's own:
`/health`, `/v1/models`, `/v1/chat/completions`, `/props`, `/tokenize`. Standard error is the log.
"""

import argparse
import importlib
import os
import signal
import sys
import threading
from typing import Any

_KEY, _THREADS = "LLAMA_API_KEY", "LLAMA_ARG_THREADS"
"""Variables that llama-server reads, too."""
HINT = "설치하세요: pip install 'modu-agent[llama]'"


def main(arguments: list[str] | None = None) -> int:
    options = _options().parse_args(arguments)
    try:
        xllamacpp = importlib.import_module("xllamacpp")
    except ImportError as error:
        sys.stderr.write(f"오류: xllamacpp 를 불러올 수 없습니다: {error}\n  할 일: {HINT}\n")
        return 1
    # A signal ends the process at once: the library would first wait for every answer that is being written.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        server = xllamacpp.Server(_parameters(xllamacpp.CommonParams(), options))
    except RuntimeError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stderr.write(f"serving at {server.listening_address}\n")
    threading.Event().wait()
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="agent.serving.embedded", allow_abbrev=False)
    parser.add_argument("--gguf", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--context", type=int, default=0, help="tokens, 0: as the file says")
    parser.add_argument("--alias", default="", help="the name of the model on the wire")
    return parser


def _parameters(params: Any, options: argparse.Namespace) -> Any:
    """xllamacpp's `CommonParams` (llama.cpp, common/common.h), filled in place."""
    params.model.path = options.gguf
    params.n_ctx = options.context
    params.n_parallel = 1
    params.port = options.port
    params.hostnames = [options.host]
    params.use_jinja = True
    params.endpoint_metrics = True
    params.ui = False
    # A page in the user's browser may send requests to this port, but must not read what it answers.
    params.cors_origins = f"http://{options.host}:{options.port}"
    if options.alias:
        params.model_alias = {options.alias}
    if key := os.environ.get(_KEY):
        params.api_keys = [key]
    if (threads := os.environ.get(_THREADS, "")).isdecimal():
        params.cpuparams.n_threads = int(threads)
    return params


if __name__ == "__main__":
    raise SystemExit(main())
