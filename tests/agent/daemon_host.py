"""A `Host` of a few lines, for tests of the process around it; `daemon_program.py` puts it where the real one is."""

import asyncio
import gc
import hmac
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.wire.build import build

CHILD = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"


class Host:
    """Answers like the real one, and to `test.…` by doing harm."""

    on_stop: Callable[[float], None]
    on_stale: Callable[[], None]

    def __init__(self, home: Path, token: str | None = None) -> None:
        if (home / "broken").exists():
            raise RuntimeError("never to be told: 010-1234-5678")
        self.home = home
        self.token = token
        self.build = build()
        self.started = time.time()
        self.faces = self.running = 0
        self.used = time.monotonic()
        self.warm_at = 0.0
        self.recovered = False

    @property
    def idle_seconds(self) -> float:
        return 0.0 if self.faces or self.running or (self.home / "waits").exists() else time.monotonic() - self.used

    async def recover(self) -> None:
        self.recovered = True
        if (self.home / "poison").exists():
            raise RuntimeError("a note that cannot be read")

    async def warm(self) -> None:
        self.warm_at = time.monotonic()

    async def finish(self, patience: float) -> None:
        until = time.monotonic() + patience
        while self.running and time.monotonic() < until:
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        (self.home / "closed").write_text(str(os.getpid()), encoding="ascii")
        if (self.home / "hangs").exists():
            await asyncio.Event().wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            greeting = json.loads(await reader.readline() or "null")
            if greeting is None or (self.token and not hmac.compare_digest(greeting.get("token", ""), self.token)):
                return
            if greeting.get("build", self.build) != self.build and build() != self.build:
                self.on_stale()
                return
            self.faces += 1
            try:
                _tell(writer, {"modu": 1, "build": self.build, "pid": os.getpid(), "started": self.started})
                while line := await reader.readline():
                    asked = json.loads(line)
                    _tell(writer, {"id": asked["id"], "result": await self._answer(asked)})
            finally:
                self.faces -= 1
                self.used = time.monotonic()
        except ConnectionError:
            return

    async def _answer(self, asked: dict[str, Any]) -> Any:
        params = asked.get("params", {})
        match asked["method"]:
            case "daemon.status":
                return {
                    "pid": os.getpid(),
                    "uptime": time.time() - self.started,
                    "faces": self.faces,
                    "sessions": [{"id": "s_1", "running": self.running > 0, "readers": 1, "events": 3}],
                    "servers": {"calendar": "연결됨"},
                    "models": ["ax-4.1"],
                    "next_reminder": "2026-11-22T09:00:00+09:00",
                    "memory": 50 << 20,
                    "memory_peak": 60 << 20,
                    "events_per_minute": 7,
                    "frozen": gc.get_freeze_count() > 0 and gc.isenabled(),
                    "recovered": self.recovered,
                    "umask": oct(_umask()),
                    "cwd": str(Path.cwd()),
                }
            case "daemon.stop":
                self.on_stop(params.get("patience", 10))
            case "test.work":
                await self._work(Path(params["until"]))
                return os.getpid()
            case "test.spawn":
                return _family()
            case "test.die":
                os.kill(os.getpid(), getattr(signal, params["by"]))
                await asyncio.sleep(60)
            case "test.raise":
                raise ValueError("never to be told: 010-1234-5678")
        return None

    async def _work(self, until: Path) -> None:
        """A turn that runs until there is such a file."""
        self.running += 1
        try:
            while not until.exists():
                await asyncio.sleep(0.01)
        finally:
            self.running -= 1


def _family() -> list[int]:
    """A child in its group, one in a group of its own, and a grandchild whose parent is gone."""
    plain = _child([CHILD])
    apart = _child([CHILD], start_new_session=True)
    script = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {CHILD!r}]).pid, flush=True)"
    far = subprocess.Popen(["python3", "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert far.stdout
    return [plain, apart, int(far.stdout.readline())]


def _child(code: list[str], **given: Any) -> int:
    child = subprocess.Popen(["python3", "-c", *code], stdout=subprocess.PIPE, **given)
    assert child.stdout
    child.stdout.readline()
    return child.pid


def _umask() -> int:
    found = os.umask(0o022)
    os.umask(found)
    return found


def _tell(writer: asyncio.StreamWriter, frame: dict[str, Any]) -> None:
    writer.write(json.dumps(frame).encode() + b"\n")
