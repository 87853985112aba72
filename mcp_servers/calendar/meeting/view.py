"""Times, conflicts and rooms as the tools show them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time

from mcp_servers.calendar.entities import Occurrence, Room
from mcp_servers.calendar.korean_time import reading
from mcp_servers.calendar.meeting.agenda import Agenda
from mcp_servers.calendar.meeting.busy import Taken
from mcp_servers.calendar.meeting.hours import Hours, days, instant
from mcp_servers.calendar.meeting.intervals import Span, holding, meets
from mcp_servers.calendar.meeting.models import Conflict, FreeSlot, RoomInfo, Suggestion
from mcp_servers.calendar.meeting.slot import Attendee, Slot
from mcp_servers.common.text import one_line

_MOST_NAMED = 5
_MOST_TOLD = 8


def suggestion(slot: Slot, attendees: int, now: datetime) -> Suggestion:
    start, end = slot.start.astimezone(now.tzinfo), slot.end.astimezone(now.tzinfo)
    hindering = [one for each in (*slot.missing, *slot.unsure) for one in each.agenda.during(start, end)]
    return Suggestion(
        start=start.isoformat(),
        end=end.isoformat(),
        when=reading(start, end, False, now),
        missing=[_hindered(one, slot) for one in slot.missing],
        room=slot.room.name if slot.room else None,
        reason=" · ".join([*_attendance(slot, attendees), *slot.reasons]),
        outside=any(one.outside for one in hindering) or None,
    )


def free_slot(span: Span, now: datetime) -> FreeSlot:
    start, end = (at.astimezone(now.tzinfo) for at in span)
    return FreeSlot(start=start.isoformat(), end=end.isoformat(), when=reading(start, end, False, now))


def said(start: datetime, end: datetime, now: datetime) -> str:
    """ "11월 19일 목요일 오전 10시~11시", or the days from midnight to midnight."""
    midnights = all(at.astimezone(now.tzinfo).time() == time() for at in (start, end))
    return reading(start, end, midnights, now)


def conflict(agenda: Agenda, event: Taken, now: datetime) -> Conflict:
    """What keeps somebody at a time."""
    firm = meets(agenda.firm, event.start, event.end)
    return Conflict(
        who=agenda.guest.name,
        title=one_line(event.title),
        when=_when(event, now),
        tentative=None if firm else True,
        outside=event.outside or None,
    )


def overlap(agenda: Agenda, one: Taken, other: Taken, now: datetime) -> Conflict:
    """Two events of the same person at the same time."""
    return Conflict(
        who=agenda.guest.name,
        title=f"{one_line(one.title)} / {one_line(other.title)}",
        when=f"{_when(one, now)} / {_when(other, now)}",
        outside=one.outside or other.outside or None,
    )


def room_conflict(room: Room, event: Occurrence, now: datetime) -> Conflict:
    when = reading(event.start, event.end, event.all_day, now)
    return Conflict(who=room.name, title=one_line(event.title), when=when, outside=event.outside or None)


def outside_hours(agendas: Sequence[Agenda], start: datetime, end: datetime, now: datetime) -> str:
    """A line that says for whom the time lies outside the working hours, and why; or nothing."""
    said_of: dict[str, list[str]] = {}
    for guest in (one.guest for one in agendas):
        there = start.astimezone(guest.hours.zone)
        if holding(guest.hours.working(start, end), start, end) is None:
            holiday = guest.hours.holiday(there.date())
            weekend = "주말" if there.weekday() > 4 else "근무 시간 밖"
            local = f", {guest.place} {reading(there, None, False, there)}" if guest.place else ""
            said_of.setdefault(f"{holiday or weekend}{local}", []).append(guest.name)
        elif meets(guest.hours.lunches(start, end), start, end):
            said_of.setdefault("점심시간", []).append(guest.name)
    return " · ".join(f"{reason}: {', '.join(names)}" for reason, names in said_of.items())


def room_info(room: Room, bookings: Sequence[Occurrence] | None, now: datetime) -> RoomInfo:
    """`bookings` are None where no period was asked for."""
    return RoomInfo(
        id=room.id,
        name=room.name,
        capacity=room.capacity,
        features=list(room.features),
        address=room.address or None,
        free=None if bookings is None else not bookings,
        booked=[reading(one.start, one.end, one.all_day, now) for one in bookings or ()],
    )


def whole_days(events: Iterable[Taken], now: datetime) -> str:
    """A line that tells events of whole days, or nothing."""
    told = list(dict.fromkeys(f"{one_line(one.title)} ({_when(one, now)})" for one in events))
    more = f" 외 {len(told) - _MOST_TOLD}건" if len(told) > _MOST_TOLD else ""
    return f"종일 일정: {', '.join(told[:_MOST_TOLD])}{more}" if told else ""


def holidays(hours: Hours, start: datetime, end: datetime, now: datetime) -> str:
    """A line that names the holidays on weekdays, or nothing."""
    named = []
    for day in days(start, end, hours.zone):
        if day.weekday() < 5 and (name := hours.holiday(day)):
            midnight = instant(day, datetime.min.time(), hours.zone).astimezone(now.tzinfo)
            named.append(f"{reading(midnight, None, True, now).removesuffix(' 하루 종일')}({name})")
    return f"쉬는 날: {', '.join(named)}" if named else ""


def unknown(agendas: Sequence[Agenda]) -> str:
    """A line that names those of whom the calendar knows nothing, or nothing."""
    names = [one.guest.name for one in agendas if not one.guest.known]
    return f"일정을 알 수 없어 비어 있다고 본 사람: {', '.join(names)}" if names else ""


def _attendance(slot: Slot, attendees: int) -> list[str]:
    if not slot.missing and not slot.unsure:
        return ["모두 비어 있음" if attendees > 1 else "비어 있음"]
    said = []
    if slot.missing:
        said.append(f"{attendees}명 중 {attendees - len(slot.missing)}명 가능, {_people(slot.missing, slot)} 불가")
    if slot.unsure:
        said.append(f"{_people(slot.unsure, slot)} 미정 일정과 겹침")
    return said


def _people(people: Sequence[Attendee], slot: Slot) -> str:
    more = f" 외 {len(people) - _MOST_NAMED}명" if len(people) > _MOST_NAMED else ""
    return ", ".join(_hindered(one, slot) for one in people[:_MOST_NAMED]) + more


def _hindered(one: Attendee, slot: Slot) -> str:
    titles = [one_line(event.title) for event in one.agenda.during(slot.start, slot.end)]
    optional = "" if one.required else "선택, "
    return f"{one.name}({optional}{titles[0] if titles else '일정'})"


def _when(event: Taken, now: datetime) -> str:
    return reading(event.start, event.end, event.all_day, now)
