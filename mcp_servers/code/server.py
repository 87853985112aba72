"""The tools of the code server."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from mcp_servers.code import edit, listing, shell
from mcp_servers.code.files import Files
from mcp_servers.code.git import Git
from mcp_servers.code.models import CommandRun, FileChange, FileList, FileText, GitDiff, GitStatus, Hits
from mcp_servers.code.operations import CodeOperations
from mcp_servers.code.process import plain_environment
from mcp_servers.code.rewrite import Rewrite
from mcp_servers.code.search import Search
from mcp_servers.common.database import Database
from mcp_servers.common.operation import is_preview, key_of
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import load
from mcp_servers.common.text import Korean
from mcp_servers.common.workspace import Workspace

Name = Annotated[Korean, Field(min_length=1)]
Line = Annotated[int, Field(ge=1)]
Lines = Annotated[int, Field(ge=1, le=2000)]
Seconds = Annotated[int, Field(ge=1, le=600, description="초")]


def create(env: Mapping[str, str]) -> ToolServer:
    """The server for the workspace that the environment names."""
    settings = load(env)
    # The journal is of files on this machine and stays with them.
    local = settings.model_copy(update={"database_url": None})
    database = Database.open(local, Path(__file__).parent, head="code0001")
    return build(Workspace(settings.workspace, settings.home), database, plain_environment(env))


def build(workspace: Workspace, database: Database, environment: Mapping[str, str]) -> ToolServer:
    """The server for one workspace; child processes get this environment."""
    server = ToolServer("코드", server="code", instructions="작업 폴더의 파일을 읽고 고칩니다.", database=database)
    operations = CodeOperations(database)
    git = Git(workspace.root, environment)
    _add_readers(server, workspace, git, Search(workspace, git, environment))
    _add_git(server, workspace, git)
    _add_writers(server, operations, Files(workspace))
    _add_command(server, operations, workspace.root, environment)
    server.serve_outcomes(operations.outcome)
    return server


def _add_readers(server: ToolServer, workspace: Workspace, git: Git, search: Search) -> None:
    files = Files(workspace)

    @server.read("파일 읽기", core=True, outside=True)
    async def read_file(
        path: Name, offset: Annotated[Line, Field(description="첫 줄 번호")] = 1, limit: Lines = 400
    ) -> FileText:
        """파일을 줄 번호와 함께 읽는다."""
        return await asyncio.to_thread(files.read, path, offset, limit)

    @server.read("파일 목록", core=True)
    async def list_files(
        path: Korean = ".", pattern: Annotated[Korean | None, Field(description="예: **/*.py")] = None
    ) -> FileList:
        """작업 폴더의 파일 이름을 본다."""
        folder = workspace.existing(path)
        names = await listing.files_under(workspace, git, folder)
        return listing.shown(listing.matching(names, workspace.relative(folder), pattern))

    @server.read("코드 검색", core=True, outside=True)
    async def search_code(
        pattern: Annotated[str, Field(min_length=1, description="정규식")],
        path: Korean = ".",
        glob: Korean | None = None,
    ) -> Hits:
        """파일 안에서 줄을 찾는다."""
        return await search.find(pattern, path, glob)


def _add_git(server: ToolServer, workspace: Workspace, git: Git) -> None:
    @server.read("git 상태", core=True)
    async def git_status() -> GitStatus:
        """git 브랜치와 바뀐 파일을 본다."""
        return await git.status()

    @server.read("git 변경 내용", outside=True)
    async def git_diff(path: Korean = ".", staged: bool = False) -> GitDiff:
        """git으로 바뀐 내용을 본다."""
        return await git.diff(workspace.relative(workspace.inside(path)), staged=staged)


def _add_writers(server: ToolServer, operations: CodeOperations, files: Files) -> None:
    @server.change("파일 수정", effect="edit", core=True, outside=True)
    async def edit_file(
        path: Name,
        old_text: Annotated[str, Field(description="원문 그대로, 한 곳")],
        new_text: str,
        ctx: Context,
        replace_all: bool = False,
    ) -> FileChange:
        """파일의 한 부분을 바꾼다."""
        replace = edit.replace_everywhere if replace_all else edit.replace
        arguments = {"path": path, "old_text": old_text, "new_text": new_text, "replace_all": replace_all}
        return await change(ctx, arguments, partial(files.edited, path, lambda file: replace(file, old_text, new_text)))

    @server.change("파일 쓰기", effect="edit", core=True)
    async def write_file(path: Name, content: str, ctx: Context) -> FileChange:
        """파일을 새로 만들거나 통째로 바꾼다."""
        return await change(ctx, {"path": path, "content": content}, partial(files.written, path, content))

    async def change(ctx: Context, arguments: dict[str, Any], prepare: partial[Rewrite]) -> FileChange:
        if is_preview(ctx):
            return (await asyncio.to_thread(prepare)).change
        return await operations.rewrite(key_of(ctx), arguments, lambda: asyncio.to_thread(prepare))


def _add_command(server: ToolServer, operations: CodeOperations, root: Path, environment: Mapping[str, str]) -> None:
    @server.change("명령 실행", effect="execute", core=True, outside=True)
    async def run_command(
        command: Annotated[str, Field(min_length=1)], ctx: Context, timeout: Seconds = 120
    ) -> CommandRun:
        """셸 명령을 격리 없이 실행한다."""
        if is_preview(ctx):
            return shell.described(command)
        run = partial(shell.run_shell, ctx, command, timeout, root, environment)
        return await operations.command(key_of(ctx), {"command": command, "timeout": timeout}, run)
