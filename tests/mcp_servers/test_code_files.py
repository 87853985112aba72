"""Reading and changing files through the code server, and what it keeps out of."""

import os
import stat
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from mcp_servers.code import server as code_server
from mcp_servers.code.process import plain_environment
from mcp_servers.common.database import Database
from mcp_servers.common.operation import PREVIEW
from mcp_servers.common.refusal import Refused
from mcp_servers.common.settings import load
from mcp_servers.common.workspace import Workspace


class Code:
    """Calls tools and unwraps what comes back."""

    def __init__(self, client: Client, root: Path) -> None:
        self.client = client
        self.root = root

    async def call(self, tool: str, meta: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments, meta=meta)
        assert not result.is_error, _text(result)
        return dict(result.structured_content or {})

    async def refused(self, tool: str, **arguments: Any) -> tuple[str, str]:
        result = await self.client.call_tool(tool, arguments)
        assert result.is_error
        return str((result.meta or {})["modu/error"]), _text(result)


def _text(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Code]:
    root = tmp_path / "work"
    root.mkdir(exist_ok=True)
    settings = load({"MODU_HOME": str(tmp_path / "home"), "MODU_WORKSPACE": str(root)})
    database = Database.open(settings, Path(code_server.__file__).parent, head="code0001")
    server = code_server.build(Workspace(settings.workspace, settings.home), database, plain_environment({}))
    try:
        async with Client(server) as client:
            yield Code(client, settings.workspace)
    finally:
        await database.close()


async def test_a_file_is_read_with_line_numbers_and_where_to_go_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / "긴 글.txt").write_text("".join(f"줄 {n}\n" for n in range(1, 501)), encoding="utf-8")

        first = await code.call("read_file", path="긴 글.txt", limit=2)
        last = await code.call("read_file", path="긴 글.txt", offset=500)

    assert first == {"path": "긴 글.txt", "text": "1\t줄 1\n2\t줄 2\n", "total_lines": 500, "next_offset": 3}
    assert last == {"path": "긴 글.txt", "text": "500\t줄 500\n", "total_lines": 500, "next_offset": None}


async def test_a_long_read_stops_at_the_byte_limit_and_says_where(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / "a.txt").write_text(("가" * 300 + "\n") * 400, encoding="utf-8")

        read = await code.call("read_file", path="a.txt")
        rest = await code.call("read_file", path="a.txt", offset=read["next_offset"])

    assert len(read["text"].encode()) <= 24 * 1024
    assert rest["text"].startswith(f"{read['next_offset']}\t가")


async def test_one_huge_line_is_cut_instead_of_filling_the_answer(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / "min.js").write_text("가" * 100_000, encoding="utf-8")

        read = await code.call("read_file", path="min.js")

    assert len(read["text"].encode()) < 3000
    assert "300,000바이트" in read["text"]
    assert read["next_offset"] is None


@pytest.mark.parametrize("encoding", ["cp949", "utf-8-sig", "utf-16"])
async def test_korean_files_of_other_encodings_are_read_and_keep_their_encoding(tmp_path: Path, encoding: str) -> None:
    async with opened(tmp_path) as code:
        path = code.root / "옛날.txt"
        path.write_text("첫 줄 똠방각하\n둘째 줄\n", encoding=encoding)

        read = await code.call("read_file", path="옛날.txt")
        await code.call("edit_file", path="옛날.txt", old_text="둘째", new_text="마지막")

        assert read["text"] == "1\t첫 줄 똠방각하\n2\t둘째 줄\n"
        assert path.read_bytes() == "첫 줄 똠방각하\n마지막 줄\n".encode(encoding)


async def test_a_character_the_encoding_lacks_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        path = code.root / "a.txt"
        path.write_text("한글\n", encoding="cp949")

        error, text = await code.refused("edit_file", path="a.txt", old_text="한글", new_text="😀")

        assert (error, "cp949" in text) == ("invalid", True)
        assert path.read_text(encoding="cp949") == "한글\n"


@pytest.mark.parametrize(
    ("tool", "path", "error"),
    [
        ("read_file", "빈폴더", "invalid"),
        ("read_file", "그림.png", "unsupported"),
        ("read_file", "파이프", "unsupported"),
        ("read_file", "그림.jpg", "not_found"),
        ("read_file", "a\0b", "invalid"),
    ],
)
async def test_what_is_no_text_file_is_refused(tmp_path: Path, tool: str, path: str, error: str) -> None:
    async with opened(tmp_path) as code:
        (code.root / "빈폴더").mkdir()
        (code.root / "그림.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
        os.mkfifo(code.root / "파이프")

        refused, text = await code.refused(tool, path=path)

    assert refused == error
    assert path != "그림.jpg" or "그림.png" in text


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "a/../../secret.txt", "/etc/passwd", "~/secret.txt", "link.txt", "folder/secret.txt", "loop/x"],
)
async def test_nothing_outside_the_workspace_is_read_or_written(tmp_path: Path, path: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for secret in (tmp_path / "secret.txt", outside / "secret.txt"):
        secret.write_text("비밀", encoding="utf-8")
    async with opened(tmp_path) as code:
        (code.root / "link.txt").symlink_to(tmp_path / "secret.txt")
        (code.root / "folder").symlink_to(outside)
        (code.root / "loop").symlink_to(code.root / "loop")

        refusals = [
            await code.refused("read_file", path=path),
            await code.refused("write_file", path=path, content="바뀜"),
            await code.refused("edit_file", path=path, old_text="비밀", new_text="바뀜"),
            await code.refused("list_files", path=path),
            await code.refused("search_code", path=path, pattern="비밀"),
            await code.refused("git_diff", path=path),
        ]

    assert {error for error, _ in refusals} <= {"forbidden", "invalid"}
    assert all("작업 폴더" in text and "비밀" not in text for _, text in refusals)
    assert (tmp_path / "secret.txt").read_text(encoding="utf-8") == "비밀"
    assert [entry.name for entry in outside.iterdir()] == ["secret.txt"]


async def test_a_dangling_symlink_does_not_lead_a_new_file_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / "new.txt").symlink_to(tmp_path / "escaped.txt")

        error, _ = await code.refused("write_file", path="new.txt", content="밖으로")

    assert error == "forbidden"
    assert not (tmp_path / "escaped.txt").exists()


