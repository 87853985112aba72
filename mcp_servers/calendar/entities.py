"""The things of a calendar as values: components (RFC 5545, 7986), items and collections (RFC 4791).

A moment is what the standard distinguishes: an aware datetime (its zone kept as `ZoneInfo`), a naive one for floating
time, or a date for whole days. Ends are exclusive.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

Moment = datetime | date
Kind = Literal["VEVENT", "VTODO"]
PartStat = Literal["NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "COMPLETED", "IN-PROCESS"]
Scope = Literal["this", "following", "all"]
"""Which occurrences of a series a change is for."""


@dataclass(frozen=True, slots=True)
class Person:
    """A calendar user (CAL-ADDRESS): somebody invited, the organizer, or a room."""

    name: str
    address: str = ""
    """E-mail address without `mailto:`; empty when only a name is known."""
    status: PartStat = "NEEDS-ACTION"
    role: str = "REQ-PARTICIPANT"
    kind: str = "INDIVIDUAL"
    """CUTYPE: INDIVIDUAL, GROUP, RESOURCE, ROOM or UNKNOWN."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A VALARM: so long before the start, or at an instant."""

    before: timedelta | None = None
    at: datetime | None = None
    related: Literal["START", "END"] = "START"
    action: str = "DISPLAY"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A VEVENT or VTODO. Of a series, the master (`recurrence_id` is None) or one changed occurrence."""

    uid: str
    title: str
    start: Moment | None
    """Only a task may have none."""
    end: Moment | None = None
    """DTEND, DTSTART + DURATION, or DUE of a task."""
    kind: Kind = "VEVENT"
    recurrence_id: Moment | None = None
    rules: tuple[str, ...] = ()
    """RRULE values."""
    rdates: tuple[Moment, ...] = ()
    exdates: tuple[Moment, ...] = ()
    location: str = ""
    description: str = ""
    url: str = ""
    status: str = ""
    """STATUS: CONFIRMED, TENTATIVE, CANCELLED; of a task NEEDS-ACTION, IN-PROCESS, COMPLETED."""
    busy: bool = True
    """TRANSP is OPAQUE."""
    visibility: str = ""
    """CLASS."""
    categories: tuple[str, ...] = ()
    organizer: Person | None = None
    attendees: tuple[Person, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    attachments: tuple[str, ...] = ()
    """URIs; inline attachments are only kept in the iCalendar text."""
    sequence: int = 0
    priority: int = 0
    """0 is undefined, 1 the highest, 9 the lowest."""
    completed_at: datetime | None = None
    percent: int = 0

    @property
    def all_day(self) -> bool:
        return self.start is not None and not isinstance(self.start, datetime)

    @property
    def recurs(self) -> bool:
        return bool(self.rules or self.rdates)


@dataclass(frozen=True, slots=True)
class Item:
    """A calendar object resource: everything with one UID in one collection."""

    id: str
    collection: str
    uid: str
    kind: Kind
    data: str
    """iCalendar text, lines ending in CRLF. It is the truth; every other table is an index of it."""
    outside: bool = False
    """Whether its text came from outside: an invitation, a file, a server that is synchronised with."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar."""

    id: str
    name: str
    color: str = ""
    """CSS hexadecimal, e.g. "#3366cc" (RFC 7986)."""
    rights: Literal["write", "read"] = "write"
    owner: str = ""
    """Whose calendar it is, when it is not the user's: an e-mail address or a name."""
    account: str = ""
    """The account it is synchronised with; empty for a calendar of this machine alone."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room that events book by naming it as their location."""

    id: str
    name: str
    capacity: int
    address: str = ""
    features: tuple[str, ...] = ()


def occurrence_id(item: str, recurrence_id: str) -> str:
    """What tools call it: "ev_ab12cd", or "ev_ab12cd@20261201T150000" of a series."""
    return f"{item}@{recurrence_id}" if recurrence_id else item


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of an item as the index knows it; instants are aware."""

    item: str
    recurrence_id: str
    """Empty for what does not recur; else the RECURRENCE-ID in basic format, e.g. "20261201T150000" or "20261201"."""
    collection: str
    title: str
    start: datetime
    end: datetime
    all_day: bool
    busy: bool
    location: str
    description: str
    attendees: tuple[Person, ...]
    recurs: bool
    outside: bool

    @property
    def id(self) -> str:
        return occurrence_id(self.item, self.recurrence_id)
