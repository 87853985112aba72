"""The ground of a campaign: a home, a copy of the program that can be upgraded, a model, and clients to start."""

import asyncio
import os
import random
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agent.remote.assistant import RemoteAssistant
from agent.remote.line import Line
from agent.wire.home import DaemonFolder
from agent.wire.link import Link
from tests.chaos.cutter import Cutter
from tests.chaos.disk import Disk
from tests.chaos.model import SlowModel
from tests.chaos.processes import processes
from tests.command_line import ROOT
from tests.conftest import NOW

SERVERS = ("calendar", "phone", "code")
_PROGRAM = ("agent", "mcp_servers", "prompts")
_CONFIG = """\
base_url = "{url}"
mode = "auto"
allow = ["toy_*"]

[servers.toy]
command = "{python}"
args = ["{toy}", "--wait-for", "{root}"]
"""


PATIENCE = 90.0
"""Seconds within which whatever was begun has come to its end."""


async def until(holds: Callable[[], Any], within: float = PATIENCE) -> bool:
    """Wait for the condition; whether it came to hold."""
    deadline = time.monotonic() + within
    while not (found := holds()):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return bool(found)


class Ground:
    """Made once; `close` at the end."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        self.home = folder / "home"
        self.work = folder / "work"
        self.program = folder / "program"
        self.daemon = DaemonFolder(self.home)
        self.work.mkdir()
        self.home.mkdir()
        for part in _PROGRAM:
            shutil.copytree(ROOT / part, self.program / part)
        self.disk = Disk(self.home)
        self.model = SlowModel(chance)
        config = _CONFIG.format(
            url=self.model.base_url, python=sys.executable, toy=ROOT / "tests/agent/toy_server.py", root=folder
        )
        (self.home / "config.toml").write_text(config, encoding="utf-8")
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(self.program),
            "MODU_HOME": str(self.home),
            "MODU_NOW": NOW,
        }
        self.cutters: list[Cutter] = []
        self._faces = 0

    def close(self) -> None:
        """What was started here is no longer there."""
        for process in processes(self.folder):
            process.kill()
        self.disk.close()
        self.model.close()

    def greeting(self, servers: tuple[str, ...] = SERVERS) -> dict[str, Any]:
        self._faces += 1
        return {
            "modu": 1,
            "build": self.build,
            "face": f"{self._faces:016x}",
            "cwd": str(self.work),
            "options": {"only_servers": list(servers)},
            "env": self.env,
        }

    @property
    def build(self) -> str:
        """As `agent.wire.build` has it."""
        from agent import __version__

        return f"{__version__}-{self._stamp.stat().st_mtime_ns}"

    def upgrade(self) -> None:
        """Another build lies on the disk from now on."""
        later = self._stamp.stat().st_mtime_ns + 1_000_000_000
        os.utime(self._stamp, ns=(later, later))

    @property
    def _stamp(self) -> Path:
        return self.program / "agent" / "__init__.py"

    def cutter(self) -> Cutter:
        """What a reader connects through."""
        self.cutters.append(Cutter(self.home, self.chance))
        return self.cutters[-1]

    @asynccontextmanager
    async def assistant(self, cutter: Cutter, servers: tuple[str, ...] = SERVERS) -> AsyncIterator[RemoteAssistant]:
        line = Line(cutter.dial, cutter.look, self.greeting(servers))
        assistant = RemoteAssistant(line)
        try:
            yield assistant
        finally:
            await assistant.close()

    def link(self, cutter: Cutter) -> Link:
        return Link(cutter.dial, self.greeting())

    async def client(self, *arguments: str) -> asyncio.subprocess.Process:
        """`python -m agent …` of the copied program."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "agent",
            *arguments,
            cwd=self.work,
            env=self.env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=32 * 1024 * 1024,
        )

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Run one to its end; its exit code and what it said."""
        process = await self.client(*arguments)
        async with asyncio.timeout(90):
            out, err = await process.communicate()
        return process.returncode or 0, (out + err).decode(errors="replace")
