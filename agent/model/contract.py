"""The seam between the agent and whatever answers: messages in, clean typed deltas out.

A reply is any number of `Reasoning`, `Text` and `Call`, at most one `Tokens`, then exactly one `Finished`.
Everything that model servers get wrong ends below this line (invariant 6).
"""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SystemMessage(_Frozen):
    role: Literal["system"] = "system"
    text: str


class UserMessage(_Frozen):
    role: Literal["user"] = "user"
    text: str
    """The user's own words."""
    attached: str = ""
    """Text from outside that came along; rendered marked."""
    aside: str = ""
    """A line of the program's own: the date, the mode."""


class CallMessage(_Frozen):
    """One tool call of an assistant message, as it is echoed to the server."""

    id: str
    name: str
    arguments: dict[str, Any]


class AssistantMessage(_Frozen):
    role: Literal["assistant"] = "assistant"
    text: str = ""
    reasoning: str = ""
    calls: tuple[CallMessage, ...] = ()


class ToolMessage(_Frozen):
    role: Literal["tool"] = "tool"
    call_id: str
    tool: str
    """The name the model called, e.g. `calendar_search_events`."""
    text: str
    """The result: compact JSON of the structured result, or the tool's text."""
    failed: bool = False
    outside: bool = False
    """Came from outside; rendered marked."""


Message = Annotated[
    SystemMessage | UserMessage | AssistantMessage | ToolMessage,
    Field(discriminator="role"),
]


class ToolSpec(_Frozen):
    """A tool as offered to the model."""

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON schema of the arguments, flat and without titles."""


class ChatRequest(_Frozen):
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()


class Reasoning(_Frozen):
    text: str


class Text(_Frozen):
    text: str


class Call(_Frozen):
    """A whole tool call. `fault` says why its arguments could not be read; then `arguments` is empty."""

    name: str
    arguments: dict[str, Any]
    fault: str = ""


class Tokens(_Frozen):
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class Finished(_Frozen):
    reason: Literal["stop", "tool_calls", "length"]


Delta = Reasoning | Text | Call | Tokens | Finished


class ChatModel(Protocol):
    """Something that continues a conversation."""

    @property
    def name(self) -> str:
        """What the user sees: the served model name, or `offline`."""
        ...

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Continue the conversation. Closing the iterator closes the connection.

        Raises:
            ModelUnavailable: no server answers.
            ModelFailed: the server answered with an error or nothing usable.
        """
        ...

    async def close(self) -> None: ...
