"""The log of the resident process: one JSON object a line, from several processes, in a few files of bounded size.

Without `logging`, which the process that watches would load for ten lines a day.
"""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from agent.wire.home import make_private
from agent.wire.locks import acquire, release

_LARGEST = 1_000_000
"""Bytes of one file."""
_KEPT = 2
"""Files beside the one that is written."""


class Log:
    """A disk that takes no more lines ends nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._carries_output = False
        self.echoes = False
        """Each line also goes to standard error, for a process in the foreground."""

    def open(self) -> None:
        """Raises `OSError`."""
        make_private(self._path.parent)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        old, self._file = self._file, os.fdopen(descriptor, "ab", buffering=0)
        if old:
            old.close()
        if self._carries_output:
            self.carry_output()

    def carry_output(self) -> None:
        """Whatever this process and its libraries print goes here too."""
        if self._file:
            # Standard output last: at its end the face that started this process goes on.
            os.dup2(self._file.fileno(), 2)
            os.dup2(self._file.fileno(), 1)
            self._carries_output = True

    def note(self, message: str, level: str = "INFO", logger: str = "agent.daemon") -> None:
        """Write a line of this process's own."""
        self.write(line(level, logger, message))

    def write(self, text: str) -> None:
        """Write a whole line."""
        written = text.encode(errors="replace")
        with suppress(OSError):
            self._make_room(len(written))
            if self._file:
                self._file.write(written)
        if self.echoes:
            with suppress(OSError):
                os.write(2, written)

    def close(self) -> None:
        if self._file:
            self._file.close()

    def flush(self) -> None:
        """Nothing is held back."""

    def _make_room(self, size: int) -> None:
        if not self._is_current():
            self.open()
        if self._file and os.fstat(self._file.fileno()).st_size + size > _LARGEST:
            self._turn(self._file)

    def _is_current(self) -> bool:
        """False after another process has put the file aside."""
        if self._file is None:
            return False
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False

    def _turn(self, file: IO[bytes]) -> None:
        """Put the file aside, unless another process is doing so."""
        if not acquire(file):
            return
        try:
            if self._is_current():
                for number in range(_KEPT, 0, -1):
                    with suppress(FileNotFoundError):
                        aside(self._path, number - 1).replace(aside(self._path, number))
        finally:
            release(file)
        self.open()


def aside(path: Path, number: int) -> Path:
    """Where the file is kept after it was put aside so many times."""
    return path.with_name(f"{path.name}.{number}") if number else path


def line(level: str, logger: str, message: str, **more: object) -> str:
    """One line of the log."""
    now = time.time()
    when = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.localtime(now))}.{int(now * 1000) % 1000:03}"
    when += time.strftime("%z", time.localtime(now))
    said = {"time": when, "level": level, "logger": logger, "message": message, **more}
    return json.dumps(said, ensure_ascii=False, default=str) + "\n"
