"""Which files the named paths mean."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mcp_servers.search.models import Failure
from mcp_servers.search.readers import kind_of

_LARGEST = 50 * 1024 * 1024
_DOCUMENTS = {".doc", ".xls", ".xlsx", ".ppt", ".pptx", ".rtf", ".odt", ".hml", ".hwt", ".eml", ".msg", ".epub", ".zip"}
"""Files of a folder that people would expect to find; pictures and programs are passed over in silence."""


@dataclass(frozen=True)
class Candidate:
    path: Path
    """As the file system spells it, for opening."""
    kind: str

    @property
    def key(self) -> str:
        return path_key(self.path)


@dataclass
class Walk:
    candidates: dict[str, Candidate] = field(default_factory=dict)
    """By path key."""
    named: list[str] = field(default_factory=list)
    """Path keys of what the user named."""
    unopened: list[str] = field(default_factory=list)
    """Path keys of what exists and could not be looked into."""
    failures: list[Failure] = field(default_factory=list)

    def fail(self, path: Path, reason: str) -> None:
        self.failures.append(Failure(path=path_key(path), reason=reason))


def path_key(path: Path) -> str:
    """The path as people compare it: macOS writes Hangul names decomposed."""
    return unicodedata.normalize("NFC", str(path))


def located(text: str, workspace: Path) -> Path:
    """The absolute path of what the user wrote; a relative one belongs to the workspace."""
    path = workspace / Path(text).expanduser()
    return path if path.exists() else _respelled(path)


def walk(paths: list[Path]) -> Walk:
    """Every readable document below the paths; hidden files and folders, and links to folders, are left out."""
    found = Walk(named=[path_key(path) for path in paths])
    for path in paths:
        if path.is_dir():
            for file in _files(path, found):
                if kind_of(file) or file.suffix.lower() in _DOCUMENTS:
                    _consider(file, found)
        elif path.exists():
            _consider(path, found)
        else:
            found.fail(path, "그런 파일이나 폴더가 없습니다")
    return found


def _consider(path: Path, found: Walk) -> None:
    try:
        size = path.stat().st_size
    except OSError:
        found.unopened.append(path_key(path))
        found.fail(path, "파일을 열 수 없습니다 (권한을 확인하세요)")
        return
    kind = kind_of(path)
    if kind is None:
        found.fail(path, f"지원하지 않는 형식입니다 ({path.suffix or '확장자 없음'})")
    elif size > _LARGEST:
        found.fail(path, f"너무 큰 파일입니다 ({size / 2**20:,.1f} MB, 최대 50 MB)")
    elif size == 0:
        found.fail(path, "빈 파일입니다")
    else:
        found.candidates[path_key(path)] = Candidate(path, kind)


def _files(folder: Path, found: Walk) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        found.unopened.append(path_key(folder))
        found.fail(folder, "폴더를 열 수 없습니다 (권한을 확인하세요)")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _files(entry, found)
        elif entry.is_file():
            yield entry


def _respelled(path: Path) -> Path:
    """The same path in the spelling of the file system, where one exists."""
    spelled = Path(path.anchor)
    for name in path.parts[1:]:
        exact = spelled / name
        spelled = exact if exact.exists() or not spelled.is_dir() else _sibling(spelled, name)
    return spelled


def _sibling(folder: Path, name: str) -> Path:
    wanted = unicodedata.normalize("NFC", name)
    try:
        return next((e for e in folder.iterdir() if unicodedata.normalize("NFC", e.name) == wanted), folder / name)
    except OSError:
        return folder / name
