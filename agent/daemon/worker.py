"""The worker: serves the faces of a home over the socket that it was given, until it is idle, told to, or outdated."""

import asyncio
import faulthandler
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from agent.daemon import orphans, peers, records
from agent.daemon.abandoned import end_abandoned
from agent.daemon.listening import can_be_found, forget, token
from agent.daemon.log import Log
from agent.daemon.words import CLOSING, FOREGROUND, RETIRING
from agent.errors import SettingsError
from agent.wire.build import build
from agent.wire.frames import MAX_LINE
from agent.wire.home import DaemonFolder, home_folder
from agent.wire.locks import sign

if TYPE_CHECKING:
    from agent.host.host import Host

_log = logging.getLogger("agent.daemon.worker")
_PATIENCE = 10.0
"""Seconds for running turns when the process is told to end."""
_RETIREMENT = 600.0
"""Seconds for running turns when a newer build takes over."""
_LAST = 20
"""Seconds from there to the end of the process, whatever hangs."""
_HEAD_START = 5.0
"""Seconds for the turns that a crash cut, before new faces are let in."""
_USUAL_IDLE = 30.0
"""Minutes, where the settings cannot be read."""


class Worker:
    """`run` once."""

    def __init__(
        self, folder: DaemonFolder, listener: socket.socket, lock: IO[bytes], control: socket.socket | None
    ) -> None:
        self._folder = folder
        self._listener = listener
        self._lock = lock
        self._control = control
        """To the process that watches; None where there is none."""
        self._adopts = False
        self._token = token(folder, listener)
        self._build = build()
        self._connections: set[asyncio.Task[None]] = set()
        self._ends: asyncio.Queue[float] = asyncio.Queue()
        """Each time somebody wants the end: the patience with running turns."""
        self._leaving = False

    async def run(self) -> None:
        """Raises what keeps the host from being loaded."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_note)
        self._host: asyncio.Future[Host] = loop.create_future()
        self._server = await asyncio.start_server(self._accept, sock=self._listener, limit=MAX_LINE)
        self._heed(loop)
        living = loop.create_task(self._live())
        end = loop.create_task(self._ends.get())
        await asyncio.wait({living, end}, return_when=asyncio.FIRST_COMPLETED)
        if living.done():
            living.result()
        living.cancel()
        await self._end(await end)

    def _heed(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._control:
            loop.add_reader(self._control, self._hear)
        if sys.platform != "win32":
            loop.add_signal_handler(signal.SIGHUP, self._look)
            loop.add_signal_handler(signal.SIGTERM, self._leave, _PATIENCE)
            loop.add_signal_handler(signal.SIGINT, self._leave, _PATIENCE)

    def _hear(self) -> None:
        """The process that watches says nothing; after its death this one does without, as far as it can."""
        if self._control is None:
            return
        with suppress(OSError):
            if self._control.recv(64):
                return
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        self._control = None
        self._adopts = orphans.adopt()
        if not self._leaving:
            _log.warning("감시 프로세스가 죽어서 혼자 계속합니다")
            with suppress(OSError):
                sign(self._lock)

    async def _live(self) -> None:
        """In the order in which a first request needs things; faces are let in before anything is loaded."""
        gc.disable()
        made = await asyncio.to_thread(_host)
        host = made(self._folder.home, self._token)
        host.on_stop = self._leave
        host.on_stale = self._retire
        recovering = asyncio.get_running_loop().create_task(_attempt(host.recover(), "recover"))
        # A face that comes back finds its turn going on, and none is kept waiting for long.
        await asyncio.wait([recovering], timeout=_HEAD_START)
        self._host.set_result(host)
        await asyncio.gather(recovering, _warm(host), self._until_idle(host))
        self._leave(0)

    async def _until_idle(self, host: "Host") -> None:
        limit = 60 * await asyncio.to_thread(_idle_minutes)
        while (rest := limit - host.idle_seconds) > 0:
            await asyncio.sleep(rest)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.get_running_loop().create_task(self._serve(reader, writer), name="connection")
        self._connections.add(connection)
        connection.add_done_callback(self._served)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("socket")
        try:
            if not peers.is_own(peer):
                _log.warning("사용자 %s 의 연결을 거절했습니다", peers.user(peer))
                return
            await asyncio.wait([self._host])
            if not self._leaving:
                await self._host.result().serve(reader, writer)
        finally:
            writer.close()

    def _served(self, connection: "asyncio.Task[None]") -> None:
        self._connections.discard(connection)
        _report(connection)

    def _retire(self) -> None:
        """Another build on the disk gets this one's place; what only looks different does not."""
        if build() != self._build:
            self._leave(_RETIREMENT, RETIRING)

    def _look(self) -> None:
        """Somebody says that this process cannot be found."""
        if not self._leaving and not can_be_found(self._folder, self._lock):
            _log.warning("주소가 지워져서 새 프로세스에 자리를 내줍니다")
            self._leave(_RETIREMENT, RETIRING)

    def _leave(self, patience: float, word: bytes = CLOSING) -> None:
        """Take no more faces from this instant on, and end."""
        if not self._leaving:
            self._leaving = True
            self._server.close()
            if self._control:
                with suppress(OSError):
                    self._control.send(word)
            else:
                forget(self._folder, self._lock)
            if word == RETIRING:
                self._lock.close()
        self._ends.put_nowait(patience)

    async def _end(self, patience: float) -> None:
        loaded = self._host.done()
        if loaded:
            await self._finish(self._host.result(), patience)
        if sys.platform != "win32":
            signal.alarm(_LAST)
        if loaded:
            await _attempt(self._host.result().close(), "close")
        for connection in self._connections:
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        if self._adopts:
            orphans.sweep(os.getpid())

    async def _finish(self, host: "Host", patience: float) -> None:
        """Let running turns end; who wants the end in the meantime may have less patience."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        finishing = loop.create_task(host.finish(patience), name="finish")
        while not finishing.done() and (rest := until - loop.time()) > 0:
            wish = loop.create_task(self._ends.get())
            await asyncio.wait({finishing, wish}, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
            if wish.done():
                until = min(until, loop.time() + wish.result())
            wish.cancel()
        await _ended(finishing)


def _host() -> "type[Host]":
    from agent.host.host import Host

    return Host


def _idle_minutes() -> float:
    from agent.settings import load

    try:
        return load({}).daemon_idle
    except SettingsError:
        return _USUAL_IDLE


async def _warm(host: "Host") -> None:
    """What is loaded by then stays, and need not be looked at again and again."""
    if count := await asyncio.to_thread(end_abandoned):
        _log.warning("죽은 프로세스가 남긴 명령 %d개를 끝냈습니다", count)
    try:
        await _attempt(host.warm(), "warm")
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


async def _attempt(work: Coroutine[Any, Any, None], name: str) -> None:
    """A fault of it is noted and hinders nothing else."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    try:
        await asyncio.wait([task])
    finally:
        task.cancel()
    _report(task)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
    _report(task)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (fault := task.exception()):
        _log.error("%s: 잘못이 있었습니다", task.get_name(), exc_info=fault)


def _note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What the loop could give to nobody; its own handler would print the values that were at hand."""
    _log.error("%s", context["message"], exc_info=context.get("exception"))


def work(
    folder: DaemonFolder, listener: socket.socket, lock: IO[bytes], control: socket.socket | None, log: Log
) -> int:
    """To the end of the worker; returns the exit code."""
    records.start(log)
    faulthandler.enable()
    asyncio.run(Worker(folder, listener, lock, control).run())
    return 0


def main(arguments: list[str]) -> int:
    """As the process that watches starts it: with the open files that it shares."""
    shared = [int(one) for one in arguments if one != FOREGROUND]
    for descriptor in shared:
        os.set_inheritable(descriptor, False)
    listener, control = socket.socket(fileno=shared[0]), socket.socket(fileno=shared[2])
    control.setblocking(False)
    folder = DaemonFolder(home_folder())
    log = Log(folder.log)
    log.echoes = FOREGROUND in arguments
    with suppress(OSError):
        log.open()
    if not log.echoes:
        log.carry_output()
    return work(folder, listener, os.fdopen(shared[1], "r+b", buffering=0), control, log)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
