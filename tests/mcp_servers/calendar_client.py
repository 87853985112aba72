"""The calendar server as its tests meet it: tools called by a real client."""

from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent, Tool

from mcp_servers.common.server import ToolServer

NOW = "2026-11-18T10:30:00+09:00"
"""A Wednesday."""


def text_of(content: Any) -> str:
    assert isinstance(content, TextContent)
    return content.text


class Tools:
    """Calls tools, each by a real client of its own; a refusal is its code and text."""

    def __init__(self, server: ToolServer | StdioServerParameters) -> None:
        self.server = server

    async def _call(self, tool: str, arguments: dict[str, Any], meta: dict[str, Any] | None = None) -> CallToolResult:
        async with Client(self.server) as client:
            return await client.call_tool(tool, arguments, meta=meta)

    async def listed(self) -> list[Tool]:
        async with Client(self.server) as client:
            return (await client.list_tools()).tools

    async def __call__(self, tool: str, meta: dict[str, Any] | None = None, /, **arguments: Any) -> dict[str, Any]:
        result = await self._call(tool, arguments, meta)
        assert not result.is_error, text_of(result.content[0])
        assert isinstance(result.structured_content, dict)
        return result.structured_content

    async def refused(self, tool: str, **arguments: Any) -> tuple[str, str]:
        result = await self._call(tool, arguments)
        assert result.is_error
        assert result.meta
        return result.meta["modu/error"], text_of(result.content[0])


def environment(home: Path) -> dict[str, str]:
    return {"MODU_HOME": str(home), "MODU_NOW": NOW, "MODU_WORKSPACE": str(home)}


async def titles(tools: Tools, **query: Any) -> list[str]:
    return [event["title"] for event in (await tools("search_events", **query))["items"]]
