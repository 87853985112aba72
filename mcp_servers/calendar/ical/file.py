"""An .ics file of the world as items, and items as one file (RFC 5545 section 3.4, RFC 4791 section 4.1)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from mcp_servers.calendar.entities import Kind
from mcp_servers.calendar.ical.block import Block, InvalidCalendar, calendar, outline, parse, written
from mcp_servers.calendar.ical.components import KINDS
from mcp_servers.calendar.ical.decoding import decoded
from mcp_servers.calendar.ical.gathering import Gathering, floats
from mcp_servers.calendar.ical.line import line
from mcp_servers.calendar.ical.zone import known

MAX_BYTES = 32 << 20
MAX_LINES = 1_500_000
MAX_FAULTS = 100


class FileItem(NamedTuple):
    uid: str
    kind: Kind
    data: str


@dataclass(frozen=True, slots=True)
class File:
    """What a file holds."""

    items: list[FileItem]
    method: str
    """METHOD of an invitation (RFC 5546); empty for a plain calendar."""
    faults: list[str]
    """What was repaired, left out or not understood, in Korean."""


def read_file(data: bytes) -> File:
    """Read any .ics. Lines of a component stay as they were written; what cannot be read is told in `faults`.

    Raises:
        InvalidCalendar: the file is too large, or holds no calendar at all. The message is Korean.
    """
    if len(data) > MAX_BYTES:
        raise InvalidCalendar(f"파일이 너무 큽니다({len(data) >> 20}MiB). {MAX_BYTES >> 20}MiB 이하로 나누어 주세요.")
    text, faults = decoded(data)
    if max(text.count("\n"), text.count("\r")) > MAX_LINES:
        raise InvalidCalendar(f"파일의 줄이 너무 많습니다. {MAX_LINES:,}줄 이하로 나누어 주세요.")
    found = outline(text)
    gathering = Gathering()
    calendars = _calendars(found.blocks)
    for each in calendars:
        gathering.add(each)
    items = [FileItem(*item) for item in gathering.items()]
    faults += found.faults + gathering.faults
    if len(faults) > MAX_FAULTS:
        faults = [*faults[:MAX_FAULTS], f"그 밖에 알릴 것이 {len(faults) - MAX_FAULTS:,}건 더 있습니다."]
    return File(
        items, next((method for each in calendars if (method := each.text("METHOD").strip().upper())), ""), faults
    )


def _calendars(blocks: Iterable[Block]) -> list[Block]:
    """Every VCALENDAR, and one around components that stand alone.

    Raises:
        InvalidCalendar: there is nothing of the kind.
    """
    blocks = list(blocks)
    bare = [block for block in blocks if block.name in (*KINDS, "VTIMEZONE")]
    calendars = [block for block in blocks if block.name == "VCALENDAR"] + ([calendar(bare)] if bare else [])
    if not calendars:
        raise InvalidCalendar("iCalendar 파일이 아닙니다. BEGIN:VCALENDAR로 시작하는 .ics 파일을 주세요.")
    return calendars


def write_file(datas: Iterable[str]) -> str:
    """Many items in one VCALENDAR, each VTIMEZONE once.

    A second VCALENDAR follows where items mean different zones by one name.

    Raises:
        InvalidCalendar: one is no item's text.
    """
    groups = [_Group()]
    for data in datas:
        item = parse(data)
        group = next((each for each in groups if each.takes(item)), None)
        if group is None:
            groups.append(group := _Group())
        group.add(item)
    return "".join(written(group.calendar()) for group in groups)


@dataclass
class _Group:
    """Items that can be in one calendar."""

    definitions: dict[str, Block] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    floating: str | None = None
    """X-WR-TIMEZONE of times without a zone, empty where they have none; None while there are no such times."""

    def takes(self, item: Block) -> bool:
        floating = _floating(item)
        if None not in (self.floating, floating) and self.floating != floating:
            return False
        return all(self._agrees(definition) for definition in item.blocks("VTIMEZONE"))

    def _agrees(self, definition: Block) -> bool:
        tzid = definition.text("TZID")
        mine = self.definitions.get(tzid, definition)
        return mine == definition or known(tzid) is not None

    def add(self, item: Block) -> None:
        self.floating = _floating(item) if self.floating is None else self.floating
        for definition in item.blocks("VTIMEZONE"):
            self.definitions.setdefault(definition.text("TZID"), definition)
        self.blocks += item.blocks(*KINDS)

    def calendar(self) -> Block:
        lines = [line("X-WR-TIMEZONE", self.floating)] if self.floating else []
        return calendar([*lines, *self.definitions.values(), *self.blocks])


def _floating(item: Block) -> str | None:
    if not any(floats(block) for block in item.blocks(*KINDS)):
        return None
    found = item.line("X-WR-TIMEZONE")
    return found.value if found else ""
