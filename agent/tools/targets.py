"""What an MCP client connects to: a built-in server in this process, a child process, or an address."""

import asyncio
import importlib
import re
from collections.abc import Callable, Mapping

from agent.josa import josa
from agent.settings import ServerSpec, Settings
from agent.tools.contract import Connect, Target

BUILT_IN = ("calendar", "phone", "search", "code")
_INHERITED = ("PATH", "HOME")


def built_in(server: str, settings: Settings) -> Connect:
    """The server's module is imported in a thread: it takes most of a second, and the screen must not stop."""

    async def connect(_gone: Callable[[], None]) -> Target:
        module = await asyncio.to_thread(importlib.import_module, f"mcp_servers.{server}.server")
        return module.create(settings.server_environment)

    return connect


def configured(server: str, spec: ServerSpec, settings: Settings) -> Connect:
    """A child process is started, or an address called, at every attempt to connect."""

    async def connect(gone: Callable[[], None]) -> Target:
        # Costs nothing here: whoever connects has loaded what speaks MCP.
        from agent.tools.transports import child, over_http

        if spec.url:
            return over_http(spec.url, _expanded(spec.headers, settings))
        log = settings.home / "logs" / f"{server}.log"
        return child(
            spec.command or "", spec.args, _environment(spec, settings), spec.cwd or settings.workspace, log, gone
        )

    return connect


def _environment(spec: ServerSpec, settings: Settings) -> dict[str, str]:
    """What a child sees. Where another process is the face, its own PATH and HOME are meant."""
    of_the_face = () if settings.variables is None else _INHERITED
    inherited = {name: value for name in of_the_face if (value := settings.variable(name))}
    return inherited | _expanded(spec.env, settings)


def _expanded(values: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """`${NAME}` is taken from the environment. Raises `ValueError` if it is not there."""
    return {
        key: re.sub(r"\$\{(\w+)\}", lambda match: _variable(match[1], settings), value) for key, value in values.items()
    }


def _variable(name: str, settings: Settings) -> str:
    value = settings.variable(name)
    if value is None:
        raise ValueError(f"환경 변수 {josa(name, '이/가')} 없습니다")
    return value
