"""File changes and commands happen once per key, also when the process died in between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from mcp_servers.code import server as code_server
from mcp_servers.code.files import Files
from mcp_servers.code.models import CommandRun, FileChange
from mcp_servers.code.operations import CodeOperations
from mcp_servers.code.process import plain_environment
from mcp_servers.code.rewrite import Rewrite
from mcp_servers.common.database import Database
from mcp_servers.common.operation import KEY, PREVIEW
from mcp_servers.common.refusal import Refused
from mcp_servers.common.settings import load
from mcp_servers.common.workspace import Workspace

WRITE = {"path": "a.txt", "content": "새 글\n"}


class PowerCut(Exception):
    """Stands for the end of the process."""


class Code:
    """A client, and the pieces of the server that a crash test needs."""

    def __init__(self, client: Client, workspace: Workspace, database: Database) -> None:
        self.client = client
        self.root = workspace.root
        self.files = Files(workspace)
        self.operations = CodeOperations(database)

    async def call(self, tool: str, key: str | None = None, /, **arguments: Any) -> dict[str, Any]:
        result = await self._call(tool, key, arguments)
        assert not result.is_error, result.content
        return dict(result.structured_content or {})

    async def refused(self, tool: str, key: str, /, **arguments: Any) -> tuple[str, str]:
        result = await self._call(tool, key, arguments)
        [content] = result.content
        assert result.is_error
        assert isinstance(content, TextContent)
        return str((result.meta or {})["modu/error"]), content.text

    async def outcome(self, key: str) -> dict[str, Any]:
        return await self.call("operation_outcome", key=key)

    async def crash_in_write(self, key: str, kind: type[Rewrite]) -> None:
        """Run the real sequence up to just before or just after the file is replaced."""
        whole = self.files.written("a.txt", WRITE["content"])
        cut = kind(whole.target, whole.before, whole.after, whole.change)
        with pytest.raises(PowerCut):
            await self.operations.rewrite(key, dict(WRITE), lambda: _prepared(cut))

    async def _call(self, tool: str, key: str | None, arguments: dict[str, Any]) -> CallToolResult:
        return await self.client.call_tool(tool, arguments, meta={KEY: key} if key else None)


class _CutBefore(Rewrite):
    """The power goes before the file is replaced."""

    def apply(self) -> None:
        raise PowerCut


class _CutAfter(Rewrite):
    """The power goes after the file was replaced."""

    def apply(self) -> None:
        super().apply()
        raise PowerCut


async def _prepared(rewrite: Rewrite) -> Rewrite:
    return rewrite


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Code]:
    root = tmp_path / "work"
    root.mkdir(exist_ok=True)
    settings = load({"MODU_HOME": str(tmp_path / "home"), "MODU_WORKSPACE": str(root)})
    database = Database.open(settings, Path(code_server.__file__).parent, head="code0001")
    workspace = Workspace(settings.workspace, settings.home)
    try:
        async with Client(code_server.build(workspace, database, plain_environment({}))) as client:
            yield Code(client, workspace, database)
    finally:
        await database.close()


async def test_the_same_key_changes_a_file_once_and_answers_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        (code.root / "a.txt").write_text("가", encoding="utf-8")
        edit = {"path": "a.txt", "old_text": "가", "new_text": "가가"}

        first = await code.call("edit_file", "k1", **edit)
        second = await code.call("edit_file", "k1", **edit)

        assert first == second
        assert (code.root / "a.txt").read_text(encoding="utf-8") == "가가"
        assert await code.outcome("k1") == {"state": "done", "tool": "FileChange", "result": first}


async def test_a_key_is_refused_for_other_arguments(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        await code.call("write_file", "k1", **WRITE)

        error, _ = await code.refused("write_file", "k1", path="a.txt", content="다른 글\n")

        assert error == "conflict"
        assert (code.root / "a.txt").read_text(encoding="utf-8") == "새 글\n"


async def test_a_refused_change_leaves_its_key_unused(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        await code.refused("edit_file", "k1", path="a.txt", old_text="가", new_text="나")

        assert (await code.outcome("k1"))["state"] == "absent"


async def test_a_preview_leaves_its_key_unused(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        await code.client.call_tool("write_file", WRITE, meta={KEY: "k1", PREVIEW: True})

        assert (await code.outcome("k1"))["state"] == "absent"
        assert not (code.root / "a.txt").exists()


async def test_a_crash_before_the_write_counts_as_never_begun_and_may_run_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        await code.crash_in_write("k1", _CutBefore)
    async with opened(tmp_path) as code:
        outcome = await code.outcome("k1")
        again = await code.call("write_file", "k1", **WRITE)

        assert outcome["state"] == "absent"
        assert again["summary"] == "파일 만들기: a.txt · +1 −0줄"
        assert (code.root / "a.txt").read_text(encoding="utf-8") == "새 글\n"


async def test_a_crash_after_the_write_counts_as_done_with_the_planned_result(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        await code.crash_in_write("k1", _CutAfter)
    async with opened(tmp_path) as code:
        outcome = await code.outcome("k1")
        again = await code.call("write_file", "k1", **WRITE)

    assert outcome["state"] == "done"
    assert again == outcome["result"]
    assert FileChange.model_validate(again).summary == "파일 만들기: a.txt · +1 −0줄"


async def test_a_crash_is_settled_by_the_same_call_without_asking_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        await code.crash_in_write("k1", _CutAfter)
        again = await code.call("write_file", "k1", **WRITE)

    assert again["summary"] == "파일 만들기: a.txt · +1 −0줄"


async def test_a_file_that_is_neither_old_nor_new_stays_unknown_and_is_not_overwritten(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        await code.crash_in_write("k1", _CutAfter)
        (code.root / "a.txt").write_text("사람이 고친 글", encoding="utf-8")

        outcome = await code.outcome("k1")
        error, text = await code.refused("write_file", "k1", **WRITE)

        assert outcome["state"] == "started"
        assert (error, "결과를 알 수 없는 파일 변경" in text) == ("conflict", True)
        assert (code.root / "a.txt").read_text(encoding="utf-8") == "사람이 고친 글"


async def test_a_file_changed_between_reading_and_writing_is_left_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        rewrite = code.files.written("a.txt", "내 글")
        (code.root / "a.txt").write_text("남의 글", encoding="utf-8")

        with pytest.raises(Refused, match="그 사이에"):
            await code.operations.rewrite("k1", {}, lambda: _prepared(rewrite))

        assert (code.root / "a.txt").read_text(encoding="utf-8") == "남의 글"
        assert (await code.outcome("k1"))["state"] == "absent"


async def test_a_command_runs_once_per_key(tmp_path: Path) -> None:
    async with opened(tmp_path) as code:
        first = await code.call("run_command", "k1", command="echo 한 번 | tee -a log")
        second = await code.call("run_command", "k1", command="echo 한 번 | tee -a log")

        assert first == second
        assert (code.root / "log").read_text(encoding="utf-8") == "한 번\n"


async def test_a_command_cut_off_by_a_crash_is_unknown_and_never_run_again(tmp_path: Path) -> None:
    async def run() -> CommandRun:
        raise PowerCut

    async with opened(tmp_path) as code:
        with pytest.raises(PowerCut):
            await code.operations.command("k1", {"command": "touch ran", "timeout": 120}, run)
        outcome = await code.outcome("k1")
        error, text = await code.refused("run_command", "k1", command="touch ran")

        assert outcome["state"] == "started"
        assert (error, "결과를 알 수 없는 명령" in text) == ("conflict", True)
        assert not (code.root / "ran").exists()
