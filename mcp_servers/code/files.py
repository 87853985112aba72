"""Reading and preparing changes of the workspace's text files."""

from collections.abc import Callable
from pathlib import Path

from mcp_servers.code import edit
from mcp_servers.code.cut import OUTPUT_BYTES
from mcp_servers.code.encoding import TextFile, decode
from mcp_servers.code.models import FileText
from mcp_servers.code.rewrite import Rewrite
from mcp_servers.common.refusal import Refused
from mcp_servers.common.workspace import Workspace

_LINE_BYTES = 2000


class Files:
    """Text in, text out; nothing is written here."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def read(self, path: str, offset: int, limit: int) -> FileText:
        """Numbered lines from the given one on, as many as fit."""
        real = self._workspace.file(path)
        lines = _decoded(path, _content(real)).lines
        if offset > max(1, len(lines)):
            raise Refused(f"{len(lines)}줄인 파일입니다. offset을 그 안에서 고르세요.")
        shown: list[str] = []
        room = OUTPUT_BYTES
        for number, line in enumerate(lines[offset - 1 : offset - 1 + limit], offset):
            shown.append(f"{number}\t{_narrow(line)}\n")
            room -= len(shown[-1].encode("utf-8", "replace"))
            if room < 0:
                shown.pop()
                break
        end = offset + len(shown)
        return FileText(
            path=self._workspace.relative(real),
            text="".join(shown),
            total_lines=len(lines),
            next_offset=end if end <= len(lines) else None,
        )

    def edited(self, path: str, replacing: Callable[[TextFile], str]) -> Rewrite:
        """The change of an existing file."""
        real = self._workspace.file(path)
        self._workspace.writable(path)
        before = _content(real)
        file = _decoded(path, before)
        return self._rewrite(real, before, file, replacing(file), "파일 수정")

    def written(self, path: str, content: str) -> Rewrite:
        """The whole new content of a new or existing file; line ends and encoding of an existing text are kept."""
        real = self._workspace.writable(path)
        if not real.exists():
            return self._rewrite(real, None, TextFile(""), content, "파일 만들기")
        before = _content(self._workspace.file(path))
        file = _decoded(path, before)
        after = content.replace("\r\n", "\n").replace("\n", file.newline)
        return self._rewrite(real, before, file, after, "파일 바꾸기")

    def _rewrite(self, real: Path, before: bytes | None, file: TextFile, text: str, verb: str) -> Rewrite:
        path = self._workspace.relative(real)
        change = edit.compared(path, None if before is None else file.text, text)
        summary = f"{verb}: {path} · +{change.added} −{change.removed}줄"
        return Rewrite(real, before, _encoded(file, text), change.model_copy(update={"summary": summary}))


def _content(real: Path) -> bytes:
    try:
        return real.read_bytes()
    except OSError as error:
        raise Refused(f"파일을 읽을 수 없습니다: {error.strerror}", code="unavailable") from error


def _decoded(path: str, content: bytes) -> TextFile:
    file = decode(content)
    if file is None:
        raise Refused(f"글 파일이 아닙니다: {path}. 문서라면 search 도구로 읽으세요.", code="unsupported")
    return file


def _encoded(file: TextFile, text: str) -> bytes:
    try:
        return file.encode(text)
    except UnicodeEncodeError as error:
        wrong = text[error.start : error.start + 1]
        raise Refused(f"{file.encoding} 파일에는 {wrong!r} 글자를 쓸 수 없습니다. 다른 글자로 쓰세요.") from error


def _narrow(line: str) -> str:
    raw = line.encode("utf-8", "replace")
    if len(raw) <= _LINE_BYTES:
        return line
    return f"{raw[:_LINE_BYTES].decode('utf-8', 'ignore')}… ({len(raw):,}바이트인 줄)"
