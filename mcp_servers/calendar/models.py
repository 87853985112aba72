"""What the calendar's tools return."""

from datetime import datetime

from pydantic import BaseModel

from mcp_servers.calendar.korean_time import Expression
from mcp_servers.common.operation import Change


class Event(BaseModel):
    """One event, with its time read back in Korean."""

    id: str
    title: str
    start: str
    end: str
    """Exclusive; the midnight after the last day of an all-day event."""
    all_day: bool
    when: str
    location: str = ""
    attendees: list[str] = []
    description: str = ""


class Created(Change):
    """A new event."""

    event: Event


class Updated(Change):
    """A changed event."""

    event: Event


class Deleted(Change):
    """An event that is gone."""

    event: Event


class FreeSlot(BaseModel):
    """A stretch without events."""

    start: str
    end: str
    when: str


class FreeTime(BaseModel):
    """Where a meeting fits."""

    slots: list[FreeSlot]
    note: str = ""


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