@pytest.mark.parametrize("path", [".git/hooks/pre-commit", ".modu/config.toml", "sub/.GIT/config", "alias/config"])
async def test_what_git_and_modu_run_cannot_be_written(tmp_path: Path, path: str) -> None:
    async with opened(tmp_path) as code:
        (code.root / ".git").mkdir()
        (code.root / "alias").symlink_to(code.root / ".git")

        error, _ = await code.refused("write_file", path=path, content="x")

        assert error == "forbidden"
        assert list((code.root / ".git").iterdir()) == []


async def test_the_programs_own_folder_cannot_be_written_when_it_lies_in_the_workspace(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, home=tmp_path / "home")

    assert workspace.writable("other/a.txt") == tmp_path.resolve() / "other/a.txt"
    with pytest.raises(Refused, match="모두 프로그램"):
        workspace.writable("home/config.toml")


async def test_a_symlink_inside_the_workspace_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / "real.txt").write_text("하나\n", encoding="utf-8")
        (code.root / "link.txt").symlink_to("real.txt")

        await code.call("edit_file", path="link.txt", old_text="하나", new_text="둘")

        assert (code.root / "link.txt").is_symlink()
        assert (code.root / "real.txt").read_text(encoding="utf-8") == "둘\n"


async def test_an_edit_keeps_line_ends_and_mode_and_shows_a_diff(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        path = code.root / "run.sh"
        path.write_bytes(b"#!/bin/sh\r\necho one\r\necho two\r\n")
        path.chmod(0o750)

        change = await code.call(
            "edit_file", path="run.sh", old_text="echo one\necho two", new_text="echo 1\necho 2\n#"
        )

        assert path.read_bytes() == b"#!/bin/sh\r\necho 1\r\necho 2\r\n#\r\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o750
        assert [entry.name for entry in code.root.iterdir()] == ["run.sh"]
    assert change["summary"] == "파일 수정: run.sh · +3 −2줄"
    assert "-echo one\n-echo two\n+echo 1\n" in change["detail"]


async def test_text_that_is_not_there_is_refused_with_the_closest_lines(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / "a.py").write_text("def total(rows):\n    return sum(rows)\n", encoding="utf-8")

        typo = await code.refused("edit_file", path="a.py", old_text="return sum(row)", new_text="x")
        indent = await code.refused(
            "edit_file", path="a.py", old_text="def total(rows):\n  return sum(rows)", new_text="x"
        )
        alien = await code.refused("edit_file", path="a.py", old_text="전혀 다른 글", new_text="x")

    assert typo[0] == "not_found"
    assert "2\t    return sum(rows)" in typo[1]
    assert "공백만 다릅니다" in indent[1]
    assert "1\tdef total(rows):\n2\t    return sum(rows)" in indent[1]
    assert "read_file" in alien[1]


async def test_text_in_several_places_is_refused_unless_all_are_meant(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        path = code.root / "a.txt"
        path.write_text("가\n나\n가\n", encoding="utf-8")

        error, text = await code.refused("edit_file", path="a.txt", old_text="가", new_text="다")
        await code.call("edit_file", path="a.txt", old_text="가", new_text="다", replace_all=True)

        assert (error, "1, 3번 줄" in text) == ("ambiguous", True)
        assert path.read_text(encoding="utf-8") == "다\n나\n다\n"


async def test_writing_makes_folders_and_replacing_keeps_the_line_ends(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / "old.txt").write_bytes("옛\r\n것\r\n".encode())

        made = await code.call("write_file", path="새/폴더/a.txt", content="안녕\n")
        replaced = await code.call("write_file", path="old.txt", content="새\n것\n")

        assert (code.root / "새/폴더/a.txt").read_bytes() == "안녕\n".encode()
        assert (code.root / "old.txt").read_bytes() == "새\r\n것\r\n".encode()
    assert made["summary"] == "파일 만들기: 새/폴더/a.txt · +1 −0줄"
    assert made["detail"] == "--- /dev/null\n+++ b/새/폴더/a.txt\n@@ -0,0 +1 @@\n+안녕\n"
    assert replaced["summary"] == "파일 바꾸기: old.txt · +1 −1줄"


async def test_a_preview_shows_the_same_change_and_writes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / "a.txt").write_text("하나\n", encoding="utf-8")
        edit = {"path": "a.txt", "old_text": "하나", "new_text": "둘"}

        seen = [
            await code.call("edit_file", {PREVIEW: True}, **edit),
            await code.call("write_file", {PREVIEW: True}, path="b/c.txt", content="셋\n"),
        ]
        assert (code.root / "a.txt").read_text(encoding="utf-8") == "하나\n"
        assert not (code.root / "b").exists()
        done = [
            await code.call("edit_file", **edit),
            await code.call("write_file", path="b/c.txt", content="셋\n"),
        ]

    assert seen == done


async def test_a_decomposed_file_name_is_found_by_its_composed_name(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / unicodedata.normalize("NFD", "한글.txt")).write_text("맥\n", encoding="utf-8")

        read = await code.call("read_file", path="한글.txt")

    assert read["text"] == "1\t맥\n"
