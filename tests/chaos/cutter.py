"""Stands between a reader and the resident process, and cuts the connection in the middle of a line."""

import random
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.errors import UserError
from agent.wire.dialing import reach
from agent.wire.launching import launch


class Cutter:
    """`dial` for a reader. Its connections are lost after `ration` bytes, if that is set, and by `cut`."""

    def __init__(self, home: Path, chance: random.Random) -> None:
        self.cuts = 0
        """Connections that were cut."""
        self.dials = 0
        self._home = home
        self._chance = chance
        self._left: int | None = None
        self._open: set[_Pipe] = set()
        self._lock = threading.Lock()
        self._closed = False

    def dial(self) -> tuple[socket.socket, dict[str, Any]]:
        """For a face that has something to ask: starts the process if it does not run."""
        return self._made(launch)

    def look(self) -> tuple[socket.socket, dict[str, Any]]:
        """For one that only watches."""
        return self._made(reach)

    def _made(
        self, connect: Callable[[Path], tuple[socket.socket, dict[str, Any]]]
    ) -> tuple[socket.socket, dict[str, Any]]:
        if self._closed:
            raise UserError("the campaign is over")
        far, extra = connect(self._home)
        near, end = socket.socketpair()
        pipe = _Pipe(self, end, far, self._chance.randint(1, 9_000))
        with self._lock:
            self.dials += 1
            self._open.add(pipe)
        pipe.start()
        return near, extra

    def ration(self, size: int) -> None:
        """Cut when so many more bytes have come."""
        with self._lock:
            self._left = size

    def cut(self) -> None:
        with self._lock:
            open_now = list(self._open)
        for pipe in open_now:
            self.cuts += 1
            pipe.end()

    def refuse(self) -> None:
        """Connect no more."""
        self._closed = True

    def close(self) -> None:
        self.refuse()
        self.cut()
        while self._open:
            next(iter(self._open)).join()

    def granted(self, piece: bytes) -> bytes:
        """What of the piece may still pass."""
        with self._lock:
            if self._left is None:
                return piece
            allowed = piece[: self._left]
            self._left -= len(allowed)
            return allowed

    def spent(self) -> bool:
        """Whether the connection is to be cut now; once."""
        with self._lock:
            if self._left == 0:
                self._left = None
                self.cuts += 1
                return True
            return False

    def gone(self, pipe: "_Pipe") -> None:
        with self._lock:
            self._open.discard(pipe)


class _Pipe:
    """One connection: two threads that carry bytes."""

    def __init__(self, owner: Cutter, near: socket.socket, far: socket.socket, piece: int) -> None:
        self._owner = owner
        self._ends = (near, far)
        self._piece = piece
        """Bytes at a time, so that lines arrive in parts."""
        self._up = threading.Thread(target=self._carry, args=(near, far, False), daemon=True)
        self._down = threading.Thread(target=self._carry, args=(far, near, True), daemon=True)

    def start(self) -> None:
        self._up.start()
        self._down.start()

    def join(self) -> None:
        self._up.join()
        self._down.join()

    def end(self) -> None:
        for one in self._ends:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _carry(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(self._piece):
                target.sendall(self._owner.granted(piece) if counted else piece)
                if counted and self._owner.spent():
                    break
        self.end()
        if counted:
            self._up.join()
            for one in self._ends:
                one.close()
            self._owner.gone(self)
