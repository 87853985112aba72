"""From what was asked to the times that suit best: whom it is about, when they could meet, and in which order."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce

from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Room
from mcp_servers.calendar.meeting import rooms
from mcp_servers.calendar.meeting.agenda import Agenda, agendas
from mcp_servers.calendar.meeting.busy import Taken, directory, everybody_invited, taken
from mcp_servers.calendar.meeting.guests import Guest, guests, known, me
from mcp_servers.calendar.meeting.hours import Hours, holidays_ready
from mcp_servers.calendar.meeting.intervals import Span, intersection, lasting
from mcp_servers.calendar.meeting.rank import best, quarter
from mcp_servers.calendar.meeting.slot import Attendee, Slot, Wish
from mcp_servers.calendar.store import collections
from mcp_servers.calendar.store.people import key_of, keys, own_names, person_of
from mcp_servers.common.refusal import Refused

_MARGIN = timedelta(hours=1)
"""So far outside the asked time events matter to the time before and after a meeting."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for a meeting time; `start` and `end` are when to look."""

    start: datetime
    end: datetime
    length: timedelta
    hours: Hours
    """Of the user."""
    people: Sequence[str] = ()
    optional: Sequence[str] = ()
    named_hours: bool = False
    """Whether the hours were said, so that working hours do not matter."""
    part_of_day: bool = False
    """Whether only a part of a day was said ("저녁"), which may lie outside working hours."""
    buffer: timedelta = timedelta()
    room: str = ""
    """The only one that will do."""
    capacity: int = 0
    """A room for so many is needed."""
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The best times, and what to know about them."""

    slots: list[Slot]
    agendas: list[Agenda]
    remark: str = ""
    """Where the times had to be looked for, if not in everybody's working hours."""


async def everybody(connection: AsyncConnection, asked: Asked, now: datetime) -> tuple[list[Agenda], list[Taken]]:
    """The agendas of the user and of all who are asked, and the events they were made from.

    Raises:
        Refused: a name stands for several people.
    """
    mine = me(asked.hours, frozenset(map(key_of, await own_names(connection))))
    wanted = guests(asked.people, asked.hours, mine.keys, required=True)
    wanted += [one for one in guests(asked.optional, asked.hours, mine.keys, required=False) if not _among(one, wanted)]
    owners = {one.id: _owner(one.owner) for one in await collections.listed(connection)}
    events = await _events(connection, asked, wanted, owners, now)
    names = directory(events) | {key: owner - {key} for owner in owners.values() for key in owner}
    if not all(one.keys & names.keys() for one in wanted):
        names = dict.fromkeys(await everybody_invited(connection), frozenset[str]()) | names
    return agendas([mine, *(known(one, names) for one in wanted)], events, owners), events


async def search(connection: AsyncConnection, asked: Asked, now: datetime, most: int) -> Answer:
    """The best times for a meeting.

    Raises:
        Refused: a name stands for several people, or the room does not exist.
    """
    found, events = await everybody(connection, asked, now)
    usable = await _rooms(connection, asked, sum(one.guest.required for one in found))
    await holidays_ready((one.guest.hours for one in found), asked.start, asked.end)
    return await asyncio.to_thread(_answer, asked, found, events, usable, most)


def _answer(asked: Asked, found: list[Agenda], events: Sequence[Taken], usable: Sequence[Room], most: int) -> Answer:
    attendees = [Attendee(one, one.guest.hours.desk(asked.start, asked.end)) for one in found]
    spans, remark = _spans(asked, [one.guest for one in found if one.guest.required])
    booked = rooms.bookings(usable, events)
    wish = Wish(
        length=asked.length,
        hours=asked.hours,
        since=asked.start.astimezone(UTC),
        attendees=attendees,
        buffer=asked.buffer,
        rooms=[(room, booked[room.id]) for room in usable],
        needs_room=bool(asked.room or asked.capacity),
        minimum=asked.minimum,
    )
    return Answer(best(spans, wish, most), found, remark)


def _spans(asked: Asked, wanted: Sequence[Guest]) -> tuple[list[Span], str]:
    """Where to look: the first choice in which a meeting of that length fits, and what to say about it."""
    if asked.start >= asked.end:
        return [], ""
    start, end = quarter(asked.start.astimezone(UTC)), asked.end.astimezone(UTC)
    if asked.named_hours:
        return lasting([(asked.start.astimezone(UTC), end)], asked.length), ""
    for spans, remark in _choices(start, end, asked.hours, [one.hours for one in wanted]):
        if fitting := lasting(spans, asked.length):
            return fitting, remark
    return lasting([(start, end)], asked.length) if asked.part_of_day else [], ""


def _choices(start: datetime, end: datetime, mine: Hours, all_: Sequence[Hours]) -> Iterator[tuple[list[Span], str]]:
    places = list(dict.fromkeys(all_))
    yield reduce(intersection, (one.desk(start, end) for one in places)), ""
    yield reduce(intersection, (one.working(start, end) for one in places)), "점심시간을 비우면 들어갈 자리가 없습니다."
    if len(places) > 1:
        waking = reduce(intersection, (one.waking(start, end) for one in places))
        yield waking, "근무 시간이 서로 겹치지 않아 이른 아침과 저녁까지 보았습니다."
        yield mine.working(start, end), "모두 깨어 있는 시간이 없어 이쪽 근무 시간만 보았습니다."


async def _events(
    connection: AsyncConnection,
    asked: Asked,
    wanted: Sequence[Guest],
    owners: Mapping[str, frozenset[str]],
    now: datetime,
) -> list[Taken]:
    """Those of the user and of the people asked; calendars of others are left out, where there are any."""
    people = {key for one in wanted for key in one.keys}
    concerned = [name for name, owner in owners.items() if not owner or owner & people]
    margin = max(_MARGIN, asked.buffer)
    start, end = asked.start - margin, asked.end + margin
    if len(concerned) == len(owners):
        return await taken(connection, start, end, now)
    return await taken(connection, start, end, now, collections=concerned, people=people)


def _owner(text: str) -> frozenset[str]:
    return frozenset(keys(person_of(text))) if text else frozenset()


def _among(one: Guest, others: Sequence[Guest]) -> bool:
    return any(one.keys & other.keys for other in others)


async def _rooms(connection: AsyncConnection, asked: Asked, heads: int) -> list[Room]:
    """Those that would do, the smallest first.

    Raises:
        Refused: the room that was named does not exist, or is too small.
    """
    if not asked.room:
        return [one for one in await rooms.listed(connection) if one.capacity >= asked.capacity]
    room = await rooms.existing(connection, asked.room)
    needed = max(heads, asked.capacity)
    if room.capacity < needed:
        raise Refused(f"{room.name}은(는) {room.capacity}명까지라 {needed}명이 들어갈 수 없습니다. room을 비워 보세요.")
    return [room]
