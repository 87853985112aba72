"""Components (RFC 5545 section 3.4) as a tree of content lines, so that what nobody touches stays as it was written."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mcp_servers.calendar.ical.line import Line, line

MAX_DEPTH = 8
MAX_PROPERTIES = 20_000
"""In one component."""
MAX_BLOCKS = 200_000
"""In one text, with those within others."""
MAX_LINE = 16 << 20
"""Characters of one property, an attachment most likely."""
_LINE_ENDS = re.compile(r"[\r\n]+")
_LINE_END = re.compile(r"\n(?![ \t])")
_NEVER_WITHIN = {"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"}
"""Blocks that do not hold one another: where one begins, the one before has ended."""
_PROSE = {"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "X-ALT-DESC"}


class InvalidCalendar(ValueError):
    """The text is no calendar object; the message is Korean."""


@dataclass(frozen=True)
class Block:
    """What is between BEGIN and END."""

    name: str
    parts: tuple["Line | Block", ...] = ()

    @cached_property
    def _lines(self) -> dict[str, list[Line]]:
        found: dict[str, list[Line]] = {}
        for part in self.parts:
            if isinstance(part, Line):
                found.setdefault(part.name, []).append(part)
        return found

    def lines(self, name: str) -> Sequence[Line]:
        return self._lines.get(name, ())

    def line(self, name: str) -> Line | None:
        """The first of that name: one that is written twice against the standard counts once."""
        found = self._lines.get(name)
        return found[0] if found else None

    def text(self, name: str) -> str:
        found = self.line(name)
        return found.text if found else ""

    def blocks(self, *names: str) -> list["Block"]:
        return [part for part in self.parts if isinstance(part, Block) and (part.name in names or not names)]

    def walk(self) -> Iterator[Line]:
        """Every line, also of blocks within."""
        for part in self.parts:
            if isinstance(part, Block):
                yield from part.walk()
            else:
                yield part

    def with_lines(self, name: str, lines: Iterable[Line]) -> "Block":
        """The lines of that name replaced, where the first of them was; new ones before the blocks within."""
        return self._replaced(lambda part: isinstance(part, Line) and part.name == name, lines)

    def with_blocks(self, name: str, blocks: Iterable["Block"]) -> "Block":
        return self._replaced(lambda part: isinstance(part, Block) and part.name == name, blocks)

    def without(self, *names: str) -> "Block":
        return Block(self.name, tuple(part for part in self.parts if part.name not in names))

    def _replaced(self, old: Callable[["Line | Block"], bool], new: "Iterable[Line | Block]") -> "Block":
        places = [index for index, part in enumerate(self.parts) if old(part)]
        rest = [part for part in self.parts if not old(part)]
        added = list(new)
        at = places[0] if places else len(rest)
        if not places and added and isinstance(added[0], Line):
            at = next((index for index, part in enumerate(rest) if isinstance(part, Block)), at)
        return Block(self.name, (*rest[:at], *added, *rest[at:]))

    def raw(self) -> str:
        """As text, lines ending in LF."""
        within = (part.raw if isinstance(part, Line) else part.raw() for part in self.parts)
        return "\n".join([f"BEGIN:{self.name}", *within, f"END:{self.name}"])


@dataclass
class Outline:
    """What a text was found to hold: the outermost blocks, and what was wrong with it."""

    blocks: list[Block] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass
class _Open:
    name: str
    parts: list[Line | Block] = field(default_factory=list)
    spoilt: str = ""


def outline(text: str) -> Outline:
    """Read a text of any line ends: what is broken is repaired or left out, and told in Korean.

    Raises:
        InvalidCalendar: there are more blocks than anybody needs.
    """
    return _Reader().read(_LINE_END.split(_LINE_ENDS.sub("\n", text).lstrip()))


def parse(data: str) -> Block:
    """The one VCALENDAR that an item's text is.

    Raises:
        InvalidCalendar: there is none.
    """
    for block in outline(data).blocks:
        if block.name == "VCALENDAR":
            return block
    raise InvalidCalendar("iCalendar 자료가 아닙니다. BEGIN:VCALENDAR로 시작하는 .ics 내용을 넣으세요.")


class _Reader:
    def __init__(self) -> None:
        self._found = Outline()
        self._open: list[_Open] = []
        self._depth = 0
        self._begun = 0

    def read(self, raws: Iterable[str]) -> Outline:
        for raw in raws:
            if raw[:6].upper() == "BEGIN:":
                self._begin(raw[6:].strip().upper())
            elif raw[:4].upper() == "END:":
                self._end(raw[4:].strip().upper())
            elif raw and not raw.isspace():
                self._line(Line(raw))
        if self._open:
            self._found.faults.append(f"{self._open[-1].name} 뒤가 잘려 있어 끝난 것으로 보고 읽었습니다.")
        while self._open:
            self._close()
        return self._found

    def _begin(self, name: str) -> None:
        self._depth += 1
        self._begun += 1
        if self._begun > MAX_BLOCKS:
            raise InvalidCalendar(f"일정이 너무 많습니다. {MAX_BLOCKS:,}건 이하로 나누어 주세요.")
        if name in _NEVER_WITHIN or name == "VCALENDAR":
            self._end_before(name)
        if self._depth > MAX_DEPTH:
            self._spoil(f"{MAX_DEPTH}겹보다 깊이 들어 있습니다")
            return
        self._open.append(_Open(name))

    def _end_before(self, name: str) -> None:
        """Close what the file forgot to close."""
        left = _NEVER_WITHIN if name != "VCALENDAR" else {*_NEVER_WITHIN, "VCALENDAR"}
        while any(block.name in left for block in self._open):
            self._found.faults.append(f"{self._close()}의 END가 없어 다음 것 앞에서 끝난 것으로 읽었습니다.")
            self._depth += 1

    def _end(self, name: str) -> None:
        if self._depth > MAX_DEPTH:
            self._depth -= 1
            return
        if not any(block.name == name for block in self._open):
            self._found.faults.append(f"짝이 없는 END:{name[:40]} 줄을 건너뛰었습니다.")
            return
        while self._close() != name:
            self._found.faults.append(f"END:{name[:40]} 앞에 닫히지 않은 부분이 있어 닫았습니다.")

    def _close(self) -> str:
        closed = self._open.pop()
        self._depth = len(self._open)
        block = Block(closed.name, tuple(closed.parts))
        if closed.spoilt:
            title = block.text("SUMMARY")[:60]
            self._found.faults.append(f"{closed.name} {title!r}: {closed.spoilt}. 건너뛰었습니다.")
        elif self._open:
            self._open[-1].parts.append(block)
        else:
            self._found.blocks.append(block)
        return closed.name

    def _line(self, read: Line) -> None:
        if not self._open or self._depth > MAX_DEPTH:
            return
        parts = self._open[-1].parts
        if len(parts) >= MAX_PROPERTIES:
            self._spoil(f"속성이 {MAX_PROPERTIES:,}개보다 많습니다")
        elif len(read.raw) > MAX_LINE:
            self._spoil(f"한 줄이 {MAX_LINE:,}자보다 깁니다")
        elif read.name:
            parts.append(read)
        elif parts and isinstance(before := parts[-1], Line) and before.name in _PROSE:
            # Text whose next lines were not folded.
            parts[-1] = Line(f"{before.raw}\n \\n{read.raw}")
        else:
            self._found.faults.append(f"읽을 수 없는 줄을 건너뛰었습니다: {read.raw[:40]!r}")

    def _spoil(self, reason: str) -> None:
        """Leave out the component in hand, not the calendar around it."""
        self._open[1 if len(self._open) > 1 else 0].spoilt = reason


def calendar(parts: Iterable[Line | Block]) -> Block:
    """A VCALENDAR of ours around `parts`."""
    return Block("VCALENDAR", (line("VERSION", "2.0"), line("PRODID", "-//modu//calendar//KO"), *parts))


def written(block: Block) -> str:
    """As iCalendar text, lines ending in CRLF."""
    return block.raw().replace("\n", "\r\n") + "\r\n"
