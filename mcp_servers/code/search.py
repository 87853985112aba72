"""Searches the workspace by regular expression: ripgrep where it is installed, else our own process."""

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mcp_servers.code.git import Git
from mcp_servers.code.listing import files_under, matching
from mcp_servers.code.models import Hits
from mcp_servers.code.process import Output, capture
from mcp_servers.common.refusal import Refused
from mcp_servers.common.workspace import Workspace

_SHOWN = 100
_LINE_LENGTH = 240
_RIPGREP = ("--no-config", "--null", "--line-number", "--with-filename", "--no-heading", "--color=never", "--sort=path")
_LONG_LINES = (f"--max-columns={_LINE_LENGTH * 4}", "--max-columns-preview", f"--max-count={_SHOWN + 1}")
_PACKAGES = Path(__file__).parents[2]


class Search:
    """Looks for lines in the files that git does not ignore."""

    def __init__(self, workspace: Workspace, git: Git, env: Mapping[str, str]) -> None:
        self._workspace = workspace
        self._git = git
        self._env = env
        self._ripgrep = shutil.which("rg", path=env["PATH"])

    async def find(self, pattern: str, path: str, glob: str | None) -> Hits:
        """Matching lines; a pattern that is no regular expression is taken literally."""
        target = self._workspace.existing(path)
        output = await self._ripped(pattern, target, glob) or await self._scanned(pattern, target, glob)
        if output.timed_out:
            raise Refused(
                "제시간에 다 찾지 못했습니다. path나 glob으로 좁히거나 식을 단순하게 쓰세요.", code="too_large"
            )
        return _hits(output.text.removesuffix("\n").split("\n") if output.text else [])

    async def _ripped(self, pattern: str, target: Path, glob: str | None) -> Output | None:
        # ripgrep knows UTF-8 only; Korean may be in a CP949 file.
        if self._ripgrep is None or not pattern.isascii():
            return None
        only = () if glob is None else (f"--glob={glob}",)
        found = await self._run(
            (self._ripgrep, *_RIPGREP, *_LONG_LINES, *only, "-e", _valid(pattern), self._workspace.relative(target))
        )
        # Its expressions are not quite Python's.
        return None if "regex parse error" in found.error else found

    async def _scanned(self, pattern: str, target: Path, glob: str | None) -> Output:
        names = await files_under(self._workspace, self._git, target)
        wanted = matching(names, self._workspace.relative(target), glob)
        command = (sys.executable, "-S", "-m", "mcp_servers.code.scan", _valid(pattern), str(_SHOWN + 1))
        return await self._run(command, "\0".join(wanted).encode("utf-8", "surrogateescape"))

    async def _run(self, command: Sequence[str], given: bytes = b"") -> Output:
        env = {**self._env, "PYTHONPATH": str(_PACKAGES), "PYTHONSAFEPATH": "1"}
        return await capture(command, self._workspace.root, env, given=given)


def _valid(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error:
        return re.escape(pattern)
    return pattern


def _hits(found: list[str]) -> Hits:
    if not found:
        return Hits(items=[], note="맞는 줄이 없습니다. 더 짧은 낱말이나 다른 path로 찾아 보세요.")
    items = [line.removeprefix("./").replace("\0", ":", 1)[:_LINE_LENGTH] for line in found[:_SHOWN]]
    more = len(found) > _SHOWN
    return Hits(items=items, note=f"{_SHOWN}줄까지만 보입니다. path나 glob으로 좁혀 보세요." if more else "")
