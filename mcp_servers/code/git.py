"""git as a reader: no hook, no pager, no external diff, no lock; only the workspace's part of the repository."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mcp_servers.code.cut import OUTPUT_BYTES, shorten
from mcp_servers.code.models import GitDiff, GitStatus
from mcp_servers.code.process import Output, capture
from mcp_servers.common.refusal import Refused

_SAFE = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never", "core.quotePath=false")
_FILTERS = r"^filter\..*\.(clean|process|required)$"
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "LC_ALL": "C"}
_STATUS_LINES = 300


class Git:
    """Questions to the repository around the workspace."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self._root = root
        self._env = {**env, **_QUIET}

    async def status(self) -> GitStatus:
        """The branch and the changed files."""
        text = await self._asked("status", "--short", "--branch", "--no-renames", "--", ".")
        branch, *changes = text.removesuffix("\n").split("\n")
        return GitStatus(
            branch=branch.removeprefix("## "),
            changes=changes[:_STATUS_LINES],
            more=max(0, len(changes) - _STATUS_LINES),
        )

    async def diff(self, path: str, *, staged: bool) -> GitDiff:
        """What changed against the index, or in the index against the last commit."""
        against = ("--cached",) if staged else ()
        safe = ("--no-ext-diff", "--no-textconv", "--no-color", "--relative")
        text = await self._asked("diff", *safe, *against, "--", path)
        if text:
            return GitDiff(diff=shorten(text, OUTPUT_BYTES))
        return GitDiff(diff="", note="바뀐 내용이 없습니다. git_status로 새 파일이나 스테이지를 확인하세요.")

    async def files(self, path: str) -> list[str] | None:
        """Files that git does not ignore, relative to the workspace; nothing without a repository."""
        try:
            listed = await self._run("ls-files", "-co", "--exclude-standard", "-z", "--", path)
        except OSError:
            return None
        return None if listed.code else [name for name in listed.text.split("\0") if name]

    async def _asked(self, *arguments: str) -> str:
        try:
            output = await self._run(*arguments)
        except OSError as error:
            raise Refused("git이 설치되어 있지 않거나 작업 폴더가 없습니다.", code="unavailable") from error
        if output.timed_out:
            raise Refused("git이 제시간에 답하지 않았습니다. path로 범위를 좁히세요.", code="too_large")
        if "not a git repository" in output.error:
            raise Refused("작업 폴더가 git 저장소가 아닙니다. list_files로 파일을 보세요.", code="unsupported")
        if output.code:
            raise Refused(f"git 명령이 실패했습니다: {output.error.strip()[:300]}", code="unavailable")
        return output.text

    async def _run(self, *arguments: str) -> Output:
        # A repository that came from elsewhere may name programs in its own configuration.
        named = await self._git((), "config", "--local", "--includes", "--name-only", "-z", "--get-regexp", _FILTERS)
        filters = [f"{name}=" for name in named.text.split("\0") if name]
        return await self._git(filters, *arguments)

    async def _git(self, settings: Sequence[str], *arguments: str) -> Output:
        given = [word for setting in (*_SAFE, *settings) for word in ("-c", setting)]
        return await capture(("git", "--no-pager", "--literal-pathspecs", *given, *arguments), self._root, self._env)
