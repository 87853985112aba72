"""Whether two iCalendar texts say the same: servers fold, order, escape and time-stamp anew what they are given."""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import sha256

from mcp_servers.calendar.ical.block import Block, outline
from mcp_servers.calendar.ical.line import Line, unescaped

_ADDED = re.compile(
    "PRODID|VERSION|CALSCALE|METHOD|DTSTAMP|CREATED|LAST-MODIFIED|X-(RADICALE|LIC|WR|VOBJ|MOZ-LASTACK).*"
)
"""Properties that servers and clients write on their own."""
_DEFAULTS = frozenset({("TRANSP", "OPAQUE"), ("CLASS", "PUBLIC"), ("PRIORITY", "0"), ("SEQUENCE", "0")})
_ADDED_PARAMETERS = frozenset({"VALUE", "CHARSET", "ENCODING", "SCHEDULE-STATUS", "SCHEDULE-AGENT"})
_DEFAULT_PARAMETERS = frozenset(
    {("CUTYPE", "INDIVIDUAL"), ("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "NEEDS-ACTION"), ("RSVP", "FALSE")}
)
_LISTS = frozenset({"EXDATE", "RDATE", "CATEGORIES", "RESOURCES"})
_COMMA = re.compile(r"(?<!\\),")


def fingerprint(text: str) -> str:
    """The same for texts that say the same; zone definitions, time stamps and what servers add are left out."""
    return _digest(_of_block(block) for block in outline(unicodedata.normalize("NFC", text)).blocks)


def same(one: str | None, other: str | None) -> bool:
    """Both nothing, or both saying the same."""
    if one is None or other is None or one == other:
        return one == other
    return fingerprint(one) == fingerprint(other)


def _of_block(block: Block) -> str:
    parts: list[str] = []
    for part in block.parts:
        if isinstance(part, Line):
            parts += _of_line(part)
        elif part.name != "VTIMEZONE":
            parts.append(_of_block(part))
    return block.name + _digest(parts)


def _of_line(line: Line) -> Iterator[str]:
    """Nothing, one property, or one for each value of a list."""
    if _ADDED.fullmatch(line.name):
        return
    for value in _COMMA.split(line.value) if line.name in _LISTS else [line.value]:
        said = _said(line.name, value)
        if said and (line.name, said) not in _DEFAULTS:
            yield f"{line.name}{_parameters(line)}:{said}"


def _parameters(line: Line) -> list[tuple[str, str]]:
    given = [(name, line.parameter(name)) for name in sorted(line.parameters) if name not in _ADDED_PARAMETERS]
    return [(name, value) for name, value in given if value and (name, value.upper()) not in _DEFAULT_PARAMETERS]


def _said(name: str, value: str) -> str:
    match name:
        case "RRULE" | "EXRULE":
            return ";".join(sorted(filter(None, value.upper().split(";"))))
        case "ATTENDEE" | "ORGANIZER":
            return value.strip().casefold()
        case _:
            return unescaped(value).strip()


def _digest(parts: "Iterator[str] | list[str]") -> str:
    return sha256("\n".join(sorted(parts)).encode()).hexdigest()
