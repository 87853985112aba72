"""One stream of a turn on its way into a session's log."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from agent.events import Event
from agent.session.turns import Turns

Stream = Callable[[Turns], AsyncGenerator[Event, None]]


class TurnWatch(Protocol):
    """Told of the turns that run, so that a later process knows which ones a crash cut."""

    def began(self, session: str) -> None: ...

    def ended(self, session: str) -> None: ...


class Unwatched:
    """Where nobody goes on after a crash by itself."""

    def began(self, session: str) -> None:
        return

    def ended(self, session: str) -> None:
        return


@dataclass
class Drive:
    """From `send` or `resume` to the last event."""

    turns: Turns
    stream: Stream
    watch: TurnWatch
    key: str = ""
    """Of the request that began it."""
    turn: int = 0
    """0: it begins a turn, and has not done so yet."""
    before: int = 0
    """Number of the entry before its first one, once it has `started`."""
    told: bool = False
    """Its last event stands in the log; what is left is to tidy up."""
    was_cut: bool = False
    """Left as a crash would leave it, for the next process to go on with."""
    started: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when its first event stands in the log, or there will be none."""
    task: "asyncio.Task[None] | None" = None

    @property
    def done(self) -> bool:
        return self.task is not None and self.task.done()

    def cut(self) -> None:
        """Stop here and now, without an end in the transcript."""
        self.was_cut = True
        if self.task:
            self.task.cancel()
