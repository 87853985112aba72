"""Everything a face may see of a session, and the protocol in which it comes.

A stream (`Session.send` or `Session.resume`) is: `TurnStarted` (only after `send`), any number of the others, and
exactly one last event: `TurnFinished`, or `ApprovalAsked` / `QuestionAsked`, which park the turn until
`Session.resume`. A call is `ToolCallProposed`, then `ToolCallApproved` where policy or a person let it through,
`ToolCallStarted`, any `ToolCallProgress`, `ToolCallFinished`; a refused call goes from proposed straight to finished.
`ReplyRestarted` voids the text and the reasoning of the reply that is coming in, which then comes again from its start.
`Failure` comes directly before the `TurnFinished` whose `stop_reason` is `error`.

Events are plain data: frozen, closed, JSON both ways.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

StopReason = Literal["done", "needs_approval", "max_turns", "cancelled", "error"]
Effect = Literal["read", "change", "edit", "send", "execute", "delete"]
CallStatus = Literal["done", "failed", "declined", "cancelled", "unknown"]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TurnStarted(_Event):
    type: Literal["turn_started"] = "turn_started"
    session: str
    turn: int
    text: str
    """What the user said, after normalisation."""


class ReasoningDelta(_Event):
    type: Literal["reasoning_delta"] = "reasoning_delta"
    text: str


class TextDelta(_Event):
    type: Literal["text_delta"] = "text_delta"
    text: str


class ReplyRestarted(_Event):
    """The reply broke off and is asked for again: its text and reasoning so far are void.

    A reply begins after `TurnStarted` or the last `ToolCallFinished`.
    """

    type: Literal["reply_restarted"] = "reply_restarted"


class ToolCallProposed(_Event):
    type: Literal["tool_call_proposed"] = "tool_call_proposed"
    call_id: str
    server: str
    tool: str
    title: str
    """What the tool does, in a few Korean words for people."""
    arguments: dict[str, Any]


class ToolCallApproved(_Event):
    type: Literal["tool_call_approved"] = "tool_call_approved"
    call_id: str
    by: Literal["policy", "user"]


class ToolCallStarted(_Event):
    type: Literal["tool_call_started"] = "tool_call_started"
    call_id: str


class ToolCallProgress(_Event):
    type: Literal["tool_call_progress"] = "tool_call_progress"
    call_id: str
    progress: float
    total: float | None = None
    message: str = ""


class ToolCallFinished(_Event):
    type: Literal["tool_call_finished"] = "tool_call_finished"
    call_id: str
    status: CallStatus
    summary: str
    """One line for people."""
    result: str = ""
    """What the model gets, cut to a readable length."""
    outside: bool = False
    """The text came from outside the user's own words: a message, a document, a third-party server."""


class PendingCall(_Event):
    """One call inside `ApprovalAsked`."""

    call_id: str
    server: str
    tool: str
    title: str
    arguments: dict[str, Any]
    effect: Effect
    preview: str
    """What would happen, as plain text: the server's own dry run, or the arguments; a file change as a unified diff."""
    reason: str
    """Why the user is asked, in one Korean sentence."""


class ApprovalAsked(_Event):
    type: Literal["approval_asked"] = "approval_asked"
    calls: tuple[PendingCall, ...]


class QuestionAsked(_Event):
    type: Literal["question_asked"] = "question_asked"
    call_id: str
    question: str
    options: tuple[str, ...] = ()


class PlanStep(_Event):
    """One step inside `PlanChanged`."""

    text: str
    status: Literal["pending", "in_progress", "done"] = "pending"


class PlanChanged(_Event):
    type: Literal["plan_changed"] = "plan_changed"
    steps: tuple[PlanStep, ...]


class Usage(_Event):
    """Tokens of one model request."""

    type: Literal["usage"] = "usage"
    model: str = ""
    """Who answered."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class Compacted(_Event):
    """Older turns left the model's context and were replaced by a summary."""

    type: Literal["compaction"] = "compaction"
    summary: str
    turns: int
    """How many turns the summary stands for."""


class Notice(_Event):
    """Something the user should know that is no failure, such as the offline engine being used."""

    type: Literal["notice"] = "notice"
    text: str


class Reminder(_Event):
    """Something in the calendar is due. It belongs to no turn and no session: whoever reads one is told, at any place
    of a stream and between turns, and nobody later."""

    type: Literal["reminder"] = "reminder"
    key: str
    """Names the reminder, whoever is told of it."""
    text: str
    """One line for people. Words in it may be a stranger's: shown, never obeyed."""


class Failure(_Event):
    type: Literal["error"] = "error"
    message: str
    hint: str = ""
    exit_code: int = 1


class TurnFinished(_Event):
    type: Literal["turn_finished"] = "turn_finished"
    turn: int
    stop_reason: StopReason
    text: str = ""
    """The whole answer."""
    model: str = ""
    """Who answered: the served model name, or `offline`."""
    data: Any = None
    """The answer as JSON, where a schema was given for it."""


Event = Annotated[
    TurnStarted
    | ReasoningDelta
    | TextDelta
    | ReplyRestarted
    | ToolCallProposed
    | ToolCallApproved
    | ToolCallStarted
    | ToolCallProgress
    | ToolCallFinished
    | ApprovalAsked
    | QuestionAsked
    | PlanChanged
    | Usage
    | Compacted
    | Notice
    | Reminder
    | Failure
    | TurnFinished,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
