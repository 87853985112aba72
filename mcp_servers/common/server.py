"""The MCP server every tool server is: Korean refusals, flat schemas, and the marks the agent reads.

A tool's `_meta` carries `modu/core` (offered to the model from the start), `modu/effect` (what it does to the world),
`modu/outside` (its text comes from outside) and `modu/host` (for the program, never for the model).
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.types import CallToolResult, InputRequiredResult, TextContent, Tool, ToolAnnotations
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from mcp_servers.common.database import Database
from mcp_servers.common.operation import Outcome
from mcp_servers.common.refusal import Refused
from mcp_servers.common.schema import flat

log = logging.getLogger(__name__)

VERSION = "1"
"""Of the tools' names, parameters and results."""

Effect = Literal["change", "edit", "send", "execute", "delete"]
ToolFunction = TypeVar("ToolFunction", bound=Callable[..., Any])


class ToolServer(MCPServer[None]):
    """`read` and `change` register tools; everything else is the SDK's."""

    def __init__(self, title: str, *, server: str, instructions: str, database: Database) -> None:
        """The database is closed when the server stops."""

        @asynccontextmanager
        async def lifespan(_: MCPServer[None]) -> AsyncIterator[None]:
            try:
                yield
            finally:
                await database.close()

        super().__init__(
            server, title=title, version=VERSION, instructions=instructions, lifespan=lifespan, log_level="WARNING"
        )

    def read(self, title: str, *, core: bool = False, outside: bool = False) -> Callable[[ToolFunction], ToolFunction]:
        """Register a tool that changes nothing."""
        return self.tool(
            title=title,
            annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
            meta={"modu/core": core, "modu/effect": "read", "modu/outside": outside},
        )

    def change(
        self, title: str, *, effect: Effect, core: bool = False, outside: bool = False
    ) -> Callable[[ToolFunction], ToolFunction]:
        """Register a tool that changes the world, once per idempotency key."""
        return self.tool(
            title=title,
            annotations=ToolAnnotations(
                read_only_hint=False,
                destructive_hint=effect in ("delete", "execute", "edit"),
                idempotent_hint=False,
                open_world_hint=effect in ("send", "execute"),
            ),
            meta={"modu/core": core, "modu/effect": effect, "modu/outside": outside},
        )

    def host(self, title: str) -> Callable[[ToolFunction], ToolFunction]:
        """Register a tool for the program; no model ever sees it."""
        return self.tool(
            title=title,
            annotations=ToolAnnotations(read_only_hint=True),
            meta={"modu/host": True, "modu/effect": "read"},
        )

    def serve_outcomes(self, outcome: Callable[[str], Awaitable[Outcome]]) -> None:
        """Let the program ask what became of an operation (recovery after a crash)."""

        @self.host("작업 결과 조회")
        async def operation_outcome(key: str) -> Outcome:
            """멱등 키로 작업이 끝났는지 알려 준다."""
            return await outcome(key)

    async def list_tools(self) -> list[Tool]:
        return [
            tool.model_copy(update={"input_schema": flat(tool.input_schema)}) for tool in await super().list_tools()
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            match error.__cause__ or error:
                case Refused() as refused:
                    return _failed(str(refused), refused.code)
                case ValidationError() as invalid:
                    return _failed(_explain(invalid), "invalid")
                case DBAPIError() | OSError() as fault:
                    log.exception("%s", name)
                    return _failed(f"저장소를 쓸 수 없습니다: {_storage_fault(fault)}", "unavailable")
            if isinstance(error, UnexpectedToolError):
                log.exception("%s", name)
                return _failed(f"{name} 도구 안에서 오류가 났습니다. 다른 방법을 쓰거나 로그를 확인하세요.", "internal")
            raise


def _failed(message: str, code: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True, _meta={"modu/error": code})


def _storage_fault(fault: DBAPIError | OSError) -> str:
    text = str(fault.orig) if isinstance(fault, DBAPIError) else str(fault.strerror)
    known = {
        "disk is full": "디스크가 가득 찼습니다",
        "No space left": "디스크가 가득 찼습니다",
        "readonly": "읽기만 되는 폴더입니다",
        "Read-only": "읽기만 되는 폴더입니다",
        "unable to open": "파일을 열 수 없습니다",
        "disk I/O": "디스크에 쓸 수 없습니다",
        "locked": "다른 프로세스가 오래 쓰고 있습니다",
    }
    return next((korean for english, korean in known.items() if english in text), text)


_REASONS = {
    "missing": "꼭 필요한 값이 없습니다",
    "string_type": "글자여야 합니다",
    "int_type": "정수여야 합니다",
    "int_parsing": "정수여야 합니다",
    "bool_parsing": "true 또는 false여야 합니다",
    "list_type": "목록이어야 합니다",
    "string_too_short": "비어 있습니다",
    "string_too_long": "너무 깁니다",
    "too_short": "비어 있습니다",
    "too_long": "너무 많습니다",
    "extra_forbidden": "없는 인자입니다",
    "greater_than_equal": "너무 작습니다",
    "less_than_equal": "너무 큽니다",
}


def _explain(invalid: ValidationError) -> str:
    faults = [
        f"{'.'.join(map(str, fault['loc']))}: {_REASONS.get(fault['type'], fault['msg'])}" for fault in invalid.errors()
    ]
    return "인자가 올바르지 않습니다. " + "; ".join(faults)
