"""How a server of the user is reached: a child process over stdio, or an address over streamable HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

_LOG_LIMIT = 1_000_000
_NOISE = 100
"""Lines in a row that are no protocol after which a child is taken for something else."""


@asynccontextmanager
async def over_http(url: str, headers: dict[str, str]) -> AsyncIterator[Any]:
    """The streams of an address."""
    timeout = httpx2.Timeout(30, read=None)
    hooks = {"response": [_require_entry]}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=timeout, follow_redirects=False, event_hooks=hooks) as http,
        # A result over 1 MiB that travels as one SSE event would fail otherwise.
        streamable_http_client(url, http_client=http, max_sse_event_size=None) as streams,
    ):
        yield streams


async def _require_entry(response: httpx2.Response) -> None:
    # The SDK would turn it into an answer that no longer says why.
    if response.status_code in (401, 403):
        response.raise_for_status()


@asynccontextmanager
async def child(
    command: str, args: tuple[str, ...], env: Mapping[str, str], cwd: Path, log: Path, gone: Callable[[], None]
) -> AsyncIterator[Any]:
    """The streams of a child process; its stderr goes to the log: it would be drawn over the terminal UI."""
    parameters = StdioServerParameters(command=command, args=list(args), env=dict(env), cwd=cwd)
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = not log.exists() or log.stat().st_size > _LOG_LIMIT
    with log.open("w" if fresh else "a", encoding="utf-8") as errors:
        async with stdio_client(parameters, errlog=errors) as (incoming, outgoing):
            yield _Watched(incoming, gone), outgoing


class _Watched:
    """A child's messages: their end is told even while nobody waits for an answer, and noise is an end."""

    def __init__(self, messages: Any, gone: Callable[[], None]) -> None:
        self._messages = messages
        self._gone = gone
        self._noise = 0

    async def __aenter__(self) -> "_Watched":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._messages.aclose()

    def __aiter__(self) -> "_Watched":
        return self

    async def __anext__(self) -> Any:
        try:
            message = await self._messages.__anext__()
        except StopAsyncIteration:
            self._gone()
            raise
        self._noise = self._noise + 1 if isinstance(message, Exception) else 0
        if self._noise > _NOISE:
            self._gone()
            raise StopAsyncIteration
        return message
