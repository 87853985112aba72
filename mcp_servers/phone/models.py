"""What the phone tools return."""

from typing import Literal

from pydantic import BaseModel

from mcp_servers.common.operation import Change

Direction = Literal["incoming", "outgoing"]
CallDirection = Literal["missed", "incoming", "outgoing"]
Delivery = Literal["local", "received", "sent"]


class Contact(BaseModel):
    id: str
    person: str
    phone: str
    organization: str = ""
    email: str = ""
    memo: str = ""


class Message(BaseModel):
    id: str
    direction: Direction
    contact: str
    """Name in the address book, or empty."""
    phone: str
    text: str
    at: str
    when: str
    kind: Literal["SMS", "LMS"]
    delivery: Delivery
    """`local`: kept on this machine and never sent; `sent`: from the user's own phone; `received`: incoming."""


class Turn(BaseModel):
    """What one side said before the other spoke."""

    speaker: str
    text: str


class Call(BaseModel):
    id: str
    direction: CallDirection
    contact: str
    phone: str
    at: str
    when: str
    duration: str
    duration_seconds: int
    has_transcript: bool


class CallTranscript(BaseModel):
    call: Call
    turns: list[Turn]
    omitted_turns: int = 0
    """Turns at the end that did not fit."""


class CallSummary(BaseModel):
    """Sentences and values picked from the transcript as they were said."""

    call: Call
    headline: str
    sentences: list[Turn]
    times: list[str]
    phones: list[str]
    amounts: list[str]
    todos: list[Turn]


class MessageSent(Change):
    message: Message


class ContactSaved(Change):
    contact: Contact
