"""What hub and connections say to each other; loads nothing that speaks MCP."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from agent.errors import ToolFailed

if TYPE_CHECKING:
    from mcp.types import Tool as ListedTool

Target = Any
"""Whatever `mcp.Client` accepts."""
Connect = Callable[[Callable[[], None]], Awaitable[Target]]
"""Calls back when the other side has gone, if it can tell."""
OnTools = Callable[[list["ListedTool"]], Awaitable[None]]
OnProgress = Callable[[float, float | None, str | None], Awaitable[None]]


class Forgotten(ToolFailed):
    """A handshake-era HTTP server was restarted: it has refused the call without looking at it."""
