"""A VEVENT or VTODO as an `Event`: what is written against the standard is read as its author most likely meant it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, TypeVar, get_args

from mcp_servers.calendar.entities import Alarm, Event, Kind, Moment, PartStat, Person
from mcp_servers.calendar.ical.block import Block
from mcp_servers.calendar.ical.line import Line, listed
from mcp_servers.calendar.ical.moment import alike, later, length, parsed
from mcp_servers.calendar.ical.zone import Zones

MAX_DATES = 20_000
"""RDATE or EXDATE values of one component."""
MAX_TEXT = 65_536
"""Characters of a text that are read; the iCalendar text keeps them all."""
MAX_NAME = 254
"""Characters of a person's name or address."""
_MAX_INTEGER = 2**31 - 1
_DAY = timedelta(days=1)
_T = TypeVar("_T")


def read_event(block: Block, zones: Zones, anchor: Moment | None = None) -> Event:
    """`anchor` is where the series of a changed occurrence starts: it gives RECURRENCE-ID its form.

    Raises:
        ValueError: it has no time, or too many dates. The message is Korean.
    """
    kind: Kind = "VTODO" if block.name == "VTODO" else "VEVENT"
    start = read_start(block, zones)
    end = _todo_end(block, start, zones) if kind == "VTODO" else _event_end(block, start, zones)
    recurrence_id = _optional(lambda: _single(block, "RECURRENCE-ID", zones))
    return Event(
        uid=block.text("UID").strip(),
        title=_text(block, "SUMMARY"),
        start=start,
        end=end,
        kind=kind,
        recurrence_id=alike(recurrence_id, anchor) if recurrence_id is not None and anchor else recurrence_id,
        rules=tuple(found.value.strip() for found in block.lines("RRULE")),
        rdates=tuple(_dates(block, "RDATE", zones)),
        exdates=tuple(_dates(block, "EXDATE", zones)),
        location=_text(block, "LOCATION"),
        description=_text(block, "DESCRIPTION"),
        url="".join(found.value.strip() for found in block.lines("URL")[:1])[:MAX_TEXT],
        status=block.text("STATUS").strip().upper(),
        busy=block.text("TRANSP").strip().upper() != "TRANSPARENT",
        visibility=block.text("CLASS").strip().upper(),
        categories=tuple(
            name for found in block.lines("CATEGORIES") for name in listed(found.value[:MAX_TEXT]) if name
        ),
        organizer=next((person(found) for found in block.lines("ORGANIZER")), None),
        attendees=tuple(person(found) for found in block.lines("ATTENDEE")),
        alarms=tuple(alarm(found, zones.home) for found in block.blocks("VALARM")),
        attachments=tuple(found.value for found in block.lines("ATTACH") if is_link(found)),
        sequence=_integer(block, "SEQUENCE"),
        priority=min(_integer(block, "PRIORITY"), 9),
        completed_at=_optional(lambda: _completed(block, zones)),
        percent=min(_integer(block, "PERCENT-COMPLETE"), 100),
    )


def read_start(block: Block, zones: Zones) -> Moment | None:
    """DTSTART of a component that can be read at all.

    Raises:
        ValueError: it cannot, for the reason that the Korean message tells.
    """
    start = _optional(lambda: _single(block, "DTSTART", zones))
    if start is None and block.name != "VTODO":
        raise ValueError("시작(DTSTART)이 없거나 읽을 수 없습니다")
    if block.line("RECURRENCE-ID") and _optional(lambda: _single(block, "RECURRENCE-ID", zones)) is None:
        raise ValueError("RECURRENCE-ID를 읽을 수 없습니다")
    for name in ("RDATE", "EXDATE"):
        if sum(found.raw.count(",") + 1 for found in block.lines(name)) > MAX_DATES:
            raise ValueError(f"{name} 날짜가 {MAX_DATES:,}개보다 많습니다")
    return start


def moments(found: Line, zones: Zones) -> Iterator[tuple[Moment, str]]:
    """The values of RDATE or EXDATE, each as it was written beside it; of a PERIOD its start.

    Raises:
        ValueError: one is no date.
    """
    for text in found.value.split(","):
        if text.strip():
            yield moment_of(text.partition("/")[0], found, zones), text


def moment_of(text: str, found: Line, zones: Zones) -> Moment:
    """A DATE or DATE-TIME among the values of a property.

    Raises:
        ValueError: it is none.
    """
    tzid = found.parameter("TZID")
    read = parsed(text, zones.zone(tzid) if tzid else zones.floating)
    whole_day = found.parameters.get("VALUE", "").upper() == "DATE" and isinstance(read, datetime)
    return read.date() if whole_day and isinstance(read, datetime) else read


