"""What the tools about meetings return."""

from pydantic import BaseModel

from mcp_servers.common.operation import Change


class FreeSlot(BaseModel):
    """A stretch without events."""

    start: str
    end: str
    when: str


class FreeTime(BaseModel):
    """Where a meeting fits."""

    slots: list[FreeSlot]
    note: str = ""


class Suggestion(BaseModel):
    """A time for a meeting."""

    start: str
    end: str
    when: str
    missing: list[str] = []
    """Who cannot come, with what keeps them: "김민수(주간 회의)"."""
    room: str | None = None
    reason: str
    """Why it is good, and what speaks against it."""
    outside: bool | None = None
    """True if it names something whose text came from outside."""


class MeetingTimes(BaseModel):
    """Times for a meeting, the best first."""

    suggestions: list[Suggestion]
    note: str = ""


class Conflict(BaseModel):
    """What stands in the way of somebody."""

    who: str
    title: str
    when: str
    tentative: bool | None = None
    outside: bool | None = None


class Conflicts(BaseModel):
    """What stands in the way at a time, or which events overlap in a period."""

    when: str
    free: bool
    conflicts: list[Conflict]
    note: str = ""


class RoomInfo(BaseModel):
    """A meeting room."""

    id: str
    name: str
    capacity: int
    features: list[str] = []
    address: str | None = None
    free: bool | None = None
    """Whether nobody has it in the period that was asked for."""
    booked: list[str] = []
    """When it is taken in that period."""


class Rooms(BaseModel):
    """Meeting rooms, the smallest first."""

    rooms: list[RoomInfo]
    note: str = ""


class RoomChanged(Change):
    """A room that was added, changed or removed."""

    room: RoomInfo
