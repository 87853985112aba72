"""Reaches the resident process of a home, if it runs."""

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.wire.home import DaemonFolder
from agent.wire.locks import is_held


def reach(home: Path) -> tuple[socket.socket, dict[str, Any]]:
    """Connect to the process that runs, and what the greeting must say to be let in. Raises `OSError` if none does."""
    folder = DaemonFolder(home)
    if hasattr(socket, "AF_UNIX"):
        with suppress(FileNotFoundError, ConnectionRefusedError):
            return _unix(folder.socket), {}
    return _loopback(folder)


def _unix(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.connect(str(path))
    except OSError:
        made.close()
        raise
    return made


def _loopback(folder: DaemonFolder) -> tuple[socket.socket, dict[str, Any]]:
    try:
        known = json.loads(folder.port.read_text(encoding="ascii"))
        if not is_held(folder.lock):
            # A port that was left by a dead process may be anybody's by now.
            raise FileNotFoundError(str(folder.port))
        made = socket.create_connection(("127.0.0.1", int(known["port"])), timeout=5)
    except (ValueError, KeyError) as error:
        raise FileNotFoundError(str(folder.port)) from error
    made.settimeout(None)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made, {"token": known["token"]}
