"""Where faces come in: a Unix socket that only this user reaches, else loopback with a token."""

import json
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import IO

from agent.daemon.log import Log
from agent.text import refusal
from agent.wire.home import DaemonFolder, make_private

_BACKLOG = 128
_TOKEN_BYTES = 32


def listen(folder: DaemonFolder, lock: IO[bytes], log: Log) -> socket.socket:
    """Only for the process that holds the lock: whatever lies at the addresses is stale. Raises `OSError`."""
    forget(folder, lock)
    if hasattr(socket, "AF_UNIX") and os.environ.get("MODU_DAEMON_TRANSPORT") != "tcp":
        try:
            return _unix(folder.socket)
        except OSError as error:
            log.note(f"유닉스 소켓을 만들 수 없습니다: {refusal(error)}", "WARNING")
    made = _loopback(folder.port)
    log.note("유닉스 소켓 대신 127.0.0.1 과 토큰으로 연결을 받습니다", "WARNING")
    return made


def forget(folder: DaemonFolder, lock: IO[bytes]) -> None:
    """Remove the addresses, so that no face finds them any more; unless they are another process's by now."""
    if _is_ours(folder, lock):
        with suppress(OSError):
            folder.socket.unlink()
        with suppress(OSError):
            folder.port.unlink()


def can_be_found(folder: DaemonFolder, lock: IO[bytes]) -> bool:
    """False if somebody has removed the address, or the whole folder, from under the process that holds the lock."""
    with suppress(OSError):
        return _is_ours(folder, lock) and (folder.socket.exists() or folder.port.exists())
    return False


def _is_ours(folder: DaemonFolder, lock: IO[bytes]) -> bool:
    """The folder may have been removed and made again, with another lock in it."""
    try:
        return os.path.samestat(folder.lock.stat(), os.fstat(lock.fileno()))
    except OSError:
        return False


def token(folder: DaemonFolder, listener: socket.socket) -> str | None:
    """What a face must say to be let in; None where the system keeps others away."""
    if listener.family != socket.AF_INET:
        return None
    said: str = json.loads(folder.port.read_text(encoding="ascii"))["token"]
    return said


def _unix(path: Path) -> socket.socket:
    make_private(path.parent)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        made.bind(os.fspath(path))
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    finally:
        os.umask(before)
    return made


def _loopback(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.bind(("127.0.0.1", 0))
        made.listen(_BACKLOG)
        _write_private(path, json.dumps({"port": made.getsockname()[1], "token": os.urandom(_TOKEN_BYTES).hex()}))
    except OSError:
        made.close()
        raise
    return made


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all."""
    draft = path.with_suffix(".draft")
    with suppress(FileNotFoundError):
        draft.unlink()
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(text)
    draft.replace(path)
