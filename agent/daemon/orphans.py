"""What a dead worker leaves behind: tool servers, commands and whatever those have started."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""
_PATIENCE = 0.5
"""Seconds for those who are asked to end."""
_AT_MOST = 5.0
"""Seconds for the system to end those who were killed."""
_GLANCE = 0.01


def adopt() -> bool:
    """Become the parent of all whose parent dies, however far down. False where the system cannot do that."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)


def sweep(worker: int) -> int:
    """End all that the worker, which led a process group and is dead, has left; returns how many there were."""
    found: set[int] = set()
    for by, patience in ((signal.SIGTERM, _PATIENCE), (signal.SIGKILL, _AT_MOST)):
        told: set[int] = set()
        until = time.monotonic() + patience
        while left := _left(worker):
            found |= left.keys()
            for pid in left.keys() - told:
                _tell(pid, left[pid], by)
            told |= left.keys()
            if time.monotonic() > until:
                break
            time.sleep(_GLANCE)
    return len(found)


def _left(worker: int) -> dict[int, int]:
    """Each process that is left, with its group."""
    if sys.platform.startswith("linux"):
        return _children() if _reap() else {}
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(worker, 0)
        return {worker: worker}
    return {}


def _reap() -> bool:
    """Take leave of children that have ended; whether there are others."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    return False


def _children() -> dict[int, int]:
    """Of this process, with their groups (proc(5))."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                state, parent, group = (entry / "stat").read_bytes().rpartition(b")")[2].split()[:3]
                if int(parent) == os.getpid() and state not in b"ZX":
                    found[int(entry.name)] = int(group)
    return found


def _tell(pid: int, group: int, by: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if group == os.getpgrp():
            os.kill(pid, by)
        else:
            os.killpg(group, by)
