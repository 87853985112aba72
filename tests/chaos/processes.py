"""Looks at the processes of a home through /proc, and ends them."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.wire.home import DaemonFolder
from agent.wire.locks import signer

_ACCEPTS = 0x10000
"""A Unix socket that listens (proc(5))."""


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    arguments: str
    folder: str

    def kill(self, by: signal.Signals = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, by)

    @property
    def is_worker(self) -> bool:
        return " agent.daemon.worker " in self.arguments


def processes(folder: Path) -> list[Process]:
    """All that have to do with the folder, by environment, arguments or working folder; not this one."""
    mark = os.fsencode(folder)
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with suppress(OSError, ValueError):
                state, parent = (entry / "stat").read_bytes().rpartition(b")")[2].split()[:2]
                arguments = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                here = os.fsencode(Path(entry / "cwd").readlink())
                if state not in b"ZX" and mark in arguments + b"\n" + here + b"\n" + (entry / "environ").read_bytes():
                    found.append(Process(int(entry.name), int(parent), arguments.decode(), os.fsdecode(here)))
    return found


def workers(folder: Path) -> list[Process]:
    """The oldest first."""
    return sorted((one for one in processes(folder) if one.is_worker), key=lambda one: one.pid)


def supervisor(folder: Path, home: Path) -> Process | None:
    """The process that watches, if it lives."""
    pid = signer(DaemonFolder(home).lock)
    return next((one for one in processes(folder) if one.pid == pid and not one.is_worker), None)


def commands(folder: Path) -> list[Process]:
    """What a tool runs in the folder."""
    return [
        one for one in processes(folder) if one.arguments.startswith(("sleep ", "bash ", "/bin/sh ", "/usr/bin/bash "))
    ]


def listeners(path: Path) -> set[str]:
    """The sockets that accept connections at the path."""
    return {inode for flags, inode, at in _sockets() if at == str(path) and flags & _ACCEPTS}


def _sockets() -> Iterator[tuple[int, str, str]]:
    for line in Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        fields = line.split(None, 7)
        if len(fields) == 8:
            yield int(fields[3], 16), fields[6], fields[7]
