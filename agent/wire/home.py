"""Where everything is kept that the program keeps, and the resident process in it."""

import errno
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from agent.errors import StorageError
from agent.text import refusal

_LONGEST_SOCKET = 100
"""Bytes of a socket's path that every system takes: `sun_path` has 104 on macOS, 108 on Linux (unix(7))."""


def home_folder(env: Mapping[str, str] = os.environ) -> Path:
    """`MODU_HOME`, else the platform's data folder."""
    return Path(env.get("MODU_HOME") or _default_home(env)).expanduser().absolute()


def _default_home(env: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        return Path(env.get("LOCALAPPDATA", "~/AppData/Local")) / "modu"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/modu")
    return Path(env.get("XDG_DATA_HOME") or "~/.local/share") / "modu"


class DaemonFolder:
    """The folder `daemon` of a home: lock, address and notes of its resident process, for the user alone."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / "daemon"

    def make(self) -> None:
        """Raises `StorageError` if it cannot be made, or others may enter it."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(self.path)
        except OSError as error:
            raise StorageError(
                f"저장 폴더를 쓸 수 없습니다: {refusal(error)} ({self.path})",
                hint="폴더의 권한과 남은 공간을 확인하거나 MODU_HOME 으로 다른 폴더를 정하세요.",
            ) from error

    @property
    def lock(self) -> Path:
        """Held by the process that listens."""
        return self.path / "lock"

    @property
    def launching(self) -> Path:
        """Held by the face that starts the process."""
        return self.path / "launching"

    @property
    def gave_up(self) -> Path:
        """The build that kept crashing; young, it keeps faces from waiting for the next crash."""
        return self.path / "gave-up"

    @property
    def log(self) -> Path:
        """What the process has to say."""
        return self.home / "logs" / "daemon.log"

    @property
    def port(self) -> Path:
        """Port and token, where the process listens on loopback for want of Unix sockets."""
        return self.path / "port.json"

    @property
    def turns(self) -> Path:
        """One note a running turn, for the process after a crash."""
        return self.path / "turns"

    @property
    def socket(self) -> Path:
        """Depends on the home alone, so that every face of it finds the same.

        Raises `FileNotFoundError` if somebody else has taken its place: a face would greet him with its secrets.
        """
        beside = self.path / "modu.sock"
        if len(os.fsencode(beside)) <= _LONGEST_SOCKET:
            return beside
        # Only for a home with a long name, and hashlib takes 5 ms.
        from hashlib import sha256

        name = sha256(os.fsencode(self.home)).hexdigest()[:16]
        folder = Path(os.sep, "tmp", f"modu-{os.getuid()}-{name}")
        if os.path.lexists(folder) and not _is_mine(folder):
            raise FileNotFoundError(errno.ENOENT, "not a folder of this user", str(folder))
        return folder / "modu.sock"


def make_private(folder: Path) -> None:
    """Make the folder for this user alone, or check that it is. Raises `OSError`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if not _is_mine(folder):
        raise PermissionError(errno.EPERM, "not a folder of this user", str(folder))
    if stat.S_IMODE(folder.lstat().st_mode) & 0o077:
        folder.chmod(0o700)


def _is_mine(folder: Path) -> bool:
    """Also not a link: who may change what it points to could lead us anywhere."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
