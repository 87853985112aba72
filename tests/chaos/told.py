"""What a reader was told, line by line, as it came."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.contract import Numbered
from agent.events import EVENT, Event
from agent.session.log import Keyer

LAST = {"turn_finished", "approval_asked", "question_asked"}
"""One of these ends the stream of a turn."""


@dataclass(frozen=True)
class Line:
    """One event. A reader who is not told numbers has `epoch` None; one told from the transcript has it empty."""

    event: dict[str, Any]
    key: str
    epoch: str | None = None
    number: int = 0

    @property
    def kind(self) -> str:
        return str(self.event["type"])

    @property
    def turn(self) -> int:
        """0 for what only passes by."""
        return int(self.key.partition("/")[0]) if self.key else 0

    @property
    def place(self) -> tuple[str, int] | None:
        """Where the event stands in its epoch, if that was told."""
        return (self.epoch, self.number) if self.epoch else None


@dataclass
class Told:
    """Everything that one reader was told, in order."""

    reader: str
    session: str = ""
    lines: list[Line] = field(default_factory=list)
    _keyer: Keyer = field(default_factory=Keyer)

    def numbered(self, one: Numbered) -> None:
        self.lines.append(Line(one.event.model_dump(mode="json"), one.key, one.epoch, one.number))

    def framed(self, frame: dict[str, Any], epoch: str) -> None:
        """A line of the wire."""
        self.lines.append(Line(frame["event"], frame.get("k", ""), epoch, frame["n"]))

    def event(self, event: Event) -> None:
        """An event without its number and its name, which is worked out."""
        self.lines.append(Line(event.model_dump(mode="json"), self._keyer.key(event)))

    def written(self, line: str) -> None:
        """A line of `--stream-json`; the last one is no event."""
        value = json.loads(line)
        if value["type"] != "result":
            self.event(EVENT.validate_python(value))

    @property
    def keys(self) -> list[str]:
        return [line.key for line in self.lines if line.key]

    def has(self, key: str) -> bool:
        return any(line.key == key for line in reversed(self.lines))

    @property
    def ended(self) -> bool:
        """The last line ends the stream of a turn."""
        return bool(self.lines) and self.lines[-1].kind in LAST

    def dump(self) -> str:
        return "".join(
            f"{line.epoch} {line.number} {line.key} {json.dumps(line.event, ensure_ascii=False)[:300]}\n"
            for line in self.lines
        )


def keyed(events: Sequence[Event]) -> Iterator[tuple[str, Event]]:
    """Events with their names."""
    keyer = Keyer()
    for event in events:
        yield keyer.key(event), event
