"""Hubs on the toy server, as child process or over HTTP, and what the tests ask of them."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agent.settings import ServerSpec, Settings
from agent.tools.hub import Hub
from agent.tools.results import Output
from tests.preloaded import ROOT, SEEN, Forked, fits

TOY = Path(__file__).with_name("toy_server.py")


def toy(*options: object, **changed: Any) -> ServerSpec:
    """The toy server as a child of the hub."""
    return ServerSpec(command=sys.executable, args=(str(TOY), *map(str, options)), **changed)


@asynccontextmanager
async def hub_on(settings: Settings) -> AsyncIterator[Hub]:
    """A started hub; when it has closed, none of its tasks is left."""
    before = asyncio.all_tasks()
    hub = Hub(settings)
    try:
        await hub.start()
        yield hub
    finally:
        await hub.close()
    await until(lambda: asyncio.all_tasks() <= before)


async def call(hub: Hub, tool: str, /, **arguments: Any) -> Output:
    if not hub.catalog.of(tool.partition("_")[0]):
        await hub.faults()
    return await hub.call(hub.catalog.get(tool), arguments, "k", ignore)


async def ignore(_progress: float, _total: float | None, _message: str | None) -> None:
    return


async def until(holds: Callable[[], object], within: float = 15) -> None:
    async with asyncio.timeout(within):
        while not holds():
            await asyncio.sleep(0.01)


async def connected(hub: Hub, *servers: str) -> None:
    """Wait until the servers can be called."""
    faults = await hub.faults()
    assert not [faults[server] for server in servers if faults[server]]


async def noticed(hub: Hub, server: str) -> str:
    """Wait until the server is known to be away, and say why."""
    async with asyncio.timeout(20):
        while not (fault := (await hub.faults(patience=0))[server]):
            await asyncio.sleep(0.01)
    return fault


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def toy_over_http(*options: object, port: int = 0) -> AsyncIterator[str]:
    """The toy server at an address; leaving kills it."""
    port = port or free_port()
    command = [sys.executable, "-m", "tests.agent.toy_server", "--http", str(port), *map(str, options)]
    start = Forked if fits(SEEN) else subprocess.Popen
    with start(command, cwd=ROOT, env=SEEN, stderr=subprocess.DEVNULL) as process:
        try:
            await until(lambda: _answers(port))
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.kill()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
