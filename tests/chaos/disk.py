"""A disk that is full: the home lies on a small one of its own where one can be mounted, else files cannot grow."""

import resource
import subprocess
from pathlib import Path

from tests.chaos.processes import processes

_SIZE = "96m"
_GROWN = 4_096
"""Bytes that a file may have where nothing can be mounted."""


class Disk:
    """`fill` and `free` it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        mounting = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=700", "chaos", str(home)]
        self.mounted = subprocess.run(mounting, capture_output=True, check=False).returncode == 0

    def fill(self, room: int) -> None:
        """Leave so many bytes on it."""
        if not self.mounted:
            self.limit()
            return
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(65_536))
            except OSError:
                file.truncate(max(0, file.tell() - room))

    def limit(self) -> None:
        """Let no file of the resident process grow."""
        self._limit(_GROWN)

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)
        self._limit(resource.RLIM_INFINITY)

    def close(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self._home)], capture_output=True, check=False)

    @property
    def _ballast(self) -> Path:
        return self._home / "ballast"

    def _limit(self, size: int) -> None:
        for process in processes(self._home):
            if "agent.daemon" in process.arguments:
                hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))
