"""What a meeting needs, and a time that may suit it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mcp_servers.calendar.entities import Room
from mcp_servers.calendar.meeting.agenda import Agenda
from mcp_servers.calendar.meeting.hours import Hours
from mcp_servers.calendar.meeting.intervals import Span, meets


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody asked, with everything that decides whether a time suits."""

    agenda: Agenda
    desk: Sequence[Span]
    """Working hours without lunch, where this person is."""

    @property
    def name(self) -> str:
        return self.agenda.guest.name

    @property
    def required(self) -> bool:
        return self.agenda.guest.required


@dataclass(frozen=True, slots=True)
class Wish:
    """What a meeting needs."""

    length: timedelta
    hours: Hours
    """Of the user: by them the time of day is judged."""
    since: datetime
    """The sooner after it the better."""
    attendees: Sequence[Attendee]
    buffer: timedelta = timedelta()
    """To be free before and after, for everybody who has to come."""
    rooms: Sequence[tuple[Room, Sequence[Span]]] = ()
    """Those that would do, the smallest first, each with when it is booked."""
    needs_room: bool = False
    minimum: int = 0
    """So many of those who have to come must be able to."""


@dataclass(slots=True)
class Slot:
    """A possible time, with whom it suits; instants in UTC."""

    start: datetime
    end: datetime
    missing: list[Attendee]
    unsure: list[Attendee]
    """Those who have something tentative then."""
    room: Room | None
    points: float = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def absent(self) -> int:
        """How many of those who have to come cannot."""
        return sum(one.required for one in self.missing)


def slot_at(start: datetime, wish: Wish) -> Slot:
    """The time that begins there."""
    end = start + wish.length
    missing, unsure = [], []
    for one in wish.attendees:
        if meets(one.agenda.firm, start, end):
            missing.append(one)
        elif meets(one.agenda.tentative, start, end):
            unsure.append(one)
    heads = len(wish.attendees) - len(missing)
    free = (room for room, booked in wish.rooms if room.capacity >= heads and not meets(booked, start, end))
    return Slot(start, end, missing, unsure, next(free, None))
