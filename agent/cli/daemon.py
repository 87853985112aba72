"""`modu daemon`: the resident process, started, stopped, looked at, kept as a service."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.daemon import show, units
from agent.daemon.log import aside
from agent.errors import UsageError, UserError
from agent.text import refusal
from agent.wire.dialing import reach
from agent.wire.frames import PROTOCOL
from agent.wire.home import DaemonFolder, home_folder
from agent.wire.launching import launch
from agent.wire.link import Link
from agent.wire.locks import is_held, signer

_USAGE = """modu daemon start          상주 프로세스를 켭니다 (창이 필요할 때 저절로 켜집니다)
modu daemon stop           끕니다. 하던 일은 10초까지 기다립니다
modu daemon restart        껐다 켭니다
modu daemon status [--json]   상태
modu daemon logs [-f] [-n N]  기록. -f 는 이어서 봅니다
modu daemon install [--print]   로그인할 때 켜지는 서비스로 설치 (--print 는 보여 주기만)
modu daemon uninstall      서비스를 지웁니다
"""
_PATIENCE = 10.0
"""Seconds for running turns."""
_LAST_MOMENT = 1.0
_STUBBORN = 25.0
"""Seconds from there to the end of the process."""
_GLANCE = 0.02
_FOLLOWED = 0.25
"""Seconds between two looks at the log."""
_LINES = 50


def main(arguments: list[str]) -> int:
    match arguments:
        case ["--help" | "-h"] | []:
            sys.stdout.write(_USAGE)
            return 0
        case [("start" | "stop" | "restart" | "uninstall") as name]:
            _SIMPLE[name](DaemonFolder(home_folder()))
            return 0
        case ["status"] | ["status", "--json"]:
            _status(DaemonFolder(home_folder()), as_json=len(arguments) > 1)
            return 0
        case ["install"] | ["install", "--print"]:
            _install(home_folder(), only_print=len(arguments) > 1)
            return 0
        case ["logs", *options]:
            _logs(DaemonFolder(home_folder()).log, *_wanted(options))
            return 0
    raise UsageError(f"읽을 수 없는 명령입니다: daemon {' '.join(arguments)}", hint="modu daemon --help")


def _start(folder: DaemonFolder) -> None:
    folder.make()
    runs = is_held(folder.lock)
    # Whoever asks by hand wants it tried again.
    folder.gave_up.unlink(missing_ok=True)
    launch(folder.home)[0].close()
    _say(f"상주 프로세스가 {'이미 실행 중입니다' if runs else '실행 중입니다'} (PID {signer(folder.lock)}).")


def _stop(folder: DaemonFolder) -> None:
    if not is_held(folder.lock):
        _say("상주 프로세스가 실행되고 있지 않습니다.")
        return
    if not (_asked_to_end(folder) and _ended(folder, _PATIENCE + _STUBBORN)):
        _terminate(folder)
    _say("상주 프로세스를 껐습니다.")


def _asked_to_end(folder: DaemonFolder) -> bool:
    try:
        _link(folder)[0].call("daemon.stop", patience=_PATIENCE)
    except UserError:
        return False
    return True


def _terminate(folder: DaemonFolder) -> None:
    """For one that does not listen, or has ended while it was asked to."""
    pid = signer(folder.lock)
    if pid and is_held(folder.lock):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)
    if not _ended(folder, _STUBBORN):
        raise UserError(f"상주 프로세스가 끝나지 않습니다 (PID {pid}).", hint=f"kill -9 {pid}")


def _ended(folder: DaemonFolder, seconds: float) -> bool:
    """Its lock is free when the process is gone, until another one holds it."""
    until, before = time.monotonic() + seconds, signer(folder.lock)
    while is_held(folder.lock) and signer(folder.lock) == before:
        if time.monotonic() > until:
            return False
        time.sleep(_GLANCE)
    _wait_for_its_last_moment(before)
    return True


def _wait_for_its_last_moment(pid: int | None) -> None:
    """The system lets go of the lock shortly before the process is gone; one that nobody buries stays as a zombie."""
    if sys.platform == "win32":
        # There, signal 0 is Ctrl+C.
        return
    until = time.monotonic() + _LAST_MOMENT
    with suppress(ProcessLookupError, PermissionError):
        while pid and time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(_GLANCE)


def _restart(folder: DaemonFolder) -> None:
    _stop(folder)
    _start(folder)


def _status(folder: DaemonFolder, as_json: bool) -> None:
    link, transport = _link(folder)
    status = dict(link.call("daemon.status"))
    status |= {"build": link.peer.get("build", ""), "transport": transport, "log": str(folder.log)}
    watcher = signer(folder.lock)
    status["supervisor"] = watcher if watcher != status.get("pid") else None
    link.close()
    if as_json:
        sys.stdout.write(json.dumps(status, ensure_ascii=False) + "\n")
        return
    sys.stdout.write("".join(f"{line}\n" for line in show.status_lines(status)))


def _link(folder: DaemonFolder) -> tuple[Link, str]:
    """To the process that runs, and over what. Raises `UserError` if none does."""

    def dial() -> tuple[socket.socket, dict[str, Any]]:
        try:
            return reach(folder.home)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise UserError(
                "상주 프로세스가 실행되고 있지 않습니다.", hint="modu daemon start 로 켤 수 있습니다."
            ) from error
        except OSError as error:
            raise UserError(f"상주 프로세스에 연결할 수 없습니다: {refusal(error)}") from error

    # Without a build: looking at an older process, or ending it, is no reason for it to give way.
    link = Link(dial, {"modu": PROTOCOL, "cwd": str(folder.home), "options": {}, "env": {}})
    link.greet()
    return link, "127.0.0.1" if folder.port.exists() else "유닉스 소켓"


def _install(home: Path, only_print: bool) -> None:
    if only_print:
        sys.stdout.write(units.text(home))
        return
    _say(units.install(home))


def _uninstall(_folder: DaemonFolder) -> None:
    _say(units.uninstall())


def _wanted(options: list[str]) -> tuple[int, bool]:
    """Number of lines, and whether to follow."""
    match [option for option in options if option != "-f"]:
        case []:
            return _LINES, "-f" in options
        case ["-n", number] if number.isdecimal():
            return int(number), "-f" in options
    raise UsageError(f"읽을 수 없는 옵션입니다: {' '.join(options)}", hint="modu daemon logs [-f] [-n N]")


def _logs(path: Path, count: int, follow: bool) -> None:
    try:
        _tail(path, count, follow)
    except FileNotFoundError as error:
        raise UserError("아직 기록이 없습니다.", hint=str(path)) from error
    except PermissionError as error:
        raise UserError(f"기록을 읽을 수 없습니다: {refusal(error)} ({path})") from error


def _tail(path: Path, count: int, follow: bool) -> None:
    before = aside(path, 1)
    lines = before.read_text(encoding="utf-8", errors="replace").splitlines() if before.exists() else []
    file = path.open(encoding="utf-8", errors="replace")
    lines += file.readlines()
    for line in lines[-count:] if count else ():
        _show(line)
    while follow:
        if line := file.readline():
            _show(line)
        elif path.exists() and not os.path.samestat(path.stat(), os.fstat(file.fileno())):
            file.close()
            file = path.open(encoding="utf-8", errors="replace")
        else:
            time.sleep(_FOLLOWED)
    file.close()


def _show(line: str) -> None:
    sys.stdout.write(show.log_line(line) + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


_SIMPLE: dict[str, Callable[[DaemonFolder], None]] = {
    "start": _start,
    "stop": _stop,
    "restart": _restart,
    "uninstall": _uninstall,
}
