"""What an MCP client connects to: a built-in server in this process, a child process, or an address."""

import asyncio
import importlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from agent.errors import SettingsError
from agent.settings import ServerSpec, Settings

BUILT_IN = ("calendar", "phone", "search", "code")

Target = Any
"""Whatever `mcp.Client` accepts."""
Connect = Callable[[], Awaitable[Target]]


def built_in(server: str, settings: Settings) -> Connect:
    """The server's module is imported in a thread: it takes most of a second, and the screen must not stop."""

    async def connect() -> Target:
        module = await asyncio.to_thread(importlib.import_module, f"mcp_servers.{server}.server")
        return module.create(settings.server_environment)

    return connect


def configured(server: str, spec: ServerSpec, settings: Settings) -> Connect:
    """Raises `SettingsError` if the entry names neither a command nor an address, or both."""
    if bool(spec.command) == bool(spec.url):
        raise SettingsError(
            f"도구 서버 {server!r} 에는 command 나 url 가운데 하나만 적어야 합니다.",
            hint=f"config.toml 의 [servers.{server}] 를 고치세요.",
        )

    async def connect() -> Target:
        if spec.url:
            return _http(spec.url, {key: _expand(value) for key, value in spec.headers.items()})
        return _child(server, spec, settings)

    return connect


@asynccontextmanager
async def _http(url: str, headers: dict[str, str]) -> AsyncIterator[Any]:
    timeout = httpx2.Timeout(30, read=None)
    async with (
        httpx2.AsyncClient(headers=headers, timeout=timeout, follow_redirects=False) as http,
        # A result over 1 MiB that travels as one SSE event would fail otherwise.
        streamable_http_client(url, http_client=http, max_sse_event_size=None) as streams,
    ):
        yield streams


def _child(server: str, spec: ServerSpec, settings: Settings) -> AbstractAsyncContextManager[Any]:
    parameters = StdioServerParameters(
        command=spec.command or "",
        args=list(spec.args),
        env={key: _expand(value) for key, value in spec.env.items()},
        cwd=spec.cwd or settings.workspace,
    )
    return _logged_child(parameters, settings.home / "logs" / f"{server}.log")


@asynccontextmanager
async def _logged_child(parameters: StdioServerParameters, log: Path) -> AsyncIterator[Any]:
    # The child's stderr would be drawn over the terminal UI.
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as errors:
        async with stdio_client(parameters, errlog=errors) as streams:
            yield streams


def _expand(value: str) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: os.environ.get(match[1], ""), value)
