"""An `Event` as the lines of its component: only those of fields that changed are written, the rest stays as it was."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mcp_servers.calendar.entities import Alarm, Event, Moment, Person
from mcp_servers.calendar.ical.block import Block
from mcp_servers.calendar.ical.line import Line, escaped, line, plain_text, rewritten
from mcp_servers.calendar.ical.moment import UTC_ZONE, key, length_text
from mcp_servers.calendar.ical.reading import alarm, is_link, moments, person, read_event
from mcp_servers.calendar.ical.zone import Zones

FIELDS = frozenset(field.name for field in fields(Event)) - {"uid", "kind", "recurrence_id"}
_TEXTS = {"title": "SUMMARY", "location": "LOCATION", "description": "DESCRIPTION"}
_WORDS = {"status": "STATUS", "visibility": "CLASS", "url": "URL"}
_NUMBERS = {"priority": "PRIORITY", "percent": "PERCENT-COMPLETE", "sequence": "SEQUENCE"}
_TWINS = {
    "location": ("X-APPLE-STRUCTURED-LOCATION",),
    "description": ("X-ALT-DESC", "STYLED-DESCRIPTION"),
    "busy": ("X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS"),
    "start": ("X-MICROSOFT-CDO-ALLDAYEVENT",),
}
"""What says the same a second time, and would say the old thing after a change."""
_NOBODY = "invalid:nomail"
"""The address that clients write for somebody known by name alone."""


def differing(one: Event, other: Event) -> frozenset[str]:
    """The fields in which two events differ."""
    return frozenset(name for name in FIELDS if getattr(one, name) != getattr(other, name))


def patched(block: Block, event: Event, changed: AbstractSet[str], zones: Zones) -> Block:
    """`block` with the fields named in `changed` written as `event` has them."""
    for name in sorted(changed & FIELDS, key=_ORDER.index):
        block = _WRITERS[name](block.without(*_TWINS.get(name, ())), event, zones)
    return block


def stamped(block: Block, now: datetime) -> Block:
    """DTSTAMP and LAST-MODIFIED are `now`."""
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        block = block.with_lines(name, [line(name, utc_text(now))])
    return block


def utc_text(when: datetime) -> str:
    return f"{key(when.astimezone(UTC))}Z"


def moment_line(name: str, moment: Moment, zones: Zones, old: Line | None = None) -> Line:
    """DATE, floating, UTC, or with the TZID that the object has for the zone; other parameters stay as in `old`."""
    form, value = {"TZID": "", "VALUE": ""}, key(moment)
    if not isinstance(moment, datetime):
        form["VALUE"] = "DATE"
    elif isinstance(moment.tzinfo, ZoneInfo) and moment.tzinfo != UTC_ZONE:
        form["TZID"] = zones.tzid(moment.tzinfo)
    elif moment.tzinfo is not None:
        value = utc_text(moment)
    return line(name, value, form) if old is None else rewritten(old, value, form)


def with_dates(block: Block, name: str, wanted: Iterable[Moment], zones: Zones) -> Block:
    """RDATE or EXDATE holding just these: values that stay are kept as they were written."""
    wanted = tuple(wanted)
    rest = set(wanted)
    kept = []
    for found in block.lines(name):
        read = list(_readable(found, zones))
        texts = [text for moment, text in read if moment in rest]
        rest.difference_update(moment for moment, _ in read)
        if texts:
            kept.append(found if len(texts) == len(read) else rewritten(found, ",".join(texts), {}))
    added = [moment_line(name, moment, zones) for moment in dict.fromkeys(wanted) if moment in rest]
    return block.with_lines(name, [*kept, *added])


def _readable(found: Line, zones: Zones) -> Iterator[tuple[Moment, str]]:
    try:
        yield from moments(found, zones)
    except ValueError:
        return


def _texts(block: Block, event: Event, zones: Zones, name: str) -> Block:
    text = getattr(event, name)
    return block.with_lines(_TEXTS[name], [line(_TEXTS[name], escaped(text))] if text else [])


def _words(block: Block, event: Event, zones: Zones, name: str) -> Block:
    text = plain_text(getattr(event, name)).replace("\n", "")
    return block.with_lines(_WORDS[name], [line(_WORDS[name], text)] if text else [])


def _numbers(block: Block, event: Event, zones: Zones, name: str) -> Block:
    number = getattr(event, name)
    return block.with_lines(_NUMBERS[name], [line(_NUMBERS[name], str(number))] if number else [])


def _start(block: Block, event: Event, zones: Zones) -> Block:
    return _moment(block, "DTSTART", event.start, zones)


def _end(block: Block, event: Event, zones: Zones) -> Block:
    """DTEND or DUE, unless a DURATION says so already."""
    if block.line("DURATION") and event.end and read_event(block, zones).end == event.end:
        return block
    name = "DUE" if event.kind == "VTODO" else "DTEND"
    return _moment(block.without("DURATION"), name, event.end, zones)


def _moment(block: Block, name: str, moment: Moment | None, zones: Zones) -> Block:
    return block.with_lines(name, [] if moment is None else [moment_line(name, moment, zones, block.line(name))])


def _rules(block: Block, event: Event, zones: Zones) -> Block:
    old = {found.value.strip(): found for found in block.lines("RRULE")}
    return block.with_lines("RRULE", [old.get(rule) or line("RRULE", plain_text(rule)) for rule in event.rules])


def _busy(block: Block, event: Event, zones: Zones) -> Block:
    return block.with_lines("TRANSP", [] if event.busy else [line("TRANSP", "TRANSPARENT")])


def _categories(block: Block, event: Event, zones: Zones) -> Block:
    names = ",".join(escaped(name) for name in event.categories)
    return block.with_lines("CATEGORIES", [line("CATEGORIES", names)] if names else [])


def _organizer(block: Block, event: Event, zones: Zones) -> Block:
    return block.with_lines("ORGANIZER", _people(block, "ORGANIZER", [event.organizer] if event.organizer else []))


def _attendees(block: Block, event: Event, zones: Zones) -> Block:
    return block.with_lines("ATTENDEE", _people(block, "ATTENDEE", event.attendees))


def _people(block: Block, name: str, people: Iterable[Person]) -> Iterator[Line]:
    """One line each; of somebody who is there already only what changed is written."""
    old = [(person(found), found) for found in block.lines(name)]
    for wanted in people:
        index = next((at for at, (known, _) in enumerate(old) if same_person(known, wanted)), None)
        if index is None:
            yield person_line(name, wanted)
            continue
        known, found = old.pop(index)
        yield found if known == wanted else _changed_person(found, known, wanted)


def same_person(one: Person, other: Person) -> bool:
    """By address, by name where neither has one."""
    if one.address or other.address:
        return one.address.casefold() == other.address.casefold()
    return one.name == other.name


def person_line(name: str, wanted: Person) -> Line:
    """A new ATTENDEE or ORGANIZER."""
    given = _parameters(wanted) if name == "ATTENDEE" else {"CN": wanted.name}
    asked = {"RSVP": "TRUE"} if name == "ATTENDEE" and wanted.status == "NEEDS-ACTION" else {}
    address = plain_text(wanted.address).replace("\n", "")
    return line(name, f"mailto:{address}" if address else _NOBODY, given | asked)


def _changed_person(found: Line, known: Person, wanted: Person) -> Line:
    before, after = _parameters(known), _parameters(wanted)
    return rewritten(found, found.value, {name: after[name] for name in after if after[name] != before[name]})


def _parameters(wanted: Person) -> dict[str, str]:
    """Empty is what the standard's default says."""
    return {
        "CN": wanted.name,
        "CUTYPE": "" if wanted.kind == "INDIVIDUAL" else wanted.kind,
        "ROLE": "" if wanted.role == "REQ-PARTICIPANT" else wanted.role,
        "PARTSTAT": "" if wanted.status == "NEEDS-ACTION" else wanted.status,
    }


