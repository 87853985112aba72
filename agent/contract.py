"""What a face may ask of the agent. Faces are typed against this and never import the runtime.

Everything that crosses is JSON-serialisable, so the same Protocols stand in front of a local socket.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from agent.events import Event


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attachment(_Command):
    """Text that rides along with a request and is not the user's own words: standard input, a file."""

    source: str
    text: str


_SPOKEN = {True: "on", False: "off"}
Thinking = Annotated[
    Literal["on", "off"] | Annotated[int, Field(gt=0)],
    BeforeValidator(lambda value: _SPOKEN[value] if isinstance(value, bool) else value),
]
"""Whether the model thinks before it answers; a number lets it think for so many tokens."""


class RequestOptions(_Command):
    """How one request wants to be answered."""

    thinking: Thinking | None = None
    """Default: as settings and profile say."""
    private: bool = False
    """This request, and all that follows while it is in the context, goes to the user's own model server only."""
    answer_schema: dict[str, Any] | None = None
    """The answer must also come as JSON that fits this schema; it arrives in `TurnFinished.data`."""


AS_USUAL = RequestOptions()


class ApprovalAnswered(_Command):
    """Answer to `ApprovalAsked`: the named calls may run, the others are declined."""

    type: Literal["approval"] = "approval"
    approved: tuple[str, ...] = ()
    """Call ids."""
    remember: Literal["once", "session"] = "once"
    """`session`: do not ask again for these tools in this session."""
    comment: str = ""
    """What the user said about it; the model reads it with a declined call."""
    asked: tuple[str, ...] = ()
    """The call ids of the question that was shown, so that a later one is never answered by it; empty: the open one."""


class QuestionAnswered(_Command):
    """Answer to `QuestionAsked`."""

    type: Literal["answer"] = "answer"
    text: str
    asked: tuple[str, ...] = ()
    """As in `ApprovalAnswered`."""


class TurnContinued(_Command):
    """Go on with a turn that a crash interrupted."""

    type: Literal["continue"] = "continue"


Decision = Annotated[ApprovalAnswered | QuestionAnswered | TurnContinued, Field(discriminator="type")]
DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


class Numbered(_Command):
    """An event where it stands in its session, the same for every reader."""

    epoch: str
    """Within one epoch numbers go on without a gap; a restarted process begins another epoch."""
    number: int
    key: str = ""
    """`TURN/what`: names the event also in another epoch. Empty for what only passes by: deltas and progress."""
    event: Event


class Position(_Command):
    """How far a reader has come, so that it goes on from there after a lost connection or a restart."""

    epoch: str = ""
    number: int = 0
    turn: int = 0
    """The newest turn it has seen."""
    keys: tuple[str, ...] = ()
    """Of that turn, the events it has seen."""
    partial: bool = False
    """It has seen a part of a reply that was not finished."""


class SessionSummary(_Command):
    """One line of the session list."""

    id: str
    title: str
    turns: int
    updated_at: datetime
    parked: bool
    """A turn waits for an approval or an answer."""


class ContextPart(_Command):
    """What one kind of content takes of the window."""

    name: str
    """In Korean, for people: 시스템 지시문, 도구 설명, 사용자, 답과 호출, 생각, 도구 결과."""
    tokens: int


class ContextUse(_Command):
    """What fills the model's window now."""

    window: int
    """Tokens."""
    used: int
    exact: bool
    """Counted by the model server's tokenizer, not estimated."""
    parts: tuple[ContextPart, ...]


class EngineStatus(_Command):
    """What a model server tells of itself; a figure it does not give is None, never zero."""

    engine: str
    """vllm, sglang, llamacpp, ollama, lmstudio, openai or offline."""
    version: str | None = None
    model: str
    url: str
    context_tokens: int
    kv_usage: float | None = None
    """Share of the KV cache in use, 0 to 1."""
    prefix_queries: int | None = None
    prefix_hits: int | None = None
    """Tokens looked up in, and found in, the prefix cache since the server started."""
    running: int | None = None
    waiting: int | None = None
    """Requests."""


class Session(Protocol):
    """One conversation, which several faces may hold at once. Streams follow the protocol written in `agent.events`.

    A face that leaves a stream leaves the turn running; `cancel` ends it, whoever began it.
    """

    @property
    def id(self) -> str: ...

    def send(
        self, text: str, attachments: Sequence[Attachment] = (), options: RequestOptions = AS_USUAL
    ) -> AsyncIterator[Event]:
        """Run one turn, after the one that another face has running. Never raises for what a user can fix: that
        arrives as `Failure`."""
        ...

    def resume(self, decision: Decision) -> AsyncIterator[Event]:
        """Go on with a parked or interrupted turn, also after a restart. Of several answers to one question the first
        counts; who comes later is told so and sees the turn go on."""
        ...

    def follow(self, position: Position | None = None) -> AsyncIterator[Numbered]:
        """What has happened since, then everything as it happens, whichever face caused it; it does not end by itself.

        Without a position: from the start of the history (`history` at once), then live. A question that is still
        open is its last event until somebody answers.
        """
        ...

    async def cancel(self) -> None:
        """Stop the running turn: the model stream and the tools are closed, the transcript stays consistent."""
        ...

    def answer_now(self) -> None:
        """Stop the thinking that is going on and let the model answer; nothing happens where it is not thinking."""
        ...

    async def pin(self, text: str) -> None:
        """A fact that stays in the model's context whatever is compacted. Raises `UsageError`, `StorageError`."""
        ...

    async def context(self) -> ContextUse:
        """What fills the model's window. Starts the model if it has not started."""
        ...

    async def history(self) -> list[Event]:
        """The events that a reader who arrives late needs to draw the session so far (no deltas, whole texts)."""
        ...


class Assistant(Protocol):
    """The sessions of one home folder."""

    async def open(self, session_id: str | None = None) -> Session:
        """Open a session, or a new one. Raises `UsageError` if there is none of that id."""
        ...

    async def sessions(self, limit: int = 50) -> list[SessionSummary]:
        """The most recent first."""
        ...

    async def delete(self, session_id: str) -> None: ...

    async def engine(self) -> EngineStatus:
        """The model server as it is now: KV use, prefix hits, queue. Starts the model if it has not started."""
        ...

    async def close(self) -> None: ...
