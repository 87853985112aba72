"""What is due, as the tool servers tell it, and whose turn it is to say so.

A server that has reminders offers three tools for the program: `due_reminders(until, default)` tells what is due now
and when the next is, `claim_reminder(key)` gives a reminder to exactly one of all processes, `settle_reminder(key)`
says that the user was told. A claim that is not settled lapses, so that another process tells it after a crash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from agent.errors import ToolFailed
from agent.text import clean, one_line
from agent.tools.hub import Hub

_TOOL = "due_reminders"
_WORD, _LINE = 200, 600
"""Characters. The words may be a stranger's, in an invitation."""

Word = Annotated[str, AfterValidator(lambda text: one_line(clean(text), _WORD))]
Line = Annotated[str, AfterValidator(lambda text: one_line(clean(text), _LINE))]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Due(_Told):
    """A reminder whose time has come."""

    key: str
    title: Word
    when: Word = ""
    """When the thing itself is, in words that are the same at any time."""
    location: Word = ""
    text: Line
    """All of it in one line for people, as seen now."""


class _Answer(_Told):
    items: list[Due]
    next_at: datetime | None = None


@dataclass(frozen=True)
class Look:
    """What was seen at one moment."""

    items: Sequence[tuple[str, Due]]
    """Each with its server."""
    next_at: datetime | None
    """When the next is due, as far ahead as was looked."""


async def look(hub: Hub, until: datetime, default: float | None) -> Look:
    """Ask every server that has reminders. `default`: minutes before what has no reminder of its own.

    Raises:
        ToolFailed: one of them does not answer, or not as agreed.
    """
    asked: dict[str, Any] = {"until": until.isoformat(), "default": default}
    answers = {server: _read(server, await hub.ask(server, _TOOL, asked)) for server in hub.catalog.serving(_TOOL)}
    return Look(
        items=[(server, item) for server, answer in answers.items() for item in answer.items],
        next_at=min((answer.next_at for answer in answers.values() if answer.next_at), default=None),
    )


async def claim(hub: Hub, server: str, due: Due) -> bool:
    """Whether it is this process that tells it. Raises `ToolFailed`."""
    return bool((await hub.ask(server, "claim_reminder", {"key": due.key})).get("claimed"))


async def settle(hub: Hub, server: str, due: Due) -> None:
    """The user was told. Raises `ToolFailed`."""
    await hub.ask(server, "settle_reminder", {"key": due.key})


def _read(server: str, answer: dict[str, Any]) -> _Answer:
    try:
        return _Answer.model_validate(answer)
    except ValidationError as error:
        raise ToolFailed(f"{server} 서버의 알림을 읽을 수 없습니다: {error.error_count()}곳이 다릅니다.") from error
