"""A third-party MCP server as a child process: it behaves well or badly on request, and knows nothing of modu.

`python toy_server.py [--http PORT] [--legacy] [--secret WORD] [--wait-for FILE] [--grown-if FILE]`
"""

import argparse
import gc
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.runner import serve_loop
from mcp.server.stdio import stdio_server
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
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# Nothing of what was loaded goes away: to look through it, now and at the end, would take a third of a short life.
gc.freeze()

MODERN = "2026-07-28"


class Weather(BaseModel):
    """Structured output."""

    city: str
    degrees: float
    note: str | None = None


async def lie(ctx: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
    """The weather of Atlantis is not what was promised."""
    if ctx.method == "tools/call" and "Atlantis" in str(ctx.params):
        return CallToolResult(content=[], structured_content={"city": 0})
    return await call_next(ctx)


def build() -> MCPServer:
    server = MCPServer("toy", middleware=[lie])
    for offer in (offer_plain, offer_slow, offer_contents, offer_lists):
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
    async def process() -> str:
        """The process id."""
        return str(os.getpid())

    @server.tool()
    async def weather(city: str) -> Weather:
        """Structured output."""
        return Weather(city=city, degrees=-3.5)

    @server.tool()
    async def complain(text: str) -> str:
        """Write to stderr and to stdout, then fail."""
        print(text, file=sys.stderr, flush=True)
        raise ToolError(f"거절: {text}")


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
        if (ctx.protocol_version or "") >= MODERN:
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


async def serve_old_stdio(server: MCPServer) -> None:
    """As a server from before 2026: the handshake and nothing else."""
    low = server._lowlevel_server
    async with stdio_server() as (incoming, outgoing), low.lifespan(low) as state:
        await serve_loop(low, incoming, outgoing, lifespan_state=state)


class Door:
    """Before the HTTP application: what an old or a closed server answers."""

    def __init__(self, app: ASGIApp, *, legacy: bool, secret: str | None) -> None:
        self.app = app
        self.legacy = legacy
        self.secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif self.secret and headers.get(b"authorization") != f"Bearer {self.secret}".encode():
            await JSONResponse({"error": "unauthorized"}, status_code=401)(scope, receive, send)
        elif self.legacy and headers.get(b"mcp-protocol-version") == MODERN.encode():
            await JSONResponse({"error": "unsupported protocol version"}, status_code=400)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def serve_http(server: MCPServer, port: int, *, legacy: bool, secret: str | None) -> None:
    app = server.streamable_http_app()
    app.add_middleware(Door, legacy=legacy, secret=secret)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--http", type=int)
    parser.add_argument("--legacy", action="store_true")
    parser.add_argument("--secret")
    parser.add_argument("--wait-for", type=Path)
    parser.add_argument("--grown-if", type=Path)
    options = parser.parse_args()
    print(f"toy {os.getpid()}", file=sys.stderr, flush=True)
    while options.wait_for and not options.wait_for.exists():
        time.sleep(0.02)
    server = build()
    if options.grown_if and options.grown_if.exists():
        server.add_tool(grown, name="grown", description="A tool that was not there before.")
    if options.http:
        serve_http(server, options.http, legacy=options.legacy, secret=options.secret)
    elif options.legacy:
        anyio.run(serve_old_stdio, server)
    else:
        server.run("stdio")


if __name__ == "__main__":
    main()
