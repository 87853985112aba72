"""The files of the workspace, without what git ignores."""

import asyncio
import os
from pathlib import Path

from mcp_servers.code import glob
from mcp_servers.code.git import Git
from mcp_servers.code.models import FileList
from mcp_servers.common.workspace import Workspace

_SKIPPED = {"node_modules", "__pycache__", "venv"}
_SHOWN = 300


async def files_under(workspace: Workspace, git: Git, folder: Path) -> list[str]:
    """Names relative to the workspace, sorted."""
    if folder.is_file():
        return [workspace.relative(folder)]
    # An empty answer may mean that the whole workspace is ignored by a repository around it.
    listed = await git.files(workspace.relative(folder))
    return await asyncio.to_thread(_existing if listed else _walk, workspace, folder, listed or [])


def matching(names: list[str], folder: str, pattern: str | None) -> list[str]:
    """The names that fit the pattern, which is relative to the folder."""
    if not pattern:
        return names
    fits = glob.compiled(pattern).match
    prefix = "" if folder == "." else f"{folder}/"
    return [name for name in names if fits(name.removeprefix(prefix))]


def shown(names: list[str]) -> FileList:
    """As many names as a model can use, those near the top first to stay."""
    if not names:
        return FileList(items=[], note="맞는 파일이 없습니다. pattern이나 path를 넓혀 보세요.")
    kept = sorted(sorted(names, key=lambda name: name.count("/"))[:_SHOWN])
    more = len(names) - len(kept)
    return FileList(items=kept, more=more, note="path나 pattern으로 좁혀 보세요." if more else "")


def _existing(workspace: Workspace, _folder: Path, listed: list[str]) -> list[str]:
    # git also lists files that were deleted, and repositories inside this one.
    return sorted({name for name in listed if not name.endswith("/") and os.path.lexists(workspace.root / name)})


def _walk(workspace: Workspace, folder: Path, _listed: list[str]) -> list[str]:
    names = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _SKIPPED]
        # A name that is no valid UTF-8 cannot be told to a model.
        visible = [name for name in files if not name.startswith(".") and name.isprintable()]
        names += [workspace.relative(Path(parent) / name) for name in visible]
    return sorted(names)
