"""What happened in a session since it was loaded, numbered, for as many readers as there are."""

import asyncio
import json
import secrets
import time
import zlib
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from agent.contract import Numbered
from agent.events import (
    ApprovalAsked,
    Compacted,
    Event,
    Failure,
    Notice,
    PlanChanged,
    QuestionAsked,
    ToolCallApproved,
    ToolCallFinished,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
    Usage,
)

_GLANCE, _GLANCES = 8, 64
"""Every so many entries the time is noted, and so many times are kept."""
_LIMIT = 8_192
"""Entries that are kept; a reader further behind reads the transcript."""


@dataclass(frozen=True)
class Entry:
    """An event where it stands. One that was read from the transcript has no epoch, and no number of its own."""

    event: Event
    key: str
    epoch: str = ""
    number: int = 0

    @cached_property
    def json(self) -> bytes:
        """`"n":…,"k":…,"event":{…}`, made once, however many read it."""
        key = f'"k":{json.dumps(self.key)},' if self.key else ""
        return f'"n":{self.number},{key}"event":{self.event.model_dump_json()}'.encode()

    @property
    def numbered(self) -> Numbered:
        return Numbered(epoch=self.epoch, number=self.number, key=self.key, event=self.event)


class Keyer:
    """Names the events of a session, the same whether they come live or from the transcript."""

    def __init__(self) -> None:
        self._turn = 0
        self._counts: Counter[str] = Counter()

    def key(self, event: Event) -> str:
        """`TURN/what`; empty for what only passes by."""
        if isinstance(event, TurnStarted):
            self._turn = event.turn
            self._counts.clear()
        name = self._name(event)
        return f"{self._turn}/{name}" if name else ""

    def _name(self, event: Event) -> str:
        match event:
            case ToolCallProposed() | ToolCallApproved() | ToolCallStarted() | ToolCallFinished() | QuestionAsked():
                which = event.call_id
            case ApprovalAsked(calls=calls):
                which = calls[0].call_id
            case Notice(text=text):
                which = f"{zlib.crc32(text.encode(errors='replace')):x}"
            case Usage() | PlanChanged() | Compacted():
                self._counts[event.type] += 1
                which = str(self._counts[event.type])
            case TurnStarted() | Failure() | TurnFinished():
                return event.type
            case _:
                return ""
        return f"{event.type}/{which}"


class EventLog:
    """Keeps the newest two turns, at most `_LIMIT` entries."""

    def __init__(self) -> None:
        self.epoch = secrets.token_hex(6)
        self.last = 0
        """Number of the newest entry."""
        self.keyer = Keyer()
        self._entries: list[Entry] = []
        self._begins = [0, 0]
        """Numbers at which the newest two turns begin."""
        self._news = asyncio.Event()
        self._rate: deque[tuple[int, float]] = deque(maxlen=_GLANCES)

    def add(self, event: Event) -> None:
        self._add(event, self.keyer.key(event))

    def add_unnamed(self, event: Event) -> None:
        """Of no turn: told to those who read now, and to nobody later."""
        self._add(event, "")

    def _add(self, event: Event, key: str) -> None:
        self.last += 1
        if self.last % _GLANCE == 1:
            self._rate.append((self.last, time.monotonic()))
        self._entries.append(Entry(event, key, self.epoch, self.last))
        if isinstance(event, TurnStarted):
            self._begins = [self._begins[1], self.last]
            self._trim(self._begins[0])
        elif len(self._entries) > 2 * _LIMIT:
            self._trim(self.last - _LIMIT)
        self.wake()

    def renew(self) -> None:
        """Begin another epoch: every reader takes what it has missed from the transcript."""
        self.epoch = secrets.token_hex(6)
        self._entries.clear()
        self._begins = [self.last + 1, self.last + 1]
        self.wake()

    def after(self, number: int) -> Sequence[Entry] | None:
        """What came behind the number; None if some of that is no longer here."""
        missing = self.last - number
        if not 0 <= missing <= len(self._entries):
            return None
        return self._entries[len(self._entries) - missing :]

    def newest_turn(self) -> Sequence[Entry]:
        """From the start of the newest turn that began in this epoch, as far as it is here."""
        return self.after(self._begins[1] - 1) or self._entries

    def since(self, when: float) -> int:
        """About how many entries came since that time (`time.monotonic`)."""
        first = next((number for number, at in self._rate if at >= when), None)
        return 0 if first is None else self.last - first + 1

    async def news(self, number: int) -> None:
        """Returns when there is something behind the number, or a stream has ended."""
        if self.last <= number:
            await self._news.wait()

    def wake(self) -> None:
        """Let every reader look."""
        self._news.set()
        self._news = asyncio.Event()

    def _trim(self, first: int) -> None:
        """Forget what stands before the number."""
        kept = self.last - first + 1
        if kept < len(self._entries):
            del self._entries[: len(self._entries) - kept]
