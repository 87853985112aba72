"""How a face reaches the sessions: through the resident process, or, where there is none, through a host of its own."""

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from agent.errors import SettingsError, StorageError, UserError
from agent.text import refusal
from agent.wire.build import build
from agent.wire.dialing import reach
from agent.wire.frames import PROTOCOL
from agent.wire.home import home_folder
from agent.wire.link import Link

_NO = {"", "0", "false", "no", "off"}


def alone(asked: bool, env: Mapping[str, str] = os.environ) -> bool:
    """No resident process is wanted: `--no-daemon` or `MODU_NO_DAEMON`."""
    return asked or env.get("MODU_NO_DAEMON", "").casefold() not in _NO


def greeting(options: Mapping[str, Any]) -> dict[str, Any]:
    """Who we are, with the settings of the command line. Raises `SettingsError`."""
    try:
        folder = str(Path.cwd())
    except FileNotFoundError as error:
        raise SettingsError("지금 있는 폴더가 지워졌습니다.", hint="있는 폴더로 옮긴 뒤 다시 하세요.") from error
    return {
        "modu": PROTOCOL,
        "build": build(),
        "face": os.urandom(8).hex(),
        "cwd": folder,
        "options": dict(options),
        "env": dict(os.environ),
    }


class Access:
    """A link for as long as it is entered."""

    def __init__(self, options: Mapping[str, Any], *, by_itself: bool) -> None:
        self.home = home_folder()
        self.alone = alone(by_itself)
        """No resident process is used."""
        self.fault: UserError | None = None
        """Why there is none although it was wanted."""
        self._hosting = False
        self.link = Link(self._dial, greeting(options))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Also ends the host of our own, if there is one."""
        self.link.close()
        if self._hosting:
            from agent.host import inproc

            inproc.stop()
            self._hosting = False

    def _dial(self) -> tuple[socket.socket, dict[str, Any]]:
        if not self.alone:
            try:
                return reached(self.home)
            except UserError as fault:
                self.alone, self.fault = True, fault
                sys.stderr.write(f"알림: 상주 프로세스 없이 이 요청만 따로 처리합니다: {fault}\n")
        # Loaded only here: they bring the whole agent along.
        from agent.cli import logs
        from agent.host import inproc

        logs.start(self.home)
        self._hosting = True
        return inproc.start(self.home), {}


def reached(home: Path) -> tuple[socket.socket, dict[str, Any]]:
    """Connect to the resident process, starting it if need be. Raises `UserError` if it cannot be had."""
    try:
        return reach(home)
    except OSError:
        # Loaded only here: it brings `subprocess` along.
        from agent.wire.launching import launch
    try:
        return launch(home)
    except OSError as error:
        raise StorageError(f"상주 프로세스를 시작할 수 없습니다: {refusal(error)}") from error
