"""When each of several people is taken, by the events of a stretch of time.

Declined and transparent or cancelled events take nobody. What is tentative (STATUS or PARTSTAT) counts less. An
event that lasts whole days is only told, unless its title says that the person is away (휴가, 출장, …): by RFC 5545
whatever does not say otherwise is OPAQUE, also birthdays and deadlines, so that transparency decides nothing here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mcp_servers.calendar.meeting.busy import Attendance, Taken
from mcp_servers.calendar.meeting.guests import Guest, folded
from mcp_servers.calendar.meeting.intervals import Span, union

_AWAY = re.compile(
    r"(?:휴가|연차|월차|병가|휴직|휴무|반차|출장|외근|파견|예비군|민방위|건강검진|워크숍|워크샵|연수|학회|컨퍼런스"
    r"|vacation|day ?off|out of office|\booo\b|\bpto\b|sick leave|business trip)"
    r"(?!\s*(?:비|자|신청|마감|정산|계획|복귀|보고|촉진|안내|사용|승인|준비|예약|결재))",
    re.IGNORECASE,
)
_HALF_DAY = re.compile(r"(오전|오후)?\s*반차")
_NOON = timedelta(hours=13)
"""Where the halves of a working day meet: after lunch."""
_ABSENT = ("DECLINED", "DELEGATED")


@dataclass(slots=True, eq=False)
class Agenda:
    """When one person is taken."""

    guest: Guest
    events: list[Taken] = field(default_factory=list)
    """Those that take this person, the earliest first."""
    firm: list[Span] = field(default_factory=list)
    tentative: list[Span] = field(default_factory=list)
    told: list[Taken] = field(default_factory=list)

    def whole_days(self, start: datetime, end: datetime) -> list[Taken]:
        """Events of whole days that take nobody's time."""
        return [one for one in self.told if one.start < end and start < one.end]

    def during(self, start: datetime, end: datetime) -> list[Taken]:
        return [one for one in self.events if one.start < end and start < one.end]


def agendas(guests: Sequence[Guest], events: Sequence[Taken], owners: Mapping[str, frozenset[str]]) -> list[Agenda]:
    """One for each guest, in that order; `owners` says whose a collection is, by keys (none for the user's own)."""
    found = [Agenda(guest) for guest in guests]
    by_key = {key: agenda for agenda in found for key in agenda.guest.keys}
    me = next((agenda for agenda in found if agenda.guest.is_me), None)
    keepers = {
        collection: next((by_key[key] for key in owner if key in by_key), None) if owner else me
        for collection, owner in owners.items()
    }
    whom = {one: _whom(one, by_key) for one in {one for event in events for one in event.attendees}}
    for event in events:
        for agenda, status in _involved(event, whom, _named(event, by_key) or keepers.get(event.collection)).items():
            if status not in _ABSENT:
                _enter(agenda, event, tentative=event.tentative or status == "TENTATIVE")
    for agenda in found:
        agenda.firm, agenda.tentative = union(agenda.firm), union(agenda.tentative)
    return found


def _whom(attendance: Attendance, by_key: Mapping[str, Agenda]) -> Agenda | None:
    return next((by_key[key] for key in attendance.keys if key in by_key), None)


def _involved(event: Taken, whom: Mapping[Attendance, Agenda | None], keeper: Agenda | None) -> dict[Agenda, str]:
    """Whom an event is for, each with the answer: its attendees, and whose calendar it is in."""
    involved = {keeper: "ACCEPTED"} if keeper else {}
    for attendance in event.attendees:
        if agenda := whom[attendance]:
            involved[agenda] = attendance.status
    return involved


def _named(event: Taken, by_key: Mapping[str, Agenda]) -> Agenda | None:
    """Who is away by an entry such as "김민수 휴가" in a calendar that a team shares."""
    if not event.all_day or event.attendees or not _AWAY.search(event.title):
        return None
    title = folded(event.title)
    others = (agenda for agenda in by_key.values() if not agenda.guest.is_me)
    return next((agenda for agenda in others if folded(agenda.guest.name) in title), None)


def _enter(agenda: Agenda, event: Taken, *, tentative: bool) -> None:
    if event.all_day:
        if not _AWAY.search(event.title):
            agenda.told.append(event)
            return
        if half := _HALF_DAY.search(event.title):
            noon = event.start + _NOON
            tentative = tentative or half[1] is None
            event = event._replace(
                start=noon if half[1] == "오후" else event.start, end=noon if half[1] == "오전" else event.end
            )
    agenda.events.append(event)
    (agenda.tentative if tentative else agenda.firm).append((event.start, event.end))
