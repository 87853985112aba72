"""The one folder whose files a server may touch."""

import unicodedata
from difflib import get_close_matches
from pathlib import Path

from mcp_servers.common.refusal import Refused

_GUARDED = {".git", ".modu"}
MAX_FILE_BYTES = 10 * 1024 * 1024


class Workspace:
    """Turns the paths a model writes into real paths inside the folder, or refuses them."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root.resolve()
        self._home = home.resolve()

    def inside(self, path: str) -> Path:
        """The real path behind every symlink; it need not exist.

        Raises:
            Refused: it lies outside the workspace.
        """
        if path.partition("/")[0] == "~":
            raise Refused(f"작업 폴더 밖의 경로입니다: {path}. 작업 폴더 안의 상대 경로로 쓰세요.", code="forbidden")
        unreadable = Refused(f"경로를 읽을 수 없습니다: {path!r}. 작업 폴더 기준 상대 경로로 쓰세요.")
        try:
            real = self._spelled(path).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise unreadable from error
        if any(part.is_symlink() for part in (real, *real.parents)):
            # From Python 3.13 on a loop of links is left as it is.
            raise unreadable
        if not real.is_relative_to(self.root):
            raise Refused(f"작업 폴더 밖의 경로입니다: {path}. 작업 폴더 안의 상대 경로로 쓰세요.", code="forbidden")
        return real

    def existing(self, path: str) -> Path:
        """A file or folder that is there."""
        real = self.inside(path)
        if not real.exists():
            raise Refused(f"없는 경로입니다: {path}. {self._suggest(real)}", code="not_found")
        return real

    def file(self, path: str) -> Path:
        """A regular file that is there and can be read whole."""
        real = self.existing(path)
        if real.is_dir():
            raise Refused(f"폴더입니다: {path}. list_files로 안의 파일을 보세요.")
        if not real.is_file():
            raise Refused(f"보통 파일이 아니라서 다룰 수 없습니다: {path}", code="unsupported")
        if real.stat().st_size > MAX_FILE_BYTES:
            raise Refused(f"10MB가 넘는 파일입니다: {path}. search_code로 필요한 줄만 찾으세요.", code="too_large")
        return real

    def writable(self, path: str) -> Path:
        """A path that may be written: not the program's own files, nor what git runs."""
        real = self.inside(path)
        if guarded := {part.casefold() for part in real.relative_to(self.root).parts} & _GUARDED:
            raise Refused(f"{guarded.pop()} 안의 파일은 고칠 수 없습니다. 다른 경로를 쓰세요.", code="forbidden")
        if self._home != self.root and self._home.is_relative_to(self.root) and real.is_relative_to(self._home):
            raise Refused("모두 프로그램의 자료 폴더는 고칠 수 없습니다. 다른 경로를 쓰세요.", code="forbidden")
        if real.exists() and not real.is_file():
            raise Refused(f"파일이 아닙니다: {path}. 파일 이름까지 쓰세요.")
        return real

    def relative(self, real: Path) -> str:
        return real.relative_to(self.root).as_posix()

    def _spelled(self, path: str) -> Path:
        # Names made on macOS are decomposed, what a model writes is composed.
        given = self.root / path
        decomposed = self.root / unicodedata.normalize("NFD", path)
        return decomposed if not given.exists() and decomposed.exists() else given

    def _suggest(self, real: Path) -> str:
        if not real.parent.is_dir():
            return "list_files로 있는 파일을 확인하세요."
        near = get_close_matches(real.name, [entry.name for entry in real.parent.iterdir()], n=3, cutoff=0.5)
        if near:
            return f"비슷한 이름: {', '.join(self.relative(real.parent / found) for found in near)}"
        return "list_files로 있는 파일을 확인하세요."
