"""What the calendar's tools return."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from mcp_servers.calendar.korean_time import Expression
from mcp_servers.common.operation import Change

Priority = Literal["높음", "보통", "낮음"]


class Event(BaseModel):
    """One event or one occurrence of a series, with its time read back in Korean."""

    id: str
    title: str
    start: str
    end: str
    """Exclusive; the midnight after the last day of an all-day event."""
    all_day: bool
    when: str
    location: str = ""
    attendees: list[str] = []
    """Names, with the answer where there is one: "김민수 (수락)"."""
    description: str = ""
    repeat: str | None = None
    calendar: str | None = None
    """Name of its calendar, unless it is the user's own."""
    outside: bool | None = None
    """True if its text came from outside."""


class EventDetails(Event):
    """Everything about one event; what it does not have is None."""

    organizer: str | None = None
    status: str | None = None
    reminders: list[str] | None = None
    categories: list[str] | None = None
    attachments: list[str] | None = None
    url: str | None = None


class Created(Change):
    """A new event."""

    event: Event


class Updated(Change):
    """A changed event."""

    event: Event


class Deleted(Change):
    """An event that is gone."""

    event: Event


class Undone(Change):
    """A change that was taken back."""


class Task(BaseModel):
    """One task (VTODO); what it does not have is None."""

    id: str
    title: str
    due: str | None = None
    """In Korean, with how late it is."""
    due_at: str | None = None
    priority: Priority | None = None
    done: bool = False
    description: str | None = None
    calendar: str | None = None
    outside: bool | None = None


class TaskChanged(Change):
    """A task that was made, changed or done."""

    task: Task


class CalendarInfo(BaseModel):
    """One calendar."""

    id: str
    name: str
    color: str
    rights: Literal["write", "read"]
    owner: str = ""
    account: str = ""
    events: int
    tasks: int


class Calendars(BaseModel):
    """Every calendar."""

    calendars: list[CalendarInfo]


class CalendarChanged(Change):
    """A calendar that was made or changed."""

    calendar: str
    """Its id."""


class Imported(Change):
    """What came out of an .ics file."""

    added: list[str]
    changed: list[str]
    faults: list[str]
    """What could not be read, one by one."""
    outside: bool = True


class Exported(Change):
    """A written .ics file."""

    path: str
    count: int


class Agenda(BaseModel):
    """A day, a week or a month as text."""

    text: str
    outside: bool = False


class TimeExpression(BaseModel):
    """One time expression of a text."""

    kind: str
    start: str | None
    end: str | None
    grain: str
    duration: str | None
    rrule: str | None
    open: str | None
    text: str
    reading: str

    @classmethod
    def of(cls, found: Expression) -> "TimeExpression":
        return cls(
            kind=found.kind,
            start=_iso(found.start),
            end=_iso(found.end),
            grain=found.grain,
            duration=found.duration,
            rrule=found.rrule,
            open=found.open,
            text=found.text,
            reading=found.reading,
        )


class Times(BaseModel):
    """Every time expression of a text."""

    expressions: list[TimeExpression]


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
