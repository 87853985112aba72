"""Out of the terminal, or in the foreground under a service manager."""

import os
import socket
from contextlib import suppress


def detach() -> None:
    """Go on as a process that no terminal and no session can end; the one that was started is gone."""
    if os.fork():
        os._exit(0)
    os.setsid()
    # Not the leader of its session, so that it can never get a terminal.
    if os.fork():
        os._exit(0)


def settle() -> None:
    """Hold no folder, so that it can be unmounted, and read nothing."""
    os.chdir(os.sep)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)


def say(text: str) -> None:
    """To whoever started this process, if he still listens."""
    with suppress(OSError):
        os.write(1, f"{text}\n".encode())


def notify(state: str) -> None:
    """Tell systemd, if it started this process (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.connect("\0" + address[1:] if address.startswith("@") else address)
        manager.send(state.encode())
