"""What the tools of the code server return."""

from pydantic import BaseModel

from mcp_servers.common.operation import Change


class FileText(BaseModel):
    """Numbered lines of one file."""

    path: str
    text: str
    total_lines: int
    next_offset: int | None = None
    """The first line that is not in `text`."""


class FileList(BaseModel):
    """Names of files, relative to the workspace."""

    items: list[str]
    more: int = 0
    """How many more there are."""
    note: str = ""


class Hits(BaseModel):
    """Matching lines as `file:line:text`."""

    items: list[str]
    note: str = ""


class FileChange(Change):
    """An edited, created or replaced file; `detail` is the unified diff."""

    path: str
    added: int
    removed: int


class CommandRun(Change):
    """A finished command, or what would run."""

    exit_code: int | None = None
    """Absent when the command was stopped or has not run."""
    output: str = ""
    timed_out: bool = False
    seconds: float = 0.0


class GitStatus(BaseModel):
    """The branch and the changed files as git's two-letter codes with names."""

    branch: str
    changes: list[str]
    more: int = 0


class GitDiff(BaseModel):
    """A unified diff of the working tree or the index."""

    diff: str
    note: str = ""
