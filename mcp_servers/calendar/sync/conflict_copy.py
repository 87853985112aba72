"""Our version of an item that was changed on both sides, as an item of its own."""

from uuid import uuid4

from mcp_servers.calendar.ical.block import Block, parse, written
from mcp_servers.calendar.ical.line import Line, escaped, line, rewritten

SUFFIX = " (내 변경, 충돌)"
_SUFFIX = escaped(SUFFIX)


def conflict_copy(text: str) -> tuple[str, str]:
    """The UID and the text of the copy: the title says what it is, its attendees hear nothing of it."""
    uid = f"{uuid4()}@modu"
    calendar = parse(text)
    parts = (_renamed(part, uid) if part.name in ("VEVENT", "VTODO") else part for part in calendar.parts)
    return uid, written(Block(calendar.name, tuple(parts)))


def _renamed(part: Line | Block, uid: str) -> Line | Block:
    if isinstance(part, Line):
        return part
    title = part.line("SUMMARY") or line("SUMMARY", "")
    titled = (title.value.removesuffix(_SUFFIX) + _SUFFIX).strip()
    renamed = part.with_lines("UID", [line("UID", uid)]).with_lines("SUMMARY", [rewritten(title, titled, {})])
    for name in ("ATTENDEE", "ORGANIZER"):
        # They know the original: a server that sends invitations must not send them this one (RFC 6638, 7.1).
        silent = [rewritten(old, old.value, {"SCHEDULE-AGENT": "NONE"}) for old in part.lines(name)]
        renamed = renamed.with_lines(name, silent)
    return renamed
