"""CalDAV servers as real processes, a proxy that cuts connections, and a process that synchronises and can be killed.

As a program (`python -m tests.mcp_servers.caldav_servers`): reads lines of JSON, forks for each a child that
synchronises every account of a home, and says how the child ended. Forking spares the second that imports take.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import httpx

from mcp_servers.calendar.server import open_database
from mcp_servers.calendar.sync import accounts
from mcp_servers.calendar.sync.engine import synchronise
from mcp_servers.common.settings import load

USER, PASSWORD = "modu", "비밀번호-pw"
SECRET = "MODU_CALDAV_PASSWORD"
_PATIENCE = 30
_MKCALENDAR = (
    '<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>'
    "<d:displayname>%s</d:displayname></d:prop></d:set></c:mkcalendar>"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class CalDavServer:
    """A server process on its own folder; killed and started again it has what it had."""

    name: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def home(self) -> str:
        return self.url + {"radicale": f"{USER}/", "xandikos": "user/calendars/"}[self.name]

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # What a killed git leaves half done: xandikos answers 500 until a person does this. Its commits stay.
        for repository in self.folder.rglob(".git"):
            for lock in repository.rglob("*.lock"):
                lock.unlink()
            subprocess.run(["git", "-C", str(repository.parent), "reset", "--hard", "--quiet"], check=True)
        with (self.folder.parent / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(self._command(), stdout=log, stderr=log, cwd=self.folder.parent)
        self._wait()

    def kill(self) -> None:
        """As a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def make_calendar(self, name: str, title: str) -> str:
        url = f"{self.home}{name}/"
        headers = {"Content-Type": "application/xml"}
        with httpx.Client(auth=(USER, PASSWORD), timeout=_PATIENCE) as client:
            client.request("MKCALENDAR", url, content=_MKCALENDAR % title, headers=headers).raise_for_status()
        return url

    def _command(self) -> list[str]:
        if self.name == "xandikos":
            options = ["--listen-address", "127.0.0.1", "--port", str(self.port), "--defaults", "--autocreate"]
            program = str(Path(sys.executable).with_name("xandikos"))
            return [program, "serve", "-d", str(self.folder), "--current-user-principal", "/user/", *options]
        users = self.folder.parent / "users"
        users.write_text(f"{USER}:{PASSWORD}\n", encoding="utf-8")
        settings = self.folder.parent / "radicale.conf"
        settings.write_text(
            f"[server]\nhosts = 127.0.0.1:{self.port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\n"
            "htpasswd_encryption = plain\ndelay = 0\n[rights]\ntype = owner_only\n"
            f"[storage]\nfilesystem_folder = {self.folder}\n[logging]\nlevel = warning\n",
            encoding="utf-8",
        )
        return [sys.executable, "-m", "radicale", "--config", str(settings)]

    def _wait(self) -> None:
        give_up = time.monotonic() + _PATIENCE
        while time.monotonic() < give_up:
            assert self.process is not None
            assert self.process.poll() is None, f"{self.name} did not start"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise AssertionError(f"{self.name} does not listen")


@contextmanager
def serving(name: str, folder: Path) -> Iterator[CalDavServer]:
    server = CalDavServer(name, folder / name / "data")
    server.folder.parent.mkdir(parents=True)
    try:
        server.start()
        yield server
    finally:
        server.kill()


class Cut(Enum):
    """Where a connection breaks."""

    NOT = "not"
    BEFORE = "the request does not arrive"
    REPLY_LOST = "the request arrives, its answer does not"
    REPLY_TORN = "half of the answer arrives"


class Proxy:
    """Passes bytes on; `decide` is asked at each request, by its first line, whether to cut, `on_cut` told of it."""

    def __init__(self, server: CalDavServer) -> None:
        self._server = server
        self.decide: Callable[[str], Cut] = lambda line: Cut.NOT
        self.on_cut: Callable[[], None] = lambda: None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as listening:
            self.port = listening.sockets[0].getsockname()[1]
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there: asyncio.StreamWriter | None = None
        try:
            answers, there = await asyncio.open_connection("127.0.0.1", self._server.port)
            link = _Link(self, there, writer)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(link.requests(reader))
                tasks.create_task(link.answers(answers))
        except (OSError, ExceptionGroup):
            pass
        finally:
            for end in (writer, there):
                if end is not None:
                    end.transport.abort()


class _Broken(Exception):
    pass


class _Link:
    def __init__(self, proxy: Proxy, there: asyncio.StreamWriter, here: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._there = there
        self._here = here
        self._cut = Cut.NOT

    async def requests(self, reader: asyncio.StreamReader) -> None:
        while piece := await reader.read(65536):
            if b" HTTP/1.1\r\n" in piece[:2000]:
                self._cut = self._proxy.decide(piece.partition(b"\r\n")[0].decode())
                if self._cut is Cut.BEFORE:
                    self._broken()
            self._there.write(piece)
            await self._there.drain()
        raise _Broken

    async def answers(self, reader: asyncio.StreamReader) -> None:
        while piece := await reader.read(65536):
            if self._cut is Cut.REPLY_TORN:
                self._here.write(piece[: len(piece) // 2])
                await self._here.drain()
            if self._cut is not Cut.NOT:
                self._broken()
            self._here.write(piece)
            await self._here.drain()
        raise _Broken

    def _broken(self) -> None:
        self._proxy.on_cut()
        raise _Broken


class Worker:
    """The program below: synchronises in processes that can be killed."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mcp_servers.caldav_servers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.child = 0

    async def start(self, now: str) -> None:
        await asyncio.to_thread(self._write, json.dumps({"home": str(self._home), "now": now}))
        self.child = int(await asyncio.to_thread(self._line))

    def kill_child(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGKILL)

    async def ended(self) -> int:
        """The status of the child: 0, or -9 when it was killed."""
        return int(await asyncio.to_thread(self._line))

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(_PATIENCE)
        self._process.stdout.close()

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def environment(home: Path, now: str) -> dict[str, str]:
    return {"MODU_HOME": str(home), "MODU_NOW": now, SECRET: PASSWORD}


async def synchronise_home(env: dict[str, str]) -> list[Any]:
    """Every account, with a database of its own."""
    settings = load(env)
    database = open_database(settings)
    try:
        async with database.begin() as connection:
            known = await accounts.listed(connection)
        return [await synchronise(database, one, env, settings.now(), settings.home) for one in known]
    finally:
        await database.close()


def _main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        if not (child := os.fork()):
            try:
                asyncio.run(synchronise_home(environment(Path(asked["home"]), asked["now"])))
                os._exit(0)
            finally:
                os._exit(1)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    import caldav.aio  # noqa: F401

    _main()
