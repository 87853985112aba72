"""Starts the resident process of a home, by one face of many."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from agent.errors import UserError
from agent.text import one_line, refusal
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
    # Its arguments can be read by every user of the machine: they say nothing. Without -P a folder named `agent` in the
    # working folder would be started instead.
    command = [sys.executable, "-P", "-m", "agent.daemon"]
    env = os.environ | {"MODU_HOME": str(home)}
    try:
        said = _last_word(command, env)
    except OSError as error:
        said = refusal(error)
    if said != "ready":
        raise Unreachable(
            f"상주 프로세스를 시작할 수 없습니다: {one_line(said, 300) or '까닭을 말하지 않고 끝났습니다'}",
            hint="modu daemon logs 로 까닭을 보세요.",
        )


if sys.platform == "win32":

    def _last_word(command: list[str], env: Mapping[str, str]) -> str:
        """Here the process that is started is the one that stays."""
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        resident = subprocess.Popen(  # noqa: S603
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, creationflags=flags
        )
        resident.returncode = 0
        return resident.stdout.readline().decode(errors="replace").strip() if resident.stdout else ""

else:

    def _last_word(command: list[str], env: Mapping[str, str]) -> str:
        """The process that is started only starts another; `ready` comes when that one listens."""
        with subprocess.Popen(  # noqa: S603
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as starter:
            try:
                said = starter.communicate(timeout=_PATIENCE)[0]
            except subprocess.TimeoutExpired:
                starter.kill()
                return "응답하지 않습니다"
        return said.decode(errors="replace").strip().rpartition("\n")[2]


@contextmanager
def _alone(path: Path, deadline: float) -> Iterator[None]:
    """Held by one face at a time; the system lets go of it when the face dies."""
    try:
        file = path.open("ab")
    except OSError as error:
        raise Unreachable(
            f"저장 폴더를 쓸 수 없습니다: {refusal(error)} ({path.parent})",
            hint="폴더의 권한과 남은 공간을 확인하세요.",
        ) from error
    with file:
        while not acquire(file):
            if time.monotonic() > deadline:
                raise Unreachable("다른 창이 상주 프로세스를 시작하다 멈췄습니다.", hint="잠시 뒤에 다시 하세요.")
            time.sleep(_GLANCE)
        yield
