"""All tool servers of one process: their connections, their catalog, and calls."""

import asyncio
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter, ValidationError

from agent import __version__
from agent.errors import SettingsError, ToolFailed, UsageError
from agent.settings import Settings
from agent.text import clean, one_line
from agent.tools.catalog import Catalog, Tool
from agent.tools.connection import Connection
from agent.tools.contract import OnProgress, OnTools
from agent.tools.results import Output, preview, read
from agent.tools.targets import BUILT_IN, built_in, configured

if TYPE_CHECKING:
    from mcp.types import Tool as ListedTool

IDEMPOTENCY_KEY, PREVIEW = "modu/idempotencyKey", "modu/preview"
_TOOLS: TypeAdapter[list[Tool]] = TypeAdapter(list[Tool])

_DESCRIPTION = 600
"""Characters of a description that are kept."""
_GUESTS = 3.0
"""Seconds that the first request waits for servers the user added."""

Outcome = tuple[Literal["absent", "started", "done"], Output | None]


class Hub:
    """Start it, then call; a server that dies or hangs fails its own calls and nothing else."""

    def __init__(self, settings: Settings) -> None:
        self.catalog = Catalog()
        self._cache = settings.home / "cache" / "tools"
        self._stamp = _stamp(settings)
        self._silence = settings.tool_timeout
        self._connections = {
            name: Connection(name, connect, self._listing(name), settings.tool_timeout if trusted else silence)
            for name, connect, trusted, silence in _targets(settings)
        }

    async def start(self) -> None:
        """Begin to connect. Returns when every server's tools are known: at once from the cache, else from itself.

        A built-in server whose tools are known is loaded by its first call (invariant 7). A server the user added is
        not waited for long: its tools are found when it has come.
        """
        for name, connection in self._connections.items():
            if cached := await asyncio.to_thread(self._read_cache, name):
                self.catalog.replace(name, cached)
            if not cached or name not in BUILT_IN:
                connection.start()
        unknown = [(name, one) for name, one in self._connections.items() if not self.catalog.of(name)]
        await asyncio.gather(*(one.settled(self._silence if name in BUILT_IN else _GUESTS) for name, one in unknown))

    async def close(self) -> None:
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))

    @property
    def states(self) -> dict[str, str]:
        """Each server and how it is, for people."""
        return {name: connection.state for name, connection in self._connections.items()}

    async def faults(self, patience: float = 15) -> dict[str, str]:
        """Each server and why it cannot be used; empty text where it can."""
        for connection in self._connections.values():
            connection.start()
        await asyncio.gather(*(connection.settled(patience) for connection in self._connections.values()))
        return {name: connection.fault for name, connection in self._connections.items()}

    async def call(self, tool: Tool, arguments: dict[str, Any], key: str, on_progress: OnProgress) -> Output:
        """Call a tool. Raises `ToolFailed` as `Connection.call`."""
        meta = {IDEMPOTENCY_KEY: key} if tool.trusted else {}
        return read(await self._to(tool.server).call(tool.name, arguments, meta, on_progress))

    async def preview(self, tool: Tool, arguments: dict[str, Any]) -> tuple[str, Output | None]:
        """What the call would do, by the server's own dry run; and the refusal if it would be refused."""
        if not tool.trusted:
            return json.dumps(arguments, ensure_ascii=False, indent=2), None
        result = await self._to(tool.server).call(tool.name, arguments, {PREVIEW: True}, _ignore)
        return ("", read(result)) if result.is_error else (preview(result), None)

    async def outcome(self, server: str, key: str) -> Outcome:
        """What became of a call with this key. Raises `ToolFailed` if the server cannot tell."""
        if server not in BUILT_IN:
            return "started", None
        result = await self._to(server).call("operation_outcome", {"key": key}, {}, _ignore)
        found = result.structured_content or {}
        recorded = found.get("result")
        if not recorded:
            return found.get("state", "started"), None
        return "done", read(result.model_copy(update={"structured_content": recorded}))

    async def ask(self, server: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """What a tool for the program answers. Raises `ToolFailed`, also where the server refuses."""
        result = await self._to(server).call(tool, arguments, {}, _ignore)
        if result.is_error:
            refused = read(result)
            raise ToolFailed(refused.text, code=refused.code)
        return result.structured_content or {}

    def _to(self, server: str) -> Connection:
        if server not in self._connections:
            raise ToolFailed(f"{server!r} 서버는 이번 실행에서 쓰지 않습니다.", code="not_found")
        connection = self._connections[server]
        connection.start()
        return connection

    def _listing(self, server: str) -> OnTools:
        async def take(listed: list["ListedTool"]) -> None:
            tools = [_tool(server, one) for one in listed]
            self.catalog.replace(server, tools)
            await asyncio.to_thread(self._write_cache, server, tools)

        return take

    def _read_cache(self, server: str) -> list[Tool] | None:
        path = self._cache / f"{server}-{self._stamp}.json"
        try:
            return _TOOLS.validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return None

    def _write_cache(self, server: str, tools: list[Tool]) -> None:
        path = self._cache / f"{server}-{self._stamp}.json"
        written = _TOOLS.dump_json(tools)
        try:
            if not path.exists() or path.read_bytes() != written:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _replace(path, written)
        except OSError:
            # A cache that cannot be written costs time, not function.
            return


async def _ignore(_progress: float, _total: float | None, _message: str | None) -> None:
    return


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(path)


def _distinct(names: list[str]) -> None:
    """Server and tool are joined by `_`: with `phone` and `phone_send`, one could pose as the other."""
    for name in names:
        if longer := next((other for other in names if other.startswith(f"{name}_")), None):
            raise SettingsError(
                f"도구 서버 이름 {longer!r} 은(는) {name!r} 서버의 도구와 헷갈립니다.",
                hint=f"config.toml 에서 [servers.{longer}] 의 이름을 바꾸세요. 예: {longer.replace('_', '-')}",
            )


def _targets(settings: Settings) -> list[tuple[str, Any, bool, float]]:
    _distinct([*BUILT_IN, *settings.servers])
    ours = [(name, built_in(name, settings), True, settings.tool_timeout) for name in BUILT_IN]
    theirs = [
        (name, configured(name, spec, settings), False, spec.timeout) for name, spec in sorted(settings.servers.items())
    ]
    known = [target for target in (*ours, *theirs) if not settings.only_servers or target[0] in settings.only_servers]
    if missing := set(settings.only_servers) - {target[0] for target in known}:
        raise UsageError(
            f"도구 서버가 없습니다: {', '.join(sorted(missing))}",
            hint=f"쓸 수 있는 서버: {', '.join([*BUILT_IN, *settings.servers])}",
        )
    return known


def _stamp(settings: Settings) -> str:
    """Tool lists hold for one version of the program and one configuration of the servers."""
    content = [__version__, settings.model_dump_json(include={"servers"}), *_sources()]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:12]


@cache
def _sources() -> tuple[str, ...]:
    """As they were when this process began with them: it never runs any others."""
    found = (Path(__file__).parents[2] / "mcp_servers").rglob("*.py")
    return tuple(f"{path.name}:{path.stat().st_mtime_ns}" for path in sorted(found))


def _tool(server: str, listed: "ListedTool") -> Tool:
    known = Tool(
        server=server,
        name=listed.name,
        title=one_line(clean(listed.title or listed.name)),
        description=one_line(clean(listed.description or listed.title or listed.name), _DESCRIPTION),
        parameters=listed.input_schema,
    )
    if server not in BUILT_IN:
        return known
    marks = listed.meta or {}
    return known.model_copy(
        update={
            "effect": marks.get("modu/effect", "change"),
            "core": bool(marks.get("modu/core")),
            "outside": bool(marks.get("modu/outside")),
            "host": bool(marks.get("modu/host")),
            "trusted": True,
        }
    )
