"""The host in the process of a face that does without the resident one, in a thread and over a socket pair."""

import asyncio
import gc
import socket
import threading
from pathlib import Path

from agent.host.host import Host
from agent.wire.frames import MAX_LINE


class _Thread(threading.Thread):
    def __init__(self, home: Path, end: socket.socket) -> None:
        # A daemon thread: what hangs must not keep the process that wants to end.
        super().__init__(name="host", daemon=True)
        self._home = home
        self._end = end

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        # What is loaded stays: to look through it again and again would take a fifth of the time.
        gc.disable()
        asyncio.get_running_loop().call_later(_LOADING, _collect_again)
        host = Host(self._home)
        asyncio.get_running_loop().call_later(_LOADING, host.remind)
        reader, writer = await asyncio.open_connection(sock=self._end, limit=MAX_LINE)
        try:
            await host.serve(reader, writer)
        finally:
            await host.close()


def _collect_again() -> None:
    gc.freeze()
    gc.enable()


_LOADING = 10.0
"""Seconds by which everything has been loaded."""
_threads: list[_Thread] = []
_PATIENCE = 20.0
"""Seconds for running turns to be cancelled and servers to be left."""


def start(home: Path) -> socket.socket:
    """The face's end of a pair whose other end is served."""
    face, end = socket.socketpair()
    thread = _Thread(home, end)
    _threads.append(thread)
    thread.start()
    return face


def stop() -> None:
    """After the face has closed its end: everything is closed, turns that ran are cancelled."""
    while _threads:
        _threads.pop().join(_PATIENCE)
