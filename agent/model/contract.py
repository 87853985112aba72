"""The seam between the agent and whatever answers: messages in, clean typed deltas out.

A reply is any number of `Reasoning`, `Text` and `Call`, at most one `Tokens`, then exactly one `Finished`. `Remark` and
`Crossing` may stand anywhere before it; `Restarted` voids the reasoning and the text that came so far. Calls come last.
Everything that model servers get wrong ends below this line (invariant 6).
"""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from agent.contract import EngineStatus, Thinking


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
    thinking: Thinking | None = None
    """Default: as the profile says."""
    answer_schema: dict[str, Any] | None = None
    """The text must be JSON that fits. Never together with tools: servers then drop the calls."""
    private: bool = False
    """Goes to the user's own endpoint and to no other."""


class Reasoning(_Frozen):
    text: str


class Text(_Frozen):
    text: str


class Call(_Frozen):
    """A whole tool call. `fault` says why its arguments could not be read; then `arguments` is empty."""

    name: str
    arguments: dict[str, Any]
    fault: str = ""
    repaired: bool = False
    """The arguments were broken and have been mended; or the call stood in the thinking, or in the text of an answer
    to a request with outside text in it, where it may be an order that the model only repeats."""


class Tokens(_Frozen):
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class Remark(_Frozen):
    """What the user should know while waiting: the server is loading, a retry, another endpoint."""

    text: str


class Restarted(_Frozen):
    """The reply is asked for again."""


class Crossing(_Frozen):
    """The request is about to leave for an endpoint that is not the user's own: when the next delta is asked for."""

    endpoint: str
    place: Literal["company", "hosted"]
    masked: dict[str, int]
    """How many values of each category were replaced by placeholders."""
    size: int
    """Bytes."""


class Finished(_Frozen):
    reason: Literal["stop", "tool_calls", "length"]


Delta = Reasoning | Text | Call | Tokens | Remark | Restarted | Crossing | Finished


class ChatModel(Protocol):
    """Something that continues a conversation."""

    @property
    def name(self) -> str:
        """What the user sees: the served model name, or `offline`."""
        ...

    @property
    def context_tokens(self) -> int:
        """The window: prompt and answer together. May shrink when the server says that it is smaller."""
        ...

    @property
    def recalls_reasoning(self) -> bool:
        """Earlier reasoning is sent back, and so takes room in the window."""
        ...

    async def count(self, request: ChatRequest) -> int | None:
        """Prompt tokens by the server's own tokenizer, None if it has none or does not answer."""
        ...

    async def status(self) -> EngineStatus:
        """What the server tells of itself now."""
        ...

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Continue the conversation. Closing the iterator closes the connection.

        Raises:
            ModelUnavailable: no server answers.
            ModelFailed: the server answered with an error or nothing usable.
            ContextOverflow: the request is longer than the window.
        """
        ...

    async def close(self) -> None: ...
