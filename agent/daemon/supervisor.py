"""Watches over the worker: starts it, starts it again after a crash, and sees to it that nothing of it stays behind."""

import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import IO

from agent.daemon import orphans
from agent.daemon.listening import forget
from agent.daemon.log import Log
from agent.daemon.words import FOREGROUND, RETIRING
from agent.wire.build import build
from agent.wire.home import DaemonFolder

_PAUSES = (0.1, 0.5, 2.0, 10.0)
"""Seconds before the worker is started again."""
_MOST_CRASHES = len(_PAUSES) + 1
_WINDOW = 60.0
"""Seconds within which so many crashes are too many."""
_PATIENCE = 15.0
"""Seconds for a worker that was told to end."""


class Supervisor:
    """Holds the lock and the listening socket, which the worker shares: while it is replaced, faces only wait."""

    def __init__(self, folder: DaemonFolder, listener: socket.socket, lock: IO[bytes], log: Log, umask: int) -> None:
        self._folder = folder
        self._listener = listener
        self._lock = lock
        self._log = log
        self._umask = umask
        """Of the user. The worker makes files in the user's projects, so it gets this one."""
        self._told = 0
        """How often it was told to end."""
        self._left = False
        self._worker = 0
        self._bell, self._ringer = os.pipe()

    def run(self) -> int:
        """Until the worker has ended by itself, was told to end, or crashes too often. Returns the exit code."""
        self._heed()
        orphans.adopt()
        crashes: list[float] = []
        while status := self._live():
            self._log.note(f"작업 프로세스가 죽었습니다 ({_end(status)})", "ERROR")
            if self._left:
                break
            crashes = [when for when in crashes if time.monotonic() - when < _WINDOW] + [time.monotonic()]
            if len(crashes) == _MOST_CRASHES:
                self._give_up()
                return 1
            self._pause(_PAUSES[len(crashes) - 1])
            if self._told:
                break
        self._leave()
        self._log.note("상주 프로세스를 마칩니다")
        return 0

    def _heed(self) -> None:
        os.set_blocking(self._ringer, False)
        signal.set_wakeup_fd(self._ringer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _only_wake)
        signal.signal(signal.SIGHUP, self._pass_on)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._be_told)

    def _be_told(self, number: int, frame: FrameType | None) -> None:
        self._told += 1

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        """Nobody's terminal was closed: somebody cannot find the worker, who shall look to it."""
        if self._worker:
            with suppress(ProcessLookupError):
                os.kill(self._worker, number)

    def _live(self) -> int:
        """One life of a worker; returns its exit status."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours:
            with theirs:
                try:
                    worker = self._spawn(theirs)
                except OSError as error:
                    self._log.note(f"작업 프로세스를 시작할 수 없습니다: {error.strerror}", "ERROR")
                    return 127
            status = self._watch(worker, ours)
            self._worker = 0
        if count := orphans.sweep(worker):
            self._log.note(f"작업 프로세스가 남긴 프로세스 {count}개를 끝냈습니다", "WARNING")
        return status

    def _spawn(self, control: socket.socket) -> int:
        shared = [self._listener.fileno(), self._lock.fileno(), control.fileno()]
        for descriptor in shared:
            os.set_inheritable(descriptor, True)
        # Its arguments can be read by every user of the machine: they say nothing.
        command = [sys.executable, "-P", "-m", "agent.daemon.worker", *map(str, shared)]
        if self._log.echoes:
            command.append(FOREGROUND)
        # A relative home was meant from another folder; who is watched by a service manager is not the worker.
        env = os.environ | {"MODU_HOME": str(self._folder.home)}
        env.pop("NOTIFY_SOCKET", None)
        own = os.umask(self._umask)
        # The worker is deaf to it until it listens.
        heed = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            self._worker = os.posix_spawn(sys.executable, command, env, setpgroup=0)
        finally:
            os.umask(own)
            signal.signal(signal.SIGHUP, heed)
        self._log.note(f"작업 프로세스를 시작했습니다 (PID {self._worker})")
        return self._worker

    def _watch(self, worker: int, control: socket.socket) -> int:
        """Until the worker has ended."""
        heard: list[socket.socket] = [control]
        until: float | None = None
        while (status := _status(worker)) is None:
            if self._told and until is None:
                self._leave()
                until = time.monotonic() + _PATIENCE
                os.kill(worker, signal.SIGTERM)
            elif until and (time.monotonic() > until or self._told > 1):
                os.kill(worker, signal.SIGKILL)
            if self._wait(heard, until) and not self._hear(control):
                heard = []
        while heard and self._hear(control):
            pass
        return status

    def _wait(self, heard: list[socket.socket], until: float | None) -> bool:
        """Until something happens, or that time; returns whether the worker has something to say."""
        rest = None if until is None else max(0.0, until - time.monotonic())
        ready, _, _ = select.select([self._bell, *(one.fileno() for one in heard)], [], [], rest)
        if self._bell in ready:
            os.read(self._bell, 4096)
        return bool({*ready} - {self._bell})

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._told and time.monotonic() < until:
            self._wait([], until)

    def _hear(self, control: socket.socket) -> bool:
        """Take a word of the worker; False if there will be no more."""
        with suppress(OSError):
            if said := control.recv(64):
                self._leave()
                if RETIRING in said:
                    self._log.note("새 판에 자리를 내줍니다")
                    self._lock.close()
                return True
        return False

    def _leave(self) -> None:
        """Take no more faces, once: later the addresses may be those of another process."""
        if not self._left:
            self._left = True
            forget(self._folder, self._lock)
            self._listener.close()

    def _give_up(self) -> None:
        self._log.note(
            f"작업 프로세스가 {_WINDOW:.0f}초 안에 {_MOST_CRASHES}번 죽어서 상주 프로세스를 마칩니다", "CRITICAL"
        )
        with suppress(OSError):
            self._folder.gave_up.write_text(build(), encoding="utf-8")
        self._leave()


def _only_wake(number: int, frame: FrameType | None) -> None:
    """The main loop looks for itself what has happened."""


def _status(worker: int) -> int | None:
    """How the worker ended, if it has; others that ended were left to us, and are taken leave of."""
    found = None
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == worker:
                found = os.waitstatus_to_exitcode(status)
    return found


def _end(status: int) -> str:
    if status < 0:
        name = next((one.name for one in signal.Signals if one == -status), str(-status))
        return f"신호 {name}"
    return f"종료 코드 {status}"
