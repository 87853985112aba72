"""The tools of all servers: a short stable list for the model, and a search over the rest."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent.errors import ToolFailed
from agent.events import Effect
from agent.model.contract import ToolSpec
from agent.text import clean, clip


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
        # Loaded only now: most turns call no tool of a third party.
        from agent.tools.fitness import misfit

        if wrong := misfit(self.parameters, arguments):
            raise ToolFailed(f"{wrong}. 도구 설명에 맞게 고쳐 부르세요.", code="invalid")


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

    def serving(self, name: str) -> list[str]:
        """The servers that have a tool of this name for the program."""
        return [tool.server for tool in self._tools.values() if tool.host and tool.name == name]

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
        words = [word for word in re.findall(r"[^\W_]+", clean(query).casefold()) if word not in _EMPTY]
        scored = [(_score(tool, words), tool) for tool in self._tools.values() if not tool.host]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: (-pair[0], pair[1].core, _place(pair[1])))
        return [tool for _, tool in best[:limit]]


def described(tools: Iterable[Tool]) -> str:
    """Names and schemas as the model reads them from `find_tools`, the best first, as far as they fit."""
    listed: list[str] = []
    for tool in tools:
        shown = {"tool": tool.offered_as, "description": tool.description, "parameters": tool.parameters}
        text = clip(json.dumps(shown, ensure_ascii=False, separators=(",", ":")), _SHOWN)
        if listed and sum(map(len, listed)) + len(text) > _SHOWN:
            break
        listed.append(text)
    if not listed:
        return "맞는 도구가 없습니다. 다른 낱말이나 영어로 다시 찾으세요."
    return f'{{"tools":[{",".join(listed)}]}}'


_SHOWN = 6_000
"""Characters of what `find_tools` shows."""
_EMPTY = frozenset(("a", "an", "the", "and", "for", "with", "from", "tool", "tools", "도구"))
_SERVER_ORDER = ("calendar", "phone", "search", "code")


def _place(tool: Tool) -> tuple[int, str, str]:
    known = tool.server in _SERVER_ORDER
    return (_SERVER_ORDER.index(tool.server) if known else len(_SERVER_ORDER), tool.server, tool.name)


def _score(tool: Tool, words: list[str]) -> float:
    name = tool.offered_as.replace("_", " ").casefold()
    rest = f"{tool.title} {tool.description} {' '.join(tool.parameters.get('properties', ()))}".casefold()
    return sum(2 * _share(word, name) + _share(word, rest) for word in words)


def _share(word: str, text: str) -> float:
    """How much of the word begins a word of the text: Korean particles and English endings need not match."""
    least = 3 if word.isascii() else 2
    for length in range(len(word), least - 1, -1):
        if re.search(rf"\b{re.escape(word[:length])}", text):
            return length / len(word) if 2 * length >= len(word) else 0
    return 0
