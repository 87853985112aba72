"""What goes on in a session, as its events tell, whichever face causes them."""

import asyncio
from collections.abc import Sequence

from agent.events import (
    ApprovalAsked,
    Event,
    Failure,
    Notice,
    QuestionAsked,
    ReasoningDelta,
    Reminder,
    ReplyRestarted,
    TextDelta,
    ToolCallProgress,
    ToolCallStarted,
    TurnFinished,
)

Asked = ApprovalAsked | QuestionAsked
_ONLY_LIVE = (TextDelta, ReasoningDelta, ReplyRestarted, ToolCallStarted, ToolCallProgress)
"""A history never ends with these."""


class Course:
    """Of one session, as far as it has been drawn."""

    def __init__(self) -> None:
        self.unfinished = False
        """A turn has begun and neither ended nor asked."""
        self.doubted = False
        """It does not go on, so that it may have been cut short long ago."""
        self.asked: Asked | None = None
        """The question that nobody has answered yet."""
        self.taken = 0
        """How many events."""
        self.ends: list[Event] = []
        """The last events of the streams of turns."""
        self._ended = asyncio.Event()

    def take(self, event: Event) -> None:
        self.taken += 1
        match event:
            case ApprovalAsked() | QuestionAsked() | TurnFinished():
                self.unfinished = False
                self.asked = event if isinstance(event, Asked) else None
                self.ends.append(event)
                self._ended.set()
            case Notice() | Reminder() | Failure():
                # Also told where no turn runs.
                pass
            case _:
                self.unfinished, self.doubted = True, False
                self.asked = None

    @property
    def running(self) -> bool:
        return self.unfinished and not self.doubted

    def is_open(self, events: Sequence[Event]) -> bool:
        """Whether a history leaves open if its last turn still runs or was cut short."""
        return self.unfinished and not isinstance(events[-1], _ONLY_LIVE)

    async def ended(self, end: Event, known: int) -> None:
        """Returns when this end has come, behind the first `known`."""
        while end not in self.ends[known:]:
            self._ended.clear()
            await self._ended.wait()


def call_ids(asked: Asked) -> tuple[str, ...]:
    """What the question is about."""
    if isinstance(asked, ApprovalAsked):
        return tuple(call.call_id for call in asked.calls)
    return (asked.call_id,)
