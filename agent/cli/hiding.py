"""Keeps the request from the other users of the machine, who may read the arguments of every process (proc(5))."""

import os
import sys
from contextlib import suppress

_SHOWN = b"modu"
_START, _END = 48 - 3, 49 - 3
"""Fields `arg_start` and `arg_end` of `/proc/self/stat`, counted behind the name, which may hold anything."""


def hide_arguments() -> None:
    """Overwrite them where the kernel reads them. Elsewhere than on Linux, and where that is forbidden, they stay."""
    if sys.platform != "linux":
        return
    with suppress(OSError, ValueError, IndexError):
        status = os.open("/proc/self/stat", os.O_RDONLY)
        fields = os.read(status, 4096).rpartition(b")")[2].split()
        os.close(status)
        start, end = int(fields[_START]), int(fields[_END])
        memory = os.open("/proc/self/mem", os.O_WRONLY)
        try:
            os.pwrite(memory, _SHOWN[: end - start].ljust(end - start, b"\0"), start)
        finally:
            os.close(memory)
