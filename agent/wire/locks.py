"""A file that one process at a time holds; the system lets go of it when the process and its children have died."""

import sys
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    def acquire(file: BinaryIO) -> bool:
        """False if another process holds it."""
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def acquire(file: BinaryIO) -> bool:
        """False if another process holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