def person(found: Line) -> Person:
    """ATTENDEE or ORGANIZER."""
    value = found.value.strip()
    address = value[7:] if value[:7].lower() == "mailto:" else found.parameter("EMAIL")
    if not address and "@" in value and ":" not in value:
        address = value
    status = found.parameter("PARTSTAT").upper()
    return Person(
        name=found.parameter("CN")[:MAX_NAME],
        address=address.strip()[:MAX_NAME],
        status=next((known for known in get_args(PartStat) if known == status), "NEEDS-ACTION"),
        role=found.parameter("ROLE").upper() or "REQ-PARTICIPANT",
        kind=found.parameter("CUTYPE").upper() or "INDIVIDUAL",
    )


def alarm(block: Block, home: tzinfo) -> Alarm:
    """A VALARM; one whose trigger says nothing goes off at the start."""
    trigger = block.line("TRIGGER")
    value = trigger.value if trigger else ""
    at = _optional(lambda: parsed(value, home))
    before = None if isinstance(at, datetime) else -(_optional(lambda: length(value)) or timedelta())
    related: Literal["START", "END"] = "END" if trigger and trigger.parameter("RELATED").upper() == "END" else "START"
    action = block.text("ACTION").strip().upper() or "DISPLAY"
    return Alarm(before, at if isinstance(at, datetime) else None, related, action, _text(block, "DESCRIPTION"))


def is_link(found: Line) -> bool:
    """Whether an ATTACH is a URI, not the file itself."""
    inline = "ENCODING" in found.parameters or found.parameters.get("VALUE", "").upper() == "BINARY"
    return not inline and len(found.raw) <= MAX_TEXT and found.value[:5].lower() != "data:"


def _event_end(block: Block, start: Moment | None, zones: Zones) -> Moment | None:
    """DTEND, else DTSTART + DURATION; None where it would not be later than the start."""
    if start is None:
        return None
    end = _optional(lambda: _single(block, "DTEND", zones)) or _optional(lambda: _after(block, start))
    end = None if end is None else _in_form(end, start)
    return end if end is not None and _is_later(end, start, zones.home) else None


def _todo_end(block: Block, start: Moment | None, zones: Zones) -> Moment | None:
    due = _optional(lambda: _single(block, "DUE", zones))
    return due if due is not None or start is None else _optional(lambda: _after(block, start))


def _after(block: Block, start: Moment) -> Moment | None:
    found = block.line("DURATION")
    if found is None:
        return None
    span = length(found.value)
    if span < timedelta():
        return None
    if not isinstance(start, datetime):
        return start + max(span - span % _DAY, _DAY)
    # Days are nominal, hours are exact (section 3.3.6).
    return later(start + timedelta(days=span.days), span - timedelta(days=span.days))


def _in_form(end: Moment, start: Moment) -> Moment:
    """A date for a date, a time for a time."""
    if isinstance(start, datetime):
        if not isinstance(end, datetime):
            return datetime.combine(end, datetime.min.time(), start.tzinfo)
        return end if (end.tzinfo is None) == (start.tzinfo is None) else alike(end, start)
    if not isinstance(end, datetime):
        return end
    return end.date() + (_DAY if end.time() != datetime.min.time() else timedelta())


def _is_later(end: Moment, start: Moment, home: tzinfo) -> bool:
    if isinstance(end, datetime) and isinstance(start, datetime):
        return _comparable(end, home) >= _comparable(start, home)
    return end > start


def _comparable(when: datetime, home: tzinfo) -> datetime:
    return (when if when.tzinfo else when.replace(tzinfo=home)).astimezone(UTC)


def _dates(block: Block, name: str, zones: Zones) -> Iterator[Moment]:
    for found in block.lines(name):
        try:
            yield from (when for when, _ in moments(found, zones))
        except ValueError:
            continue


def _single(block: Block, name: str, zones: Zones) -> Moment | None:
    found = block.line(name)
    return None if found is None else moment_of(found.value, found, zones)


def _completed(block: Block, zones: Zones) -> datetime | None:
    when = _single(block, "COMPLETED", zones)
    if isinstance(when, datetime):
        return when if when.tzinfo else when.replace(tzinfo=zones.home)
    return None if when is None else datetime.combine(when, datetime.min.time(), zones.home)


def _optional(read: Callable[[], _T | None]) -> _T | None:
    """What cannot be read is as if it were not there; the text keeps it."""
    try:
        return read()
    except (ValueError, OverflowError):
        return None


def _text(block: Block, name: str) -> str:
    return block.text(name)[:MAX_TEXT]


def _integer(block: Block, name: str) -> int:
    digits = block.text(name).strip()[:12]
    return min(int(digits), _MAX_INTEGER) if digits.isascii() and digits.isdigit() else 0
