"""Child processes that leave nothing behind: each has its own group, which is gone when the wait for it ends."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from anyio import CancelScope, move_on_after

_GRACE_SECONDS = 1.0
_OUTPUT_LIMIT = 4 * 1024 * 1024


def plain_environment(env: Mapping[str, str]) -> dict[str, str]:
    """All that a child process gets to know: no key, no token and no setting of ours.

    `MODU_COMMAND_OF` says which process it belongs to, so that it can be ended when that one is gone.
    """
    inherited = {**os.environ, **env}
    return {
        "MODU_COMMAND_OF": _identity(),
        "PATH": inherited.get("PATH") or os.defpath,
        "HOME": inherited.get("HOME") or str(Path.home()),
        "LANG": inherited.get("LANG") or "C.UTF-8",
        "TERM": "dumb",
    }


@cache
def _identity() -> str:
    """This process, told from a later one of the same number by its start time (proc(5), field 22)."""
    try:
        started = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
    except OSError:
        started = ""
    return f"{os.getpid()}/{started}"


class Child(asyncio.SubprocessProtocol):
    """A running child. Reading and ending are events; what it writes goes to `received`."""

    def __init__(self) -> None:
        self.exited = asyncio.Event()
        self.drained = asyncio.Event()
        self.transport: asyncio.SubprocessTransport

    def received(self, fd: int, piece: bytes) -> None:
        """Called with whatever it writes; the second is 2 for the error stream."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.received(fd, data)

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.drained.set()

    async def end(self) -> None:
        """Read what is still on its way, then make sure that nothing of its group lives."""
        with move_on_after(_GRACE_SECONDS):
            if not self.exited.is_set():
                self._signal(signal.SIGTERM)
                await self.exited.wait()
            await self.drained.wait()
        self._signal(signal.SIGKILL)
        await self.exited.wait()
        self.transport.close()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.transport.get_pid(), number)


@asynccontextmanager
async def running(
    child: Child,
    command: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    *,
    errors: int = STDOUT,
    given: int = DEVNULL,
) -> AsyncIterator[Child]:
    """Start the child; its group is killed when the block ends, however it ends.

    Raises:
        OSError: there is no such program or folder.
    """
    loop = asyncio.get_running_loop()
    await loop.subprocess_exec(
        lambda: child,
        *command,
        cwd=cwd,
        env=dict(env),
        stdin=given,
        stdout=PIPE,
        stderr=errors,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        with CancelScope(shield=True):
            await child.end()


@dataclass(frozen=True)
class Output:
    """What a finished program wrote."""

    code: int | None
    text: str
    error: str
    timed_out: bool


class _Capture(Child):
    def __init__(self) -> None:
        super().__init__()
        self.streams = {1: bytearray(), 2: bytearray()}

    def received(self, fd: int, piece: bytes) -> None:
        stream = self.streams[fd]
        stream += piece[: _OUTPUT_LIMIT - len(stream)]


async def capture(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], *, given: bytes = b"", seconds: float = 20
) -> Output:
    """Run a program to its end with `given` as standard input.

    Raises:
        OSError: there is no such program or folder.
    """
    child = _Capture()
    with move_on_after(seconds) as scope:
        async with running(child, command, cwd, env, errors=PIPE, given=PIPE):
            stdin = cast(asyncio.WriteTransport, child.transport.get_pipe_transport(0))
            stdin.write(given)
            stdin.write_eof()
            await child.exited.wait()
    text, error = (child.streams[fd].decode("utf-8", "replace") for fd in (1, 2))
    return Output(child.transport.get_returncode(), text, error, scope.cancelled_caught)
