"""Invitations by iTIP (RFC 5546): a REQUEST, REPLY or CANCEL to send, and what one that came does to an item."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from mcp_servers.calendar.entities import Event, PartStat, Person
from mcp_servers.calendar.ical.block import Block, InvalidCalendar, written
from mcp_servers.calendar.ical.components import KINDS, Component
from mcp_servers.calendar.ical.edit import detached, edited, exchanged, with_blocks
from mcp_servers.calendar.ical.file import read_file
from mcp_servers.calendar.ical.line import Line, line, rewritten
from mcp_servers.calendar.ical.reading import person
from mcp_servers.calendar.ical.series import Series
from mcp_servers.calendar.ical.whole import without_strays
from mcp_servers.calendar.ical.writing import person_line, same_person, stamped, utc_text

_REPLIED = "X-MODU-REPLIED"
"""DTSTAMP of an attendee's last reply, so that an earlier one that comes later is known as such."""
_IN_REPLY = ("UID", "RECURRENCE-ID", "SEQUENCE", "ORGANIZER", "SUMMARY", "DTSTART", "DTEND", "DUE", "DURATION", "RRULE")


def request(series: Series, now: datetime) -> str:
    """A REQUEST of the whole item to everybody invited (section 3.2.2), without the sender's own reminders.

    Raises:
        InvalidCalendar: it has no organizer, or nobody to invite.
    """
    if series.master.organizer is None or not series.master.attendees:
        raise InvalidCalendar("초대장을 만들려면 주최자와 참석자가 있어야 합니다. 참석자를 먼저 넣으세요.")
    return _message("REQUEST", series, [_outward(block, now) for block in series.item.calendar.blocks(*KINDS)])


def reply(series: Series, attendee: Person, status: PartStat, now: datetime, recurrence_id: str = "") -> str:
    """A REPLY to the organizer: how `attendee` answers, to one occurrence or to all (section 3.2.3).

    Raises:
        InvalidCalendar: there is no organizer to reply to.
        KeyError: there is no such occurrence.
    """
    if series.master.organizer is None:
        raise InvalidCalendar("주최자가 없는 일정이라 회신할 곳이 없습니다.")
    block = _component(series, recurrence_id).block
    invited = (each for each in block.lines("ATTENDEE") if same_person(person(each), attendee))
    known = next(invited, person_line("ATTENDEE", attendee))
    answer = rewritten(known, known.value, {"PARTSTAT": status, "RSVP": ""})
    kept = [each for name in _IN_REPLY for each in block.lines(name)]
    return _message("REPLY", series, [Block(block.name, (*kept, line("DTSTAMP", utc_text(now)), answer))])


def cancel(series: Series, now: datetime, recurrence_id: str = "") -> str:
    """A CANCEL of one occurrence or of all to everybody invited (section 3.2.5).

    Raises:
        KeyError: there is no such occurrence.
    """
    old = _component(series, recurrence_id)
    block = edited(series.item, old, replace(old.event, status="CANCELLED"), {"status"}, now)
    return _message("CANCEL", series, [_outward(block, now)])


@dataclass(frozen=True)
class Incoming:
    """An iTIP message that came."""

    method: str
    items: list[Series]
    faults: list[str]

    @classmethod
    def parse(cls, data: bytes, zone: tzinfo) -> "Incoming":
        """Raises InvalidCalendar when it is no calendar."""
        read = read_file(data)
        return cls(read.method or "PUBLISH", [Series.parse(item.data, zone) for item in read.items], read.faults)


def applied(method: str, message: Series, existing: Series | None) -> Series | None:
    """The item as a message of that METHOD leaves it; `existing` itself where it is out of date or for another.

    None where there is no item for a reply or a cancellation. What is cancelled stays, as cancelled.

    Raises:
        InvalidCalendar: messages of that kind are not handled.
    """
    take = _METHODS.get(method)
    if take is None:
        raise InvalidCalendar(
            f"{method} 메시지는 처리하지 않습니다. 초대(REQUEST), 회신(REPLY), 취소(CANCEL)만 됩니다."
        )
    if existing is None:
        return message if take is _requested else None
    if message.uid != existing.uid or not _same_organizer(message.master, existing.master):
        return existing
    for recurrence_id, component in _components(message).items():
        existing = take(existing, recurrence_id, component)
    return existing


