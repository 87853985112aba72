"""A calendar object resource of a server, checked to be one item (RFC 4791, 4.1)."""

from dataclasses import dataclass

from mcp_servers.calendar.entities import Kind
from mcp_servers.calendar.ical.block import outline
from mcp_servers.calendar.sync.remote import Version

_LARGEST = 8 * 2**20
"""Characters."""
_KINDS: tuple[Kind, ...] = ("VEVENT", "VTODO")


@dataclass(frozen=True, slots=True)
class Resource:
    href: str
    etag: str
    uid: str
    kind: Kind
    text: str
    """Lines end in CRLF."""


def read(href: str, version: Version) -> Resource | None:
    """None for what is neither event nor task: it stays on the server alone.

    Raises:
        ValueError: it is no calendar object, or several; the text is Korean.
    """
    if len(version.text) > _LARGEST:
        raise ValueError(f"서버의 {href} 이(가) 너무 커서({len(version.text) // 2**20} MB) 건너뛰었습니다.")
    calendars = [block for block in outline(version.text).blocks if block.name == "VCALENDAR"]
    found = [(kind, part) for block in calendars for kind in _KINDS for part in block.blocks(kind)]
    if not found:
        if calendars:
            return None
        raise ValueError(f"서버의 {href} 은(는) 달력 자료가 아니어서 건너뛰었습니다.")
    uids = {part.text("UID").strip() for _, part in found}
    if len(uids) != 1 or "" in uids or len(calendars) != 1:
        raise ValueError(f"서버의 {href} 에 일정이 여럿이거나 UID가 없어 건너뛰었습니다. 서버에만 있습니다.")
    return Resource(href, version.etag, uids.pop(), found[0][0], _crlf(version.text))


def _crlf(text: str) -> str:
    # PostgreSQL keeps no NUL.
    lines = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip("\n").removeprefix("\ufeff")
    return lines.replace("\n", "\r\n") + "\r\n"
