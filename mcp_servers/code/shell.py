"""One shell command in the workspace, without isolation: watched, limited in time and in output."""

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from anyio import move_on_after
from mcp.server.mcpserver import Context

from mcp_servers.code.cut import HeadAndTail
from mcp_servers.code.models import CommandRun
from mcp_servers.code.process import Child, running
from mcp_servers.common.refusal import Refused
from mcp_servers.common.text import one_line

_HEARTBEAT_SECONDS = 2.0
_SUMMARY_LENGTH = 80


def described(command: str) -> CommandRun:
    """What would run."""
    line = one_line(command)
    short = line if len(line) <= _SUMMARY_LENGTH else f"{line[: _SUMMARY_LENGTH - 1]}…"
    return CommandRun(summary=f"명령 실행(격리 없음): {short}", detail="" if short == command else command)


async def run_shell(ctx: Context, command: str, timeout: int, cwd: Path, env: Mapping[str, str]) -> CommandRun:
    """Run the command to its end or to the timeout; its last line is reported while it runs.

    Raises:
        Refused: it cannot be started.
    """
    started = time.monotonic()
    child = _Watched()
    shell = shutil.which("bash", path=env["PATH"]) or "/bin/sh"
    try:
        with move_on_after(timeout) as scope:
            async with running(child, (shell, "-c", command), cwd, env):
                while not child.exited.is_set():
                    with move_on_after(_HEARTBEAT_SECONDS):
                        await child.exited.wait()
                    await ctx.report_progress(time.monotonic() - started, timeout, child.output.last_line)
    except OSError as error:
        raise Refused(f"명령을 시작할 수 없습니다: {os.strerror(error.errno or 0)}", code="unavailable") from error
    timed_out = scope.cancelled_caught
    ran = {
        "exit_code": None if timed_out else child.transport.get_returncode(),
        "output": child.output.text,
        "timed_out": timed_out,
        "seconds": round(time.monotonic() - started, 1),
    }
    return described(command).model_copy(update=ran)


class _Watched(Child):
    def __init__(self) -> None:
        super().__init__()
        self.output = HeadAndTail()

    def received(self, fd: int, piece: bytes) -> None:
        self.output.feed(piece)
