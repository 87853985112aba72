"""`python -m agent.daemon`: becomes the resident process of `MODU_HOME`, or says why not."""

import os
import signal
import sys
import time
from contextlib import suppress
from typing import IO

from agent.daemon import background
from agent.daemon.listening import listen
from agent.daemon.log import Log
from agent.daemon.supervisor import Supervisor
from agent.daemon.words import FOREGROUND
from agent.errors import StorageError, UserError
from agent.text import refusal
from agent.wire.build import build
from agent.wire.dialing import reach
from agent.wire.home import DaemonFolder, home_folder
from agent.wire.locks import acquire, sign, signer

_PATIENCE = 15.0
"""Seconds for another process to listen, or to end."""
_DOUBT = 1.0
"""Seconds after which it is no longer likely that the other process is just starting, or ending."""
_GLANCE = 0.02
_GRUDGE = 300.0
"""Seconds for which a build that kept crashing is not tried again, unless somebody asks for it."""


def main(arguments: list[str]) -> int:
    foreground = arguments == [FOREGROUND]
    umask = os.umask(0o077)
    if hasattr(signal, "SIGHUP"):
        # Until there is something to be looked for.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder = DaemonFolder(home_folder())
    try:
        folder.make()
        if not foreground and _gave_up(folder):
            background.say("조금 전에 작업 프로세스가 잇달아 죽어서 그만두었습니다")
            return 1
        lock = _locked(folder)
        if lock is None:
            background.notify("READY=1\nSTATUS=다른 상주 프로세스가 이미 있습니다")
            background.say("ready")
            return 0
        return _begin(folder, lock, umask, foreground)
    except UserError as error:
        background.say(str(error))
    except OSError as error:
        background.say(f"저장 폴더를 쓸 수 없습니다: {refusal(error)} ({folder.path})")
    return 1


def _gave_up(folder: DaemonFolder) -> bool:
    try:
        young = time.time() - folder.gave_up.stat().st_mtime < _GRUDGE
        return young and folder.gave_up.read_text(encoding="utf-8") == build()
    except FileNotFoundError:
        return False


def _locked(folder: DaemonFolder) -> IO[bytes] | None:
    """None if another process holds the lock and listens. Raises `StorageError` if it holds it and does not."""
    file = os.fdopen(os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
    until = time.monotonic() + _PATIENCE
    alarm = time.monotonic() + _DOUBT
    while not acquire(file):
        with suppress(OSError):
            reach(folder.home)[0].close()
            return None
        if time.monotonic() > until:
            raise StorageError("다른 상주 프로세스가 끝나지도 응답하지도 않습니다")
        if time.monotonic() > alarm:
            _wake(folder)
            alarm += _DOUBT
        time.sleep(_GLANCE)
    return file


def _wake(folder: DaemonFolder) -> None:
    """Let the process that holds the lock look whether it can be found; if not, it gives way."""
    holder = signer(folder.lock)
    if holder and hasattr(signal, "SIGHUP"):
        with suppress(OSError):
            os.kill(holder, signal.SIGHUP)


def _begin(folder: DaemonFolder, lock: IO[bytes], umask: int, foreground: bool) -> int:
    log = Log(folder.log)
    log.open()
    sign(lock)
    listener = listen(folder, lock, log)
    if hasattr(os, "fork") and not foreground:
        background.detach()
        sign(lock)
    background.settle()
    log.note(f"상주 프로세스를 시작합니다 ({build()})")
    background.notify("READY=1")
    background.say("ready")
    if foreground:
        log.echoes = True
    else:
        log.carry_output()
    if hasattr(os, "fork"):
        return Supervisor(folder, listener, lock, log, umask).run()
    # Without a process that watches: after a crash the next face starts another.
    from agent.daemon.worker import work

    os.umask(umask)
    return work(folder, listener, lock, None, log)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
