"""What an MCP client connects to: a built-in server in this process, a child process, or an address."""

import asyncio
import importlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from agent.josa import josa
from agent.settings import ServerSpec, Settings

BUILT_IN = ("calendar", "phone", "search", "code")

Target = Any
"""Whatever `mcp.Client` accepts."""
Connect = Callable[[Callable[[], None]], Awaitable[Target]]
"""Calls back when the other side has gone, if it can tell."""

_LOG_LIMIT = 1_000_000
_NOISE = 100
"""Lines in a row that are no protocol after which a child is taken for something else."""


def built_in(server: str, settings: Settings) -> Connect:
    """The server's module is imported in a thread: it takes most of a second, and the screen must not stop."""

    async def connect(_gone: Callable[[], None]) -> Target:
        module = await asyncio.to_thread(importlib.import_module, f"mcp_servers.{server}.server")
        return module.create(settings.server_environment)

    return connect


def configured(server: str, spec: ServerSpec, settings: Settings) -> Connect:
    """A child process is started, or an address called, at every attempt to connect."""

    async def connect(gone: Callable[[], None]) -> Target:
        if spec.url:
            return _http(spec.url, _expanded(spec.headers))
        return _child(server, spec, settings, gone)

    return connect


@asynccontextmanager
async def _http(url: str, headers: dict[str, str]) -> AsyncIterator[Any]:
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


def _child(
    server: str, spec: ServerSpec, settings: Settings, gone: Callable[[], None]
) -> AbstractAsyncContextManager[Any]:
    parameters = StdioServerParameters(
        command=spec.command or "",
        args=list(spec.args),
        env=_expanded(spec.env),
        cwd=spec.cwd or settings.workspace,
    )
    return _logged_child(parameters, settings.home / "logs" / f"{server}.log", gone)


@asynccontextmanager
async def _logged_child(parameters: StdioServerParameters, log: Path, gone: Callable[[], None]) -> AsyncIterator[Any]:
    # The child's stderr would be drawn over the terminal UI.
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


def _expanded(values: Mapping[str, str]) -> dict[str, str]:
    """`${NAME}` is taken from the environment. Raises `ValueError` if it is not there."""
    return {key: re.sub(r"\$\{(\w+)\}", lambda match: _variable(match[1]), value) for key, value in values.items()}


def _variable(name: str) -> str:
    if name not in os.environ:
        raise ValueError(f"환경 변수 {josa(name, '이/가')} 없습니다")
    return os.environ[name]
