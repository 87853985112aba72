"""The components of a file's calendars as items: one for each UID, with the time zones that it uses."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby

from mcp_servers.calendar.entities import Kind
from mcp_servers.calendar.ical.block import Block, InvalidCalendar, calendar, written
from mcp_servers.calendar.ical.components import KINDS
from mcp_servers.calendar.ical.line import Line, escaped, line
from mcp_servers.calendar.ical.moment import UTC_ZONE
from mcp_servers.calendar.ical.reading import read_start
from mcp_servers.calendar.ical.zone import Zones, zones
from mcp_servers.calendar.recurrence.rule import InvalidRule, Rule

MAX_COMPONENTS = 100_000
MAX_DEFINITIONS = 1_000
MAX_CHANGED = 10_000
"""Changed occurrences of one item."""
MAX_UID = 255
MAX_ZONE = 32 << 10
"""Characters of one VTIMEZONE."""
MAX_COPIED = 64 << 20
"""Characters of VTIMEZONEs in all items of one file together."""
_TIMES = ("DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "RDATE", "EXDATE")
_VOLATILE = ("UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE")


@dataclass(frozen=True)
class _Component:
    block: Block
    definitions: Mapping[str, Block]
    """VTIMEZONE by TZID."""
    floating: Line | None
    """X-WR-TIMEZONE."""
    tzids: list[str]


class Gathering:
    """What the calendars of one file come to, and in `faults` what they do not."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._found: dict[tuple[str, str], list[_Component]] = {}
        self._skipped: Counter[str] = Counter()
        self._copied = 0

    def add(self, home: Block) -> None:
        """Take the components of one VCALENDAR.

        Raises:
            InvalidCalendar: there are too many.
        """
        named = zones(home, UTC_ZONE)
        floating = home.line("X-WR-TIMEZONE") if named.floating else None
        blocks = home.blocks()
        if len(blocks) > MAX_COMPONENTS:
            raise InvalidCalendar(f"일정이 너무 많습니다. {MAX_COMPONENTS:,}건 이하로 나누어 주세요.")
        if len(named.definitions) > MAX_DEFINITIONS:
            raise InvalidCalendar(f"시간대 정의(VTIMEZONE)가 {MAX_DEFINITIONS:,}개보다 많아 읽지 않았습니다.")
        for block in blocks:
            if block.name in KINDS:
                self._take(block, floating, named)
            elif block.name != "VTIMEZONE":
                self._skipped[block.name[:40]] += 1

    def items(self) -> Iterator[tuple[str, Kind, str]]:
        """(UID, kind, text) of each item."""
        used: set[str] = set()
        for (name, uid), components in self._found.items():
            for parts in self._told_apart(components):
                own = uid if uid not in used else _content_uid(parts[0].block)
                used.add(own)
                if own != uid:
                    parts = [replace(part, block=_named(part.block, own)) for part in parts]
                if text := self._text(parts):
                    yield own, "VTODO" if name == "VTODO" else "VEVENT", text
        for kind, count in self._skipped.items():
            self.faults.append(f"{kind} {count:,}건은 다루지 않는 종류라서 건너뛰었습니다.")

    def _take(self, block: Block, floating: Line | None, named: Zones) -> None:
        try:
            read_start(block, named)
        except ValueError as error:
            self._skip(block, str(error))
            return
        self._warn_of_rules(block)
        tzids = _tzids(block)
        self._warn_of_zones(tzids, named)
        uid = block.text("UID").strip()
        if not uid or len(uid) > MAX_UID:
            uid = f"{sha256(uid.encode()).hexdigest()[:32]}@modu" if uid else _content_uid(block)
            block = _named(block, uid)
        self._found.setdefault((block.name, uid), []).append(_Component(block, named.definitions, floating, tzids))

    def _skip(self, block: Block, reason: str) -> None:
        self.faults.append(f"{block.name} {block.text('SUMMARY')[:60]!r}: {reason}. 건너뛰었습니다.")

    def _warn_of_rules(self, block: Block) -> None:
        for rule in block.lines("RRULE"):
            try:
                Rule.parse(rule.value)
            except InvalidRule as error:
                self.faults.append(f"{block.text('SUMMARY')[:60]!r}: {error} 첫 번만 보입니다.")

    def _warn_of_zones(self, tzids: Iterable[str], named: Zones) -> None:
        for tzid in tzids:
            told = f"시간대 {tzid[:60]!r}을(를) 알 수 없어 사용자의 시간대로 읽습니다."
            if not named.tells(tzid) and told not in self.faults[-3:]:
                self.faults.append(told)

    def _told_apart(self, components: Sequence[_Component]) -> Iterator[list[_Component]]:
        """Different events that one program gave the same UID; of two versions of one the later."""
        masters = [each for each in components if each.block.line("RECURRENCE-ID") is None]
        rest = [each for each in components if each.block.line("RECURRENCE-ID") is not None]
        if len(rest) > MAX_CHANGED:
            self._skip(components[0].block, f"따로 바뀐 회차가 {MAX_CHANGED:,}번보다 많습니다")
            return
        if len(masters) < 2:
            yield [*masters, *rest]
            return
        versions = groupby(sorted(masters, key=_start), key=_start)
        newest = [max(same, key=_revision) for _, same in versions]
        newest.sort(key=masters.index)
        if len(newest) > 1:
            self.faults.append(f"UID {newest[0].block.text('UID')[:60]!r}인 일정이 여럿이라 따로 나누었습니다.")
        yield [newest[0], *rest]
        yield from ([each] for each in newest[1:])

    def _text(self, parts: Sequence[_Component]) -> str:
        """Empty when the definitions of zones would take too much room."""
        blocks = [part.block for part in parts]
        used: dict[str, Block] = {}
        for part in parts:
            used |= {tzid: part.definitions[tzid] for tzid in part.tzids if tzid in part.definitions} | used
        size = sum(len(block.raw()) for block in used.values())
        self._copied += size
        if size > MAX_ZONE or self._copied > MAX_COPIED:
            self._skip(blocks[0], "시간대 정의(VTIMEZONE)가 너무 큽니다")
            return ""
        return written(calendar([*_floating_zone(parts), *used.values(), *blocks]))


def _floating_zone(parts: Sequence[_Component]) -> list[Line]:
    """X-WR-TIMEZONE, if there are times that it is for."""
    found = parts[0].floating
    return [found] if found and any(floats(part.block) for part in parts) else []


def floats(block: Block) -> bool:
    """Whether it has times without a zone."""
    lines = (found for name in _TIMES for found in block.lines(name))
    return any(
        "T" in found.value.upper() and not found.value.upper().endswith("Z") and "TZID" not in found.parameters
        for found in lines
    )


def _tzids(block: Block) -> list[str]:
    tzids = (found.parameter("TZID") for found in block.walk() if "TZID=" in found.raw.upper())
    return list(dict.fromkeys(tzid for tzid in tzids if tzid))


def _named(block: Block, uid: str) -> Block:
    without = block.without("UID")
    return Block(block.name, (line("UID", escaped(uid)), *without.parts))


def _content_uid(block: Block) -> str:
    """The same for the same content, so that a file imported twice gives its items once."""
    return f"{sha256(block.without(*_VOLATILE).raw().encode()).hexdigest()[:32]}@modu"


def _start(component: _Component) -> str:
    found = component.block.line("DTSTART")
    return found.value if found else ""


def _revision(component: _Component) -> tuple[int, str]:
    sequence = component.block.text("SEQUENCE").strip()
    return int(sequence[:9]) if sequence.isascii() and sequence.isdigit() else 0, component.block.text("DTSTAMP")
