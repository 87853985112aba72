"""A tool's refusal: an expected failure whose text tells the model what would work instead."""

from typing import Literal

from mcp.server.mcpserver.exceptions import ToolError

Code = Literal["not_found", "ambiguous", "invalid", "conflict", "forbidden", "unavailable", "too_large", "unsupported"]


class Refused(ToolError):
    """The request cannot be met. The Korean message is for the model and says what would work."""

    def __init__(self, message: str, *, code: Code = "invalid") -> None:
        super().__init__(message)
        self.code = code
