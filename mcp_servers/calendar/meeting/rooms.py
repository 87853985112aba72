"""Meeting rooms: kept as rows, booked by the events that name them."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Occurrence, Person, Room
from mcp_servers.calendar.meeting.busy import Taken
from mcp_servers.calendar.meeting.guests import folded
from mcp_servers.calendar.meeting.intervals import Span, union
from mcp_servers.calendar.store import occurrences
from mcp_servers.calendar.store.people import keys
from mcp_servers.calendar.tables import room
from mcp_servers.common.refusal import Refused

_PARTS = re.compile(r"[,;/]")
_COLUMNS = (room.c.id, room.c.name, room.c.capacity, room.c.address, room.c.features)


async def listed(connection: AsyncConnection) -> list[Room]:
    """Every room, the smallest first."""
    query = sa.select(*_COLUMNS).order_by(room.c.capacity, room.c.name)
    return [Room(*row[:4], tuple(row.features)) for row in await connection.execute(query)]


async def named(connection: AsyncConnection, name: str) -> Room | None:
    """The room of that name, blanks and letter case aside."""
    return next((one for one in await listed(connection) if folded(one.name) == folded(name)), None)


async def existing(connection: AsyncConnection, name: str) -> Room:
    """The room of that name.

    Raises:
        Refused: there is none.
    """
    if found := await named(connection, name):
        return found
    names = ", ".join(one.name for one in await listed(connection))
    hint = f"있는 회의실: {names}" if names else "save_room으로 먼저 등록하세요."
    raise Refused(f"{name!r} 회의실이 없습니다. {hint}", code="not_found")


async def save(connection: AsyncConnection, changed: Room) -> None:
    """Add a room, or change the one with its id."""
    values = {"name": changed.name, "capacity": changed.capacity, "address": changed.address}
    values |= {"features": list(changed.features)}
    updated = await connection.execute(room.update().where(room.c.id == changed.id).values(values))
    if not updated.rowcount:
        await connection.execute(room.insert().values(id=changed.id, **values))


async def delete(connection: AsyncConnection, room_id: str) -> None:
    await connection.execute(room.delete().where(room.c.id == room_id))


def new_id() -> str:
    return f"room_{secrets.token_hex(4)}"


async def taken(
    connection: AsyncConnection, wanted: Room, start: datetime, end: datetime, now: datetime, *, except_item: str = ""
) -> list[Occurrence]:
    """The events that have the room at some time in [start, end), the earliest first."""
    found = await occurrences.between(connection, start, end, now)
    return [
        one
        for one in found
        if one.busy and one.start < end and start < one.end and one.item != except_item and _has(one, wanted)
    ]


def bookings(rooms: Sequence[Room], events: Sequence[Taken]) -> dict[str, list[Span]]:
    """When each room (by id) is booked."""
    booked: dict[str, list[Span]] = {one.id: [] for one in rooms}
    by_name = {folded(one.name): one.id for one in rooms}
    by_key = {key: one.id for one in rooms for key in keys(Person(one.name, one.address))}
    for event in events if rooms else ():
        named = {by_name[name] for name in _places(event.location) if name in by_name}
        invited = (key for one in event.attendees if one.status != "DECLINED" for key in one.keys)
        for room_id in named | {by_key[key] for key in invited if key in by_key}:
            booked[room_id].append((event.start, event.end))
    return {room_id: union(spans) for room_id, spans in booked.items()}


def _has(event: Occurrence, wanted: Room) -> bool:
    """A room is booked by inviting it, unless it declined, or by naming it as the place."""
    names = set(keys(Person(wanted.name, wanted.address)))
    invited = any(names.intersection(keys(one)) for one in event.attendees if one.status != "DECLINED")
    return invited or folded(wanted.name) in _places(event.location)


def _places(location: str) -> set[str]:
    return {folded(part) for part in _PARTS.split(location)} if location else set()
