"""A third-party MCP server: `python toy_server.py [stdio|silent] [--http PORT] [--legacy]`.

It behaves well or badly on request, and knows nothing of modu.
"""

import argparse
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
    ToolAnnotations,
    ToolListChangedNotification,
)
from pydantic import BaseModel

METHOD_NOT_FOUND = -32601


class Weather(BaseModel):
    """Structured output."""

    city: str
    degrees: float
    note: str | None = None


async def only_handshake(ctx: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
    """A server from before 2026: it knows neither discovery nor subscriptions."""
    if ctx.method in ("server/discover", "subscriptions/listen"):
        raise MCPError(METHOD_NOT_FOUND, "Method not found")
    return await call_next(ctx)


def build(*, legacy: bool) -> MCPServer:
    server = MCPServer("toy", middleware=[only_handshake] if legacy else [])
    for offer in (offer_plain, offer_slow, offer_deadly, offer_contents, offer_lists):
        offer(server)
    return server


def offer_plain(server: MCPServer) -> None:
    @server.tool(title="메아리\x1b[31m", annotations=ToolAnnotations(read_only_hint=True))
    async def echo(text: str) -> str:
        """Say the text again."""
        return text

    @server.tool()
    async def environment() -> dict[str, str]:
        """All variables this process sees."""
        return dict(os.environ)

    @server.tool()
    async def headers(ctx: Context) -> dict[str, str]:
        """The headers of this very request."""
        return dict(ctx.headers or {})

    @server.tool()
    async def process() -> int:
        """The process id."""
        return os.getpid()

    @server.tool()
    async def weather(city: str) -> Weather:
        """Structured output."""
        return Weather(city=city, degrees=-3.5)

    @server.tool()
    async def complain(text: str) -> str:
        """Write to stderr and to stdout, then fail."""
        print(text, file=sys.stderr, flush=True)
        raise ValueError(f"거절: {text}")


def offer_slow(server: MCPServer) -> None:
    @server.tool()
    async def hang(note: str) -> str:
        """Never answer; the file `note` says that it began and that it was cancelled."""
        path = Path(note)
        path.write_text("begun", encoding="utf-8")
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            path.write_text("cancelled", encoding="utf-8")
            raise
        return "never"

    @server.tool()
    async def progress(steps: int, pause: float, ctx: Context) -> str:
        """Say so at every step."""
        for step in range(steps):
            await anyio.sleep(pause)
            await ctx.report_progress(step + 1, steps, f"{step + 1}번째\x1b[2J")
        return "끝"


def offer_deadly(server: MCPServer) -> None:
    @server.tool()
    async def crash() -> str:
        """Die in the call."""
        os._exit(3)


def offer_contents(server: MCPServer) -> None:
    @server.tool()
    async def big(size: int) -> str:
        """A long text."""
        return "가" * size

    @server.tool()
    async def contents(kind: str) -> CallToolResult:
        """One of every kind of content."""
        return CONTENTS[kind]


def offer_lists(server: MCPServer) -> None:
    @server.tool()
    async def grow(ctx: Context) -> str:
        """Add a tool and say so."""
        server.add_tool(grown, name="grown", description="A tool that was not there before.")
        if (ctx.protocol_version or "") >= "2026-07-28":
            await ctx.notify_tools_changed()
        else:
            await ctx.session.send_notification(ToolListChangedNotification())
        return "늘었습니다"


async def grown() -> str:
    return "새 도구"


CONTENTS = {
    "text": CallToolResult(content=[TextContent(text="한글\x1b[31m\r\n둘째 줄")]),
    "image": CallToolResult(content=[ImageContent(data="AAECAw==", mime_type="image/png")]),
    "audio": CallToolResult(content=[AudioContent(data="AAEC", mime_type="audio/wav")]),
    "link": CallToolResult(content=[ResourceLink(uri="file:///memo.txt", name="메모")]),
    "embedded": CallToolResult(
        content=[EmbeddedResource(resource=TextResourceContents(uri="memo://1", text="회의는 세 시"))]
    ),
    "blob": CallToolResult(content=[EmbeddedResource(resource=BlobResourceContents(uri="memo://2", blob="AAEC"))]),
    "empty": CallToolResult(content=[]),
    "failed": CallToolResult(content=[TextContent(text="재고가 없습니다")], is_error=True),
    "failed silently": CallToolResult(content=[], is_error=True),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--http", type=int)
    parser.add_argument("--legacy", action="store_true")
    options = parser.parse_args()
    print(f"toy {os.getpid()} 시작", file=sys.stderr, flush=True)
    server = build(legacy=options.legacy)
    if options.http:
        server.run("streamable-http", host="127.0.0.1", port=options.http)
    else:
        server.run("stdio")


if __name__ == "__main__":
    main()