def _requested(existing: Series, recurrence_id: str, new: Component) -> Series:
    """The newer revision in place of the older, with the reminders that the user has set."""
    old = _components(existing).get(recurrence_id)
    item = existing.item
    if old is None:
        return Series(with_blocks(item, [*item.calendar.blocks(*KINDS), new.block]))
    if _revision(new) <= _revision(old):
        return existing
    reminders = old.block.blocks("VALARM")
    block = new.block.with_blocks("VALARM", reminders) if reminders else new.block
    return Series(without_strays(exchanged(item, [(old.block, block)])))


def _replied(existing: Series, recurrence_id: str, new: Component) -> Series:
    """PARTSTAT of those who answer; nobody gets in who was not invited."""
    old = _known(existing, recurrence_id)
    if old is None or new.event.sequence < old.event.sequence:
        return existing
    answers = new.block.lines("ATTENDEE")
    at = new.block.text("DTSTAMP")
    lines = [_answered(each, answers, at) for each in old.block.lines("ATTENDEE")]
    if lines == list(old.block.lines("ATTENDEE")):
        return existing
    return _with(existing, recurrence_id, old.block.with_lines("ATTENDEE", lines))


def _answered(mine: Line, answers: Iterable[Line], at: str) -> Line:
    for answer in answers:
        if same_person(person(answer), person(mine)) and at > mine.parameter(_REPLIED):
            status = answer.parameter("PARTSTAT") or "NEEDS-ACTION"
            return rewritten(mine, mine.value, {"PARTSTAT": status, "RSVP": "", _REPLIED: at})
    return mine


def _cancelled(existing: Series, recurrence_id: str, new: Component) -> Series:
    old = _known(existing, recurrence_id)
    if old is None or new.event.sequence < old.event.sequence:
        return existing
    sequence = line("SEQUENCE", str(new.event.sequence))
    block = old.block.with_lines("STATUS", [line("STATUS", "CANCELLED")]).with_lines("SEQUENCE", [sequence])
    return _with(existing, recurrence_id, block)


_METHODS: Mapping[str, Callable[[Series, str, Component], Series]] = {
    "REQUEST": _requested,
    "PUBLISH": _requested,
    "REPLY": _replied,
    "CANCEL": _cancelled,
}


def _components(series: Series) -> dict[str, Component]:
    master = series.item.master
    whole = {"": master} if master.event.recurrence_id is None else {}
    return {**whole, **series.item.changed}


def _component(series: Series, recurrence_id: str) -> Component:
    """Raises KeyError."""
    if not recurrence_id:
        return series.item.master
    return series.item.changed.get(recurrence_id) or detached(series.item, recurrence_id)


def _known(series: Series, recurrence_id: str) -> Component | None:
    try:
        return _component(series, recurrence_id)
    except KeyError:
        return None


def _with(series: Series, recurrence_id: str, block: Block) -> Series:
    old = _components(series).get(recurrence_id)
    if old is not None:
        return Series(exchanged(series.item, [(old.block, block)]))
    return Series(with_blocks(series.item, [*series.item.calendar.blocks(*KINDS), block]))


def _revision(component: Component) -> tuple[int, str]:
    return component.event.sequence, component.block.text("DTSTAMP")


def _same_organizer(one: Event, other: Event) -> bool:
    if one.organizer is None or other.organizer is None:
        return one.organizer is other.organizer
    return same_person(one.organizer, other.organizer)


def _outward(block: Block, now: datetime) -> Block:
    return stamped(block.without("VALARM"), now)


def _message(method: str, series: Series, blocks: Iterable[Block]) -> str:
    sent = with_blocks(series.item, blocks).calendar
    return written(sent.with_lines("METHOD", [line("METHOD", method)]))
