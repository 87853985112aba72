"""Booking a room by naming it as the place of an event."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import view
from mcp_servers.calendar.entities import Event, Person
from mcp_servers.calendar.found import Found
from mcp_servers.calendar.meeting import rooms
from mcp_servers.common.refusal import Refused


async def booked(connection: AsyncConnection, event: Event, now: datetime, *, instead_of: Found | None = None) -> Event:
    """The event with the room of its location among its attendees; without one it is as it was.

    Raises:
        Refused: somebody else has the room at that time, or it is too small.
    """
    room = await rooms.named(connection, event.location) if event.location else None
    event = _without_old_room(event, instead_of.event.location if instead_of else "")
    if room is None:
        return event
    slot = view.slot_of(event, now)
    but = instead_of.item.id if instead_of else ""
    if taken := await rooms.taken(connection, room, slot.start, slot.end, now, except_item=but):
        raise Refused(
            f"{room.name}은(는) 이미 예약되어 있습니다: {view.clashes(taken, now)}. "
            "find_meeting_time으로 빈 회의실을 찾거나 다른 시간을 고르세요.",
            code="conflict",
        )
    people = sum(person.kind == "INDIVIDUAL" for person in event.attendees)
    if people > room.capacity:
        raise Refused(f"{room.name}은(는) {room.capacity}명까지입니다. 더 큰 회의실을 고르세요.", code="conflict")
    as_room = Person(room.name, room.address, status="ACCEPTED", role="NON-PARTICIPANT", kind="ROOM")
    return replace(event, attendees=(*event.attendees, as_room))


def _without_old_room(event: Event, location: str) -> Event:
    """Rooms that others invited stay."""
    kept = (one for one in event.attendees if one.kind != "ROOM" or one.name != (location or event.location))
    return replace(event, attendees=tuple(kept))