def _alarms(block: Block, event: Event, zones: Zones) -> Block:
    old = [(alarm(found, zones.home), found) for found in block.blocks("VALARM")]
    blocks = []
    for wanted in event.alarms:
        index = next((at for at, (known, _) in enumerate(old) if known == wanted), None)
        blocks.append(_alarm(wanted, zones) if index is None else old.pop(index)[1])
    return block.with_blocks("VALARM", blocks)


def _alarm(wanted: Alarm, zones: Zones) -> Block:
    if wanted.at:
        trigger = line(
            "TRIGGER", utc_text(wanted.at.replace(tzinfo=wanted.at.tzinfo or zones.home)), {"VALUE": "DATE-TIME"}
        )
    else:
        related = "END" if wanted.related == "END" else ""
        trigger = line("TRIGGER", length_text(-(wanted.before or timedelta())), {"RELATED": related})
    return Block("VALARM", (line("ACTION", wanted.action), trigger, line("DESCRIPTION", escaped(wanted.text))))


def _attachments(block: Block, event: Event, zones: Zones) -> Block:
    old = {found.value: found for found in block.lines("ATTACH") if is_link(found)}
    inline = [found for found in block.lines("ATTACH") if not is_link(found)]
    links = [old.get(uri) or line("ATTACH", plain_text(uri).replace("\n", "")) for uri in event.attachments]
    return block.with_lines("ATTACH", [*inline, *links])


def _completed_at(block: Block, event: Event, zones: Zones) -> Block:
    return block.with_lines(
        "COMPLETED", [line("COMPLETED", utc_text(event.completed_at))] if event.completed_at else []
    )


def _of(write: Callable[[Block, Event, Zones, str], Block], name: str) -> Callable[[Block, Event, Zones], Block]:
    return lambda block, event, zones: write(block, event, zones, name)


_WRITERS: Mapping[str, Callable[[Block, Event, Zones], Block]] = {
    "sequence": _of(_numbers, "sequence"),
    "title": _of(_texts, "title"),
    "start": _start,
    "end": _end,
    "rules": _rules,
    "rdates": lambda block, event, zones: with_dates(block, "RDATE", event.rdates, zones),
    "exdates": lambda block, event, zones: with_dates(block, "EXDATE", event.exdates, zones),
    **{name: _of(_texts, name) for name in ("location", "description")},
    **{name: _of(_words, name) for name in _WORDS},
    "busy": _busy,
    "categories": _categories,
    "organizer": _organizer,
    "attendees": _attendees,
    "alarms": _alarms,
    "attachments": _attachments,
    "completed_at": _completed_at,
    **{name: _of(_numbers, name) for name in ("priority", "percent")},
}
_ORDER = list(_WRITERS)
