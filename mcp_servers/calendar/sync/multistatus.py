"""Reading a multistatus answer (RFC 4918, 13) with the names of resources exactly as the server writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
CALENDAR_SERVER = "{http://calendarserver.org/ns/}"
APPLE = "{http://apple.com/ns/ical/}"


@dataclass(frozen=True, slots=True)
class Response:
    """What it says of one resource."""

    href: str
    status: int
    """Of the resource itself; 200 when only its properties have one."""
    properties: Mapping[str, Any]
    """Elements by qualified name, only those that the server has."""

    def text(self, name: str) -> str:
        found = self.properties.get(name)
        return "".join(found.itertext()).strip() if found is not None else ""

    def names(self, name: str) -> list[str]:
        """The qualified names of the elements within a property."""
        found = self.properties.get(name)
        return [] if found is None else [element.tag for element in found.iter() if isinstance(element.tag, str)]

    def href_in(self, name: str) -> str:
        """The first DAV:href within a property."""
        found = self.properties.get(name)
        href = None if found is None else found.find(f".//{DAV}href")
        return "" if href is None else (href.text or "").strip()


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole multistatus."""

    responses: list[Response] = field(default_factory=list)
    sync_token: str = ""


def read(tree: Any) -> Answer:
    """`tree` is the lxml element of the answer; None and other documents say nothing."""
    if tree is None:
        return Answer()
    responses = [one for element in tree.iter(f"{DAV}response") if (one := _response(element))]
    return Answer(responses, (tree.findtext(f"{DAV}sync-token") or "").strip())


def preconditions(tree: Any) -> list[str]:
    """What a DAV:error names as the reason (RFC 4918, 16)."""
    return [] if tree is None else [child.tag for child in tree.iter() if isinstance(child.tag, str)]


def _response(element: Any) -> Response | None:
    href = element.find(f"{DAV}href")
    if href is None or not (href.text or "").strip():
        return None
    properties = {
        child.tag: child
        for part in element.findall(f"{DAV}propstat")
        if _code(part.find(f"{DAV}status")) < 300
        for child in part.iterfind(f"{DAV}prop/*")
        if isinstance(child.tag, str)
    }
    return Response(href.text.strip(), _code(element.find(f"{DAV}status")), properties)


def _code(status: Any) -> int:
    parts = (status.text or "").split() if status is not None else []
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 200
