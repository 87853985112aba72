"""Commands of a process that was killed together with the one that watched it: the next one ends them (Linux)."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MARK = b"MODU_COMMAND_OF="
"""In the environment of every command that a tool runs, and of whatever that starts."""


def end_abandoned() -> int:
    """Kill the commands whose process is gone; returns how many there were."""
    count = 0
    for pid, owner in _commands():
        number, _, started = owner.partition("/")
        if started and _started(number) != started:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                count += 1
    return count


def _commands() -> Iterator[tuple[int, str]]:
    """Of this user, each with the process that it belongs to."""
    for entry in Path("/proc").iterdir() if Path("/proc/self/environ").exists() else ():
        if entry.name.isdecimal():
            with suppress(OSError):
                for variable in (entry / "environ").read_bytes().split(b"\0"):
                    if variable.startswith(_MARK):
                        yield int(entry.name), variable.removeprefix(_MARK).decode(errors="replace")


def _started(pid: str) -> str | None:
    """When the process started (proc(5), field 22); None if there is none."""
    try:
        fields = (Path("/proc") / pid / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in b"ZX" else fields[19].decode()
