"""The model servers that this home folder has started, each in a file, so that another process finds and stops them."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import StorageError, UserError
from agent.serving.process import identity
from agent.text import refusal

_LONGEST = 80
"""Characters of a file's name; a Hangul syllable takes three bytes of the 255."""


class Entry(BaseModel):
    """One started server."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    """The profile, or the name of the GGUF file."""
    pid: int
    """Also its process group."""
    identity: str
    """Tells it from a later process of the same number."""
    engine: str
    served_name: str
    url: str
    """With `/v1`."""
    log: Path

    @property
    def runs(self) -> bool:
        return identity(self.pid) == self.identity


class Registry:
    """The folder `serve` of the home folder."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def log(self, name: str) -> Path:
        """Where the server of this name writes; the log before the last start is kept beside it."""
        folder = self._folder("logs")
        log = folder / f"serve-{_file_name(name)}.log"
        # Where it cannot be moved the start says why it cannot be written either.
        with contextlib.suppress(OSError):
            log.replace(log.with_suffix(".previous.log"))
        return log

    def get(self, name: str) -> Entry | None:
        """The server of this name, if it runs."""
        return _live(self._path(name))

    def all(self) -> list[Entry]:
        """Those that run, by name."""
        found = (_live(path) for path in sorted(self._folder("serve").glob("*.json")))
        return [entry for entry in found if entry]

    def write(self, entry: Entry) -> None:
        """Write it down, whole or not at all. Raises `StorageError`."""
        path = self._path(entry.name)
        draft = path.with_suffix(f".{os.getpid()}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(entry.model_dump_json())
            draft.replace(path)
        except OSError as error:
            raise _unwritable(self._home, error) from error

    def knows(self, entry: Entry) -> bool:
        """False once another command has stopped it."""
        return _read(self._path(entry.name)) == entry

    def remove(self, entry: Entry) -> None:
        """Forget this server, unless another has taken its name since."""
        if self.knows(entry):
            self._path(entry.name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def starting(self, name: str) -> Iterator[None]:
        """Held from the look whether it runs until it is written down. Raises `UserError` if another one is at it."""
        lock = FileLock(self._folder("serve") / f"{_file_name(name)}.lock", timeout=0, mode=0o600)
        try:
            lock.acquire()
        except Timeout as error:
            raise UserError(
                f"{name} 서버를 다른 명령이 지금 시작하고 있습니다.", hint="modu serve --status 로 지켜보세요."
            ) from error
        except OSError as error:
            raise _unwritable(self._home, error) from error
        try:
            yield
        finally:
            lock.release()

    def _path(self, name: str) -> Path:
        return self._folder("serve") / f"{_file_name(name)}.json"

    def _folder(self, name: str) -> Path:
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._home / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise _unwritable(self._home, error) from error
        return self._home / name


def _unwritable(home: Path, error: OSError) -> StorageError:
    return StorageError(
        f"저장 폴더 {home} 에 쓸 수 없습니다: {refusal(error)}",
        hint="폴더의 권한과 남은 공간을 확인하거나 MODU_HOME 으로 다른 폴더를 정하세요.",
    )


def _live(path: Path) -> Entry | None:
    """The entry if its process runs. The leftover of a crash stays: it could have been replaced meanwhile."""
    entry = _read(path)
    return entry if entry and entry.runs else None


def _read(path: Path) -> Entry | None:
    try:
        return Entry.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _file_name(name: str) -> str:
    """A name that is one file in one folder, and another one for another name."""
    plain = re.sub(r"[^\w.-]", "_", name).lstrip(".")[:_LONGEST]
    if plain == name:
        return name
    return f"{plain}-{hashlib.blake2s(name.encode(), digest_size=4).hexdigest()}"
