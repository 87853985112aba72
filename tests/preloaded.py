"""`python -m …` without the seconds of its imports: a process that has made them forks for each command line.

What is forked has imported modules and done nothing else: `test_preloaded.py` holds it to that. It gets arguments, a
folder, an environment and streams of its own, and from there on it runs and ends as a process that was just started.
What is about imports, `/proc` or the interpreter itself is tested with processes that are started anew.
"""

import gc
import importlib
import io
import json
import os
import runpy
import select
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TextIO

ROOT = Path(__file__).parents[1]
LOADED = (
    "agent.cli.request", "agent.cli.logs", "agent.cli.sessions", "agent.host.inproc", "agent.session.engine",
    "agent.model.http.chat", "agent.model.reading.reply", "agent.model.servers.probe", "agent.model.offline.engine",
    "agent.tools.line", "alembic.command", "httpcore2", "jsonschema.validators", "langgraph.checkpoint.sqlite.aio",
    "mcp_servers.calendar.server", "mcp_servers.phone.server", "mcp_servers.search.server", "mcp_servers.code.server",
    "sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite.aiosqlite",
)  # fmt: skip
"""What a request without a resident process loads sooner or later; never `agent.__main__`, which is what is run."""
SEEN = {"LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
"""What the interpreter and the libraries find in the environment while they are loaded, beside `PATH`."""
_LATER = ("MODU_", "HOME", "PATH")
"""What begins so is not looked at while they are."""
_LONGEST = 128 * 1024
_NUMBER = struct.Struct("i")


def fits(env: Mapping[str, str]) -> bool:
    """Whether a process with this environment would have come to the same point."""
    seen = {name: value for name, value in env.items() if not name.startswith(_LATER)}
    return seen == SEEN and hasattr(os, "pidfd_open")


class Forked(subprocess.Popen[bytes]):
    """A process whose parent is the one that forks; tells what `Popen` tells.

    Takes `[…, "-m", module, *arguments]`, a folder, an environment that fits, and streams.
    """

    def _execute_child(self, args: Any, *rest: Any) -> None:
        cwd, env = rest[4:6]
        ends = rest[9:15]
        stdin, _, _, stdout, _, stderr = ends
        streams = [given if given >= 0 else own for own, given in enumerate((stdin, stdout, stderr))]
        asked = {"command": args, "cwd": str(cwd), "env": env}
        self._lock = threading.Lock()
        self._told, telling = os.pipe()
        try:
            socket.send_fds(_channel(), [json.dumps(asked).encode()], [*streams, telling])
        finally:
            os.close(telling)
            self._close_pipe_fds(*ends)  # type: ignore[attr-defined]
        self.pid = self._number()
        self._child_created = True

    def _number(self) -> int:
        """First the process, later how it ended."""
        told = os.read(self._told, _NUMBER.size)
        assert told, "the process that forks has ended: see what it wrote to stderr"
        return int(_NUMBER.unpack(told)[0])

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            watched = select.poll()
            watched.register(self._told, select.POLLIN)
            if not watched.poll(None if timeout is None else max(timeout, 0) * 1000):
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        with self._lock:
            if self.returncode is None:
                self.returncode = os.waitstatus_to_exitcode(self._number())
                os.close(self._told)
        return self.returncode

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None


@cache
def _channel() -> socket.socket:
    """To the one that forks for this process; it ends when nobody holds this end any more."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())],
            cwd=ROOT,
            env=SEEN | {"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
        )
    # Nobody waits for it: it outlives the last test by an instant.
    process.returncode = 0
    return ours


def load() -> None:
    for name in LOADED:
        importlib.import_module(name)
    # What has been loaded is not looked through by every child again, and so not copied.
    gc.freeze()


def main(channel: socket.socket) -> None:
    load()
    try:
        asked = _Server(channel).serve()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    if asked:
        module = _become(**asked)
        runpy.run_module(module, run_name="__main__", alter_sys=True)


class _Server:
    """Forks until nobody is left to ask it."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._watched = select.poll()
        self._watched.register(channel, select.POLLIN)
        self._running: dict[int, tuple[int, int]] = {}
        """By a descriptor that is ready when it has ended: a process, and where to tell of it."""

    def serve(self) -> dict[str, Any] | None:
        """Returns in every child, with what it is asked; in the server with None, at its end."""
        while True:
            for ready, _ in self._watched.poll():
                if ready in self._running:
                    self._tell(ready)
                    continue
                message, descriptors, _, _ = socket.recv_fds(self._channel, _LONGEST, 4)
                if not message:
                    return None
                *streams, telling = descriptors
                if pid := os.fork():
                    self._watch(pid, streams, telling)
                    continue
                self._leave(streams, telling)
                asked: dict[str, Any] = json.loads(message)
                return asked

    def _watch(self, pid: int, streams: list[int], telling: int) -> None:
        for stream in streams:
            os.close(stream)
        os.write(telling, _NUMBER.pack(pid))
        end = os.pidfd_open(pid)
        self._running[end] = (pid, telling)
        self._watched.register(end, select.POLLIN)

    def _tell(self, end: int) -> None:
        pid, telling = self._running.pop(end)
        self._watched.unregister(end)
        with suppress(BrokenPipeError):
            os.write(telling, _NUMBER.pack(os.waitpid(pid, 0)[1]))
        os.close(telling)
        os.close(end)

    def _leave(self, streams: list[int], telling: int) -> None:
        """In a child: nothing of the server stays open, and the streams are its own."""
        self._channel.close()
        for held in (telling, *chain.from_iterable((end, other) for end, (_, other) in self._running.items())):
            os.close(held)
        for own, stream in enumerate(streams):
            os.dup2(stream, own)
            os.close(stream)


def _become(command: list[str], cwd: str, env: dict[str, str]) -> str:
    """What the interpreter does before it runs a module, as far as it depends on what was asked. Returns the module."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.orig_argv = command
    sys.argv = command[1:2] + command[3:]
    sys.path[0] = cwd
    sys.stdin = _opened(0, "r", sys.stdin)
    sys.stdout = _opened(1, "w", sys.stdout)
    sys.stderr = _opened(2, "w", sys.stderr)
    sys.stderr.reconfigure(line_buffering=True)
    return command[2]


def _opened(own: int, mode: Literal["r", "w"], like: TextIO) -> io.TextIOWrapper:
    return os.fdopen(own, mode, encoding=like.encoding, errors=like.errors, newline="\n", closefd=False)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
