"""A file that one process at a time holds; the system lets go of it when the process and its children have died."""

import os
import sys
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def acquire(file: IO[bytes]) -> bool:
        """False if another process holds it."""
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def release(file: IO[bytes]) -> None:
        """Also for the children that share the open file."""
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def acquire(file: IO[bytes]) -> bool:
        """False if another process holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(file: IO[bytes]) -> None:
        """Also for the children that share the open file."""
        fcntl.flock(file, fcntl.LOCK_UN)


def sign(file: IO[bytes]) -> None:
    """Leave the number of this process in a file that it holds and that is not open for appending. Raises `OSError`."""
    file.seek(0)
    # Always as long, so that nobody ever reads a part of it.
    file.write(b"%-20d" % os.getpid())


def signer(path: Path) -> int | None:
    """The process that signed last; it holds the file no longer if it is dead."""
    try:
        return int(path.read_bytes())
    except (OSError, ValueError):
        return None


def is_held(path: Path) -> bool:
    """Whether a process holds the file at this moment, as far as this user may know."""
    try:
        file = path.open("r+b")
    except OSError:
        return False
    with file:
        return not acquire(file)
