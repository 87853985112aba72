"""Starts the resident process of a home, by one face of many."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from agent.errors import UserError
from agent.text import one_line
from agent.wire.dialing import reach
from agent.wire.home import DaemonFolder
from agent.wire.locks import acquire

_PATIENCE = 20.0
"""Seconds for the process to listen; it does so before it loads anything."""
_GLANCE = 0.02


class Unreachable(UserError):
    """No resident process can be had; the message says why, and the face can do without."""


def launch(home: Path) -> tuple[socket.socket, dict[str, Any]]:
    """Connect, starting the process if need be; of many faces at once one starts it. Raises `Unreachable`."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError):
            return reach(home)
        DaemonFolder(home).make()
        with _alone(DaemonFolder(home).launching, deadline):
            with suppress(OSError):
                return reach(home)
            start(home)
    raise Unreachable("상주 프로세스가 시작되지 않습니다.", hint="modu daemon logs 로 까닭을 보세요.")


def start(home: Path) -> None:
    """Start the process and wait until it listens, or another one does. Raises `Unreachable`."""
    # Its arguments can be read by every user of the machine: they say nothing.
    env = os.environ | {"MODU_HOME": str(home)}
    command = [sys.executable, "-m", "agent.daemon"]
    with subprocess.Popen(  # noqa: S603
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    ) as starter:
        said = starter.communicate()[0].decode(errors="replace").strip()
    if said != "ready":
        raise Unreachable(
            f"상주 프로세스를 시작할 수 없습니다: {one_line(said, 300) or '까닭을 말하지 않고 끝났습니다'}",
            hint="modu daemon logs 로 까닭을 보세요.",
        )


@contextmanager
def _alone(path: Path, deadline: float) -> Iterator[None]:
    """Held by one face at a time; the system lets go of it when the face dies."""
    with path.open("ab") as file:
        while not acquire(file):
            if time.monotonic() > deadline:
                raise Unreachable("다른 창이 상주 프로세스를 시작하다 멈췄습니다.", hint="잠시 뒤에 다시 하세요.")
            time.sleep(_GLANCE)
        yield
