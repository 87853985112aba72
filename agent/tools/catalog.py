"""The tools of all servers: a short stable list for the model, and a search over the rest."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema
from pydantic import BaseModel, ConfigDict

from agent.errors import ToolFailed
from agent.events import Effect
from agent.model.contract import ToolSpec


class Tool(BaseModel):
    """One tool of one server, with what we believe about it."""

    model_config = ConfigDict(frozen=True)

    server: str
    name: str
    title: str = ""
    description: str = ""
    parameters: dict[str, Any]
    effect: Effect = "change"
    """Believed only of built-in servers; any other tool counts as a change."""
    core: bool = False
    outside: bool = True
    host: bool = False
    """For the program, never for the model."""
    trusted: bool = False
    """Belongs to a built-in server."""

    @property
    def offered_as(self) -> str:
        """The name the model calls it by."""
        return f"{self.server}_{self.name}"

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises `ToolFailed` if the arguments do not fit the schema."""
        try:
            jsonschema.validate(dict(arguments), self.parameters)
        except jsonschema.ValidationError as error:
            where = ".".join(map(str, error.absolute_path)) or "인자"
            raise ToolFailed(f"{where}: {error.message}. 도구 설명에 맞게 고쳐 부르세요.", code="invalid") from error
        except jsonschema.SchemaError:
            # A third-party server's broken schema is for that server to judge.
            return


class Catalog:
    """What is known of every server's tools; changes when a server says so."""

    def __init__(self) -> None:
        self._tools: dict[str, Tool] = {}

    def replace(self, server: str, tools: Iterable[Tool]) -> None:
        """Take over a server's list."""
        kept = {name: tool for name, tool in self._tools.items() if tool.server != server}
        self._tools = kept | {tool.offered_as: tool for tool in tools}

    def of(self, server: str) -> list[Tool]:
        return [tool for tool in self._tools.values() if tool.server == server]

    def core(self) -> tuple[ToolSpec, ...]:
        """What the first request offers: always in the same order, whatever order the servers answered in."""
        chosen = sorted((tool for tool in self._tools.values() if tool.core and not tool.host), key=_place)
        return tuple(
            ToolSpec(name=tool.offered_as, description=tool.description, parameters=tool.parameters) for tool in chosen
        )

    def get(self, offered_as: str) -> Tool:
        """Raises `ToolFailed` if there is no such tool."""
        tool = self._tools.get(offered_as)
        if tool is None or tool.host:
            near = ", ".join(one.offered_as for one in self.find(offered_as.replace("_", " "), 3))
            raise ToolFailed(f"{offered_as!r} 도구는 없습니다. 비슷한 도구: {near or '없음'}", code="not_found")
        return tool

    def find(self, query: str, limit: int = 8) -> list[Tool]:
        """The tools whose name, title or description share most with the query."""
        words = [word for word in query.casefold().split() if word]
        scored = [(_score(tool, words), tool) for tool in self._tools.values() if not tool.host]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: (-pair[0], _place(pair[1])))
        return [tool for _, tool in best[:limit]]


def described(tools: Iterable[Tool]) -> str:
    """Names and schemas as the model reads them from `find_tools`."""
    listed = [
        {"tool": tool.offered_as, "description": tool.description, "parameters": tool.parameters} for tool in tools
    ]
    return json.dumps({"tools": listed}, ensure_ascii=False, separators=(",", ":"))


_SERVER_ORDER = ("calendar", "phone", "search", "code")


def _place(tool: Tool) -> tuple[int, str, str]:
    known = tool.server in _SERVER_ORDER
    return (_SERVER_ORDER.index(tool.server) if known else len(_SERVER_ORDER), tool.server, tool.name)


def _score(tool: Tool, words: list[str]) -> int:
    name, rest = tool.offered_as.casefold(), f"{tool.title} {tool.description}".casefold()
    return sum(3 * (word in name) + 2 * (word in rest) + (word[:2] in rest) for word in words)
