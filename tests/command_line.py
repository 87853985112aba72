"""The installed program as scripts meet it: real processes in an empty home."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from tests.conftest import NOW
from tests.preloaded import ROOT, Forked, fits

Stream = int | IO[bytes]


@dataclass(frozen=True)
class Ended:
    """What a process left behind."""

    code: int
    out: str
    err: str

    @property
    def object(self) -> dict[str, Any]:
        """The one object of `--json`."""
        [line] = self.out.splitlines()
        found: dict[str, Any] = json.loads(line)
        return found


class _Keyboard(io.StringIO):
    """A terminal where nobody types."""

    def isatty(self) -> bool:
        return True


class CommandLine:
    """`python -m agent` with a home, a working folder and a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.work = folder / "work"
        self.work.mkdir(exist_ok=True)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "MODU_HOME": str(self.home),
            "MODU_NOW": NOW,
            # A resident process for each test would cost more than what most of them test.
            "MODU_NO_DAEMON": "1",
        }

    @contextmanager
    def resident(self) -> Iterator[None]:
        """Requests go through a resident process of this home, which the first one starts."""
        without = self.env.pop("MODU_NO_DAEMON")
        try:
            yield
        finally:
            self.run("daemon", "stop")
            self.env["MODU_NO_DAEMON"] = without

    def run(self, *arguments: str, stdin: bytes = b"", **env: str) -> Ended:
        """Run to the end. Whatever happens, nobody is shown a traceback."""
        process = self.start(*arguments, stdin=subprocess.PIPE, **env)
        out, err = process.communicate(stdin, timeout=60)
        assert b"Traceback" not in out + err, err.decode()
        return Ended(process.returncode, out.decode(), err.decode())

    def start(
        self,
        *arguments: str,
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = subprocess.PIPE,
        stderr: Stream = subprocess.PIPE,
        **env: str,
    ) -> "subprocess.Popen[bytes]":
        """Without a resident process all of the program is loaded: then it is forked from one that has done so."""
        wanted = self.env | env
        popen = Forked if wanted.get("MODU_NO_DAEMON") and fits(wanted) else subprocess.Popen
        return popen(self.command(*arguments), cwd=self.work, env=wanted, stdin=stdin, stdout=stdout, stderr=stderr)

    def command(self, *arguments: str) -> list[str]:
        """For processes that the interpreter starts anew, with `env` and in `work`."""
        return [sys.executable, "-m", "agent", *arguments]

    def enter(self, patch: pytest.MonkeyPatch) -> None:
        """What is called in this process meets the same home and clock, and no resident process."""
        for name in ("MODU_HOME", "MODU_NOW", "MODU_NO_DAEMON"):
            patch.setenv(name, self.env[name])
        patch.setattr(sys, "stdin", _Keyboard())

    def configure(self, text: str) -> None:
        """Write the `config.toml` of the home folder."""
        self.home.mkdir(exist_ok=True)
        (self.home / "config.toml").write_text(text, encoding="utf-8")
