"""The real resident process around a `Host` of a few lines, in a copy of the program whose build a test changes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.wire.dialing import reach
from agent.wire.home import DaemonFolder
from tests.command_line import ROOT

LAUNCH = (
    "from pathlib import Path; from agent.wire.launching import launch; from agent.wire.home import home_folder;"
    "from agent.wire.link import Link\n"
    "link = Link(lambda: launch(home_folder()), {'modu': 1, 'cwd': '/', 'options': {}, 'env': {}})\n"
    "print(link.call('daemon.status')['pid'])"
)
"""What a thin face does."""
_OWN = {"__init__.py", "host", "settings", "__pycache__"}
_SETTINGS = '''"""The one setting that the worker reads."""

import os
from types import SimpleNamespace


def load(given):
    return SimpleNamespace(daemon_idle=float(os.environ.get("MODU_DAEMON_IDLE", 30)))
'''


def until(holds: Callable[[], Any], within: float = 20) -> Any:
    """Wait for the condition; returns what it gave."""
    deadline = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.01)
    return found


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def told(pid: int, by: signal.Signals) -> bool:
    """Send the signal; False if there is no such process any more."""
    with suppress(ProcessLookupError):
        os.kill(pid, by)
        return runs(pid)
    return False


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])


class Face:
    """One connection, without any way back."""

    def __init__(self, home: Path, **greeting: Any) -> None:
        self.socket, extra = reach(home)
        self.socket.settimeout(20)
        self._numbers = 0
        self._lines = self.socket.makefile("rb")
        self.tell({"modu": 1, "cwd": "/", "options": {}, "env": {}} | extra | greeting)

    def tell(self, frame: dict[str, Any]) -> None:
        self.socket.sendall(json.dumps(frame).encode() + b"\n")

    def line(self) -> dict[str, Any] | None:
        """None at the end of the stream."""
        with suppress(ConnectionError):
            if line := self._lines.readline():
                found: dict[str, Any] = json.loads(line)
                return found
        return None

    def ask(self, method: str, **params: Any) -> None:
        self._numbers += 1
        self.tell({"id": self._numbers, "method": method, "params": params})

    def close(self) -> None:
        self._lines.close()
        self.socket.close()


class Program:
    """A home and the copy of the program that serves it. Whatever was started here is dead after `end`."""

    def __init__(self, folder: Path, home: Path | None = None) -> None:
        self.home = home or folder / "home"
        self.folder = DaemonFolder(self.home)
        self.root = folder / "program"
        self._copy()
        self.env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(self.root),
            "MODU_HOME": str(self.home),
        }
        self._faces: list[Face] = []

    def _copy(self) -> None:
        package = self.root / "agent"
        for part in ("host", "settings"):
            (package / part).mkdir(parents=True)
        for entry in (ROOT / "agent").iterdir():
            if entry.name not in _OWN:
                (package / entry.name).symlink_to(entry)
        (package / "__init__.py").write_text((ROOT / "agent" / "__init__.py").read_text("utf-8"), "utf-8")
        (package / "settings" / "__init__.py").write_text(_SETTINGS, "utf-8")
        (package / "host" / "__init__.py").touch()
        shutil.copy(ROOT / "tests" / "agent" / "daemon_host.py", package / "host" / "host.py")

    def upgrade(self) -> None:
        """Another build lies on the disk now."""
        later = (self.root / "agent" / "__init__.py").stat().st_mtime_ns + 1_000_000_000
        os.utime(self.root / "agent" / "__init__.py", ns=(later, later))

    def build(self) -> str:
        return self.python("from agent.wire.build import build; print(build())").stdout.strip()

    def python(self, code: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run a piece of code with the copied program."""
        return subprocess.run(
            [sys.executable, "-P", "-c", code],
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def begin(self, *arguments: str, **env: str) -> "subprocess.Popen[str]":
        """`python -m agent.daemon`, as a face starts it."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "agent.daemon", *arguments],
            env=self.env | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def start(self, **env: str) -> int:
        """Returns the supervisor."""
        with self.begin(**env) as starter:
            said = starter.communicate(timeout=30)[0]
        assert (said, starter.returncode) == ("ready\n", 0)
        return self.supervisor

    def modu(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """`modu daemon …`."""
        code = (
            "import sys\nfrom agent.cli.daemon import main\nfrom agent.errors import UserError\n"
            "try: code = main(sys.argv[1:])\n"
            "except UserError as error: print(error, error.hint); code = error.exit_code\n"
            "sys.exit(code)"
        )
        return subprocess.run(
            [sys.executable, "-P", "-c", code, *arguments],
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def supervisor(self) -> int:
        return int(self.folder.lock.read_text(encoding="ascii"))

    def face(self, **greeting: Any) -> Face:
        """A face that has not read the answer to its greeting yet."""
        self._faces.append(Face(self.home, **greeting))
        return self._faces[-1]

    def ask(self, method: str, **params: Any) -> Any:
        """One request over a connection of its own."""
        face = self.face()
        greeted = face.line()
        assert greeted
        face.ask(method, **params)
        answer = face.line()
        face.close()
        return answer["result"] if answer else None

    @property
    def worker(self) -> int:
        return int(self.ask("daemon.status")["pid"])

    @property
    def log(self) -> str:
        return self.folder.log.read_text(encoding="utf-8")

    @property
    def processes(self) -> list[int]:
        """All that run with this home, but for children that have lost their environment."""
        mark = f"MODU_HOME={self.home}".encode()
        return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal() and mark in _environment(one)]

    def listens(self) -> bool:
        with suppress(OSError):
            reach(self.home)[0].close()
            return True
        return False

    def end(self) -> None:
        for face in self._faces:
            with suppress(OSError):
                face.close()
        while found := [pid for pid in self.processes if runs(pid)]:
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        with suppress(OSError):
            self.folder.socket.unlink()


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def nobody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return True
    return False
