"""What a face may ask of the agent. Faces are typed against this and never import the runtime.

Everything that crosses is JSON-serialisable, so the same Protocols stand in front of a local socket.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agent.events import Event


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attachment(_Command):
    """Text that rides along with a request and is not the user's own words: standard input, a file."""

    source: str
    text: str


class ApprovalAnswered(_Command):
    """Answer to `ApprovalAsked`: the named calls may run, the others are declined."""

    type: Literal["approval"] = "approval"
    approved: tuple[str, ...] = ()
    """Call ids."""
    remember: Literal["once", "session"] = "once"
    """`session`: do not ask again for these tools in this session."""
    comment: str = ""
    """What the user said about it; the model reads it with a declined call."""


class QuestionAnswered(_Command):
    """Answer to `QuestionAsked`."""

    type: Literal["answer"] = "answer"
    text: str


class TurnContinued(_Command):
    """Go on with a turn that a crash interrupted."""

    type: Literal["continue"] = "continue"


Decision = Annotated[ApprovalAnswered | QuestionAnswered | TurnContinued, Field(discriminator="type")]
DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


class SessionSummary(_Command):
    """One line of the session list."""

    id: str
    title: str
    turns: int
    updated_at: datetime
    parked: bool
    """A turn waits for an approval or an answer."""


class Session(Protocol):
    """One conversation. Streams follow the protocol written in `agent.events`."""

    @property
    def id(self) -> str: ...

    def send(self, text: str, attachments: Sequence[Attachment] = ()) -> AsyncIterator[Event]:
        """Run one turn. Never raises for what a user can fix: that arrives as `Failure`."""
        ...

    def resume(self, decision: Decision) -> AsyncIterator[Event]:
        """Go on with a parked or interrupted turn, also after a restart."""
        ...

    async def cancel(self) -> None:
        """Stop the running turn: the model stream and the tools are closed, the transcript stays consistent."""
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

    async def close(self) -> None: ...
