"""One request of a face while it is answered."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.events import Event
from agent.host.face import Face
from agent.session.drive import Drive
from agent.session.log import Entry
from agent.session.room import Room
from agent.wire.frames import encode

Write = Callable[[bytes], Awaitable[None]]


@dataclass(eq=False)
class Call:
    """What was asked, and the way back."""

    number: int
    params: dict[str, Any]
    face: Face
    write: Write
    uploaded: Callable[[str], str]
    drive: Drive | None = None
    """The stream of a turn that this request begins or has joined; without a task it waits for another turn to end."""
    follows: Room | None = None
    """The session that is followed."""
    cancelled: bool = False
    """By the face; a turn that has not begun shall not begin."""
    _epoch: str | None = field(default=None, init=False)

    def text(self, name: str) -> str:
        return str(self.params.get(name) or "")

    async def begin(self, session: str, place: tuple[str, int]) -> None:
        """The line that says where a stream begins."""
        self._epoch = place[0]
        await self.write(encode({"id": self.number, "n": place[1], "epoch": place[0], "session": session}))

    async def tell(self, entries: Sequence[Entry], place: tuple[str, int]) -> None:
        """Some events, and where the reader stands after them."""
        lines = [self._line(entry) for entry in entries]
        if place[0] != self._epoch:
            self._epoch = place[0]
            lines.append(encode({"id": self.number, "n": place[1], "epoch": place[0]}))
        await self.write(b"".join(lines))

    async def aside(self, event: Event, place: tuple[str, int]) -> None:
        """An event for this face alone."""
        await self.tell([Entry(event, "", *place)], place)

    async def line(self, text: str) -> None:
        """A line of a report."""
        await self.write(encode({"id": self.number, "line": text}))

    def _line(self, entry: Entry) -> bytes:
        if entry.epoch == self._epoch:
            return b'{"id":%d,%b}\n' % (self.number, entry.json)
        self._epoch = entry.epoch
        return b'{"id":%d,"epoch":"%b",%b}\n' % (self.number, entry.epoch.encode(), entry.json)
