"""The rows of a transcript, as typed values.

A turn is `Said`, then per step one `Replied` and, for each of its calls, any of `Asked`, `Decided`, `Intended` and at
last one `Resulted`; `Ended` closes it. `Compaction`, `Shelved`, `Pinned` and `Crossed` stand anywhere between these.
`ref` makes a row unique within its turn and kind, so a step that runs again after a crash cannot write it twice.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from agent.contract import RequestOptions
from agent.events import ApprovalAsked, CallStatus, Failure, PlanStep, QuestionAsked, StopReason


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def ref(self) -> str:
        return ""

    @property
    def from_outside(self) -> bool:
        """The mark of invariant 4."""
        return False

    @property
    def is_private(self) -> bool:
        """Goes to the user's own model server only."""
        return False


class Said(_Entry):
    """What the user sent. Opens a turn."""

    kind: Literal["said"] = "said"
    text: str
    at: datetime
    note: str = ""
    """A line of the program's own for the model, such as the mode."""
    attached: str = ""
    """Outside text that came along, already cut to size."""
    options: RequestOptions = RequestOptions()
    key: str = ""
    """Names the request, so that one sent again after a lost connection is not run again."""

    @property
    def from_outside(self) -> bool:
        return bool(self.attached)

    @property
    def is_private(self) -> bool:
        return self.options.private


class CallMade(BaseModel):
    """One tool call of a `Replied`, under the id we gave it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    """As the model called it."""
    sent: dict[str, Any]
    """The arguments as the model wrote them, echoed back to it."""
    server: str
    tool: str
    arguments: dict[str, Any]
    """For the server: `use_tool` is already unwrapped."""
    title: str = ""
    """What it does, in a few Korean words for people."""
    fault: str = ""
    repaired: bool = False
    """The model wrote it broken and we mended it: if it changes the world, the user is asked."""


class Replied(_Entry):
    """One answer of the model."""

    kind: Literal["replied"] = "replied"
    step: int
    text: str = ""
    reasoning: str = ""
    calls: tuple[CallMade, ...] = ()
    model: str = ""
    """Who answered."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def ref(self) -> str:
        return str(self.step)


class Asked(_Entry):
    """The turn is parked on this question until the user answers."""

    kind: Literal["asked"] = "asked"
    step: int
    request: Annotated[ApprovalAsked | QuestionAsked, Field(discriminator="type")]

    @property
    def ref(self) -> str:
        return f"{self.step} {self.request.type}"

    @property
    def call_ids(self) -> tuple[str, ...]:
        """The calls that wait for the answer."""
        match self.request:
            case ApprovalAsked(calls=calls):
                return tuple(call.call_id for call in calls)
            case QuestionAsked(call_id=call_id):
                return (call_id,)


class Decided(_Entry):
    """A call may run, or may not."""

    kind: Literal["decided"] = "decided"
    call_id: str
    approved: bool
    by: Literal["policy", "user"]
    reason: str = ""
    remember: Literal["once", "session"] = "once"

    @property
    def ref(self) -> str:
        return self.call_id


class Intended(_Entry):
    """Written before a call that changes the world (invariant 3)."""

    kind: Literal["intended"] = "intended"
    call_id: str
    key: str

    @property
    def ref(self) -> str:
        return self.call_id


class Resulted(_Entry):
    """What became of a call."""

    kind: Literal["resulted"] = "resulted"
    call_id: str
    status: CallStatus
    text: str
    """What the model reads."""
    summary: str
    """One line for people."""
    outside: bool = False

    @property
    def ref(self) -> str:
        return self.call_id

    @property
    def from_outside(self) -> bool:
        return self.outside


class Planned(_Entry):
    """The model's plan as it stands from here on."""

    kind: Literal["planned"] = "planned"
    call_id: str
    steps: tuple[PlanStep, ...]

    @property
    def ref(self) -> str:
        return self.call_id


class Pinned(_Entry):
    """A fact the user wants kept in the model's context, told to the model with the next request."""

    kind: Literal["pinned"] = "pinned"
    text: str

    @property
    def ref(self) -> str:
        return self.text


class Shelved(_Entry):
    """Large results that left the model's context, each to be read on under its handle."""

    kind: Literal["shelved"] = "shelved"
    step: int
    handles: dict[str, str]
    """Handle by call id."""

    @property
    def ref(self) -> str:
        return f"{self.step} {next(iter(self.handles), '')}"


class Crossed(_Entry):
    """Audit: a request left for an endpoint that is not the user's own. Written before it left."""

    kind: Literal["crossed"] = "crossed"
    step: int
    attempt: int
    endpoint: str
    place: Literal["company", "hosted"]
    masked: dict[str, int]
    """How many values of each category were replaced by placeholders."""
    size: int
    """Bytes of the request."""

    @property
    def shown(self) -> str:
        """The audit line for people."""
        hidden = ", ".join(f"{category} {count}건" for category, count in self.masked.items())
        what = f"가린 개인정보: {hidden}" if hidden else "가릴 개인정보 없음"
        return f"{self.endpoint} 서버({_PLACES[self.place]})로 요청 {self.size:,}바이트를 보냄. {what}."

    @property
    def ref(self) -> str:
        return f"{self.step} {self.attempt} {self.endpoint}"


_PLACES = {"company": "회사", "hosted": "외부"}


class Ended(_Entry):
    kind: Literal["ended"] = "ended"
    stop_reason: StopReason
    text: str = ""
    data: Any = None
    """The answer as JSON, where a schema was given for it."""
    message: str = ""
    """What went wrong, for people and the model."""
    failure: Failure | None = None
    """What went wrong outside the turn's own course, for people."""
    model: str = ""
    """Who answered."""


class Compaction(_Entry):
    """All turns up to `through` leave the model's context and are replaced by the summary."""

    kind: Literal["compaction"] = "compaction"
    through: int
    turns: int
    summary: str
    outside: bool = False
    """Something of what it stands for came from outside."""
    private: bool = False
    """Something of what it stands for was said in private."""
    pins: tuple[str, ...] = ()
    """Facts the user pinned; they go over into every later summary."""
    tasks: tuple[str, ...] = ()
    """Steps of the model's plan that are not done."""

    @property
    def ref(self) -> str:
        return str(self.through)

    @property
    def from_outside(self) -> bool:
        return self.outside

    @property
    def is_private(self) -> bool:
        return self.private


Entry = Annotated[
    Said | Replied | Asked | Decided | Intended | Resulted | Planned | Pinned | Shelved | Crossed | Ended | Compaction,
    Field(discriminator="kind"),
]
ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)


class Row(BaseModel):
    """An entry where it stands."""

    model_config = ConfigDict(frozen=True)

    id: int
    turn: int
    entry: Entry
