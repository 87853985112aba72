"""One file replaced in one step: either the old bytes are there or the new ones, never a part."""

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from mcp_servers.code.models import FileChange
from mcp_servers.common.refusal import Refused


@dataclass(frozen=True)
class Rewrite:
    """New bytes for one file, made from the bytes it had when it was read."""

    target: Path
    before: bytes | None
    after: bytes
    change: FileChange

    def apply(self) -> None:
        """Replace the file durably.

        Raises:
            Refused: somebody else changed the file since it was read.
            OSError: nothing was replaced.
        """
        if digest_at(self.target) != digest(self.before):
            raise Refused("그 사이에 파일이 바뀌었습니다. read_file로 다시 읽고 고치세요.", code="conflict")
        self.target.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.target.parent / f".modu-{secrets.token_hex(6)}.tmp"
        try:
            self._write(temporary)
            temporary.replace(self.target)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(self.target.parent)

    def _write(self, temporary: Path) -> None:
        # The plain open applies the umask, as for any new file; an old file lends its own mode.
        with temporary.open("xb") as file:
            file.write(self.after)
            if self.before is not None:
                temporary.chmod(stat.S_IMODE(self.target.stat().st_mode))
            file.flush()
            os.fsync(file.fileno())


def digest(content: bytes | None) -> str | None:
    """The fingerprint of a file's bytes; a missing file has none."""
    return None if content is None else hashlib.sha256(content).hexdigest()


def digest_at(path: Path) -> str | None:
    """The fingerprint of what is on disk now."""
    try:
        return digest(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
