"""A reader of a session's events: what it has missed, then what comes, in the session's order and nothing twice.

Behind a number of the present epoch the log knows the rest. A reader that is new, comes from before a restart or is too
far behind gets it from the transcript, where the keys of events tell what it has seen; a reply it has seen a part of is
voided (`ReplyRestarted`) and told whole.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

from agent.contract import Position
from agent.events import (
    ApprovalAsked,
    Event,
    QuestionAsked,
    ReasoningDelta,
    Reminder,
    ReplyRestarted,
    TextDelta,
    TurnFinished,
    Usage,
)
from agent.session.log import Entry, EventLog, Keyer
from agent.session.replay import replay
from agent.transcript.ledger import Ledger

HISTORY_TURNS = 50
LAST = (TurnFinished, ApprovalAsked, QuestionAsked)
"""Exactly one of these ends the stream of a turn."""
_DELTAS = (TextDelta, ReasoningDelta)


class Reader:
    """Keeps its own position, so that a slow one falls back to the transcript and holds up nobody."""

    def __init__(self, ledger: Ledger, log: EventLog, position: Position | None) -> None:
        given = position or Position()
        self._ledger = ledger
        self._log = log
        self._epoch = given.epoch
        self._number = given.number
        self._turn = given.turn
        self._keys = set(given.keys)
        self._partial = given.partial
        self._covered: set[str] = set()
        """Told from the transcript; what it stands for may come live a moment later."""

    @property
    def place(self) -> tuple[str, int]:
        """Epoch and number behind which it goes on, once it has told its batch."""
        return self._epoch, self._number

    async def batches(self, ends: Callable[[], bool] = lambda: False) -> AsyncGenerator[Sequence[Entry], None]:
        """Some entries at a time; the end where `ends` says so and nothing is left to tell."""
        while True:
            entries = self._log.after(self._number) if self._epoch == self._log.epoch else None
            if entries is None:
                entries = await self._missed()
            else:
                self._number = self._log.last
                entries = [entry for entry in entries if not entry.key or entry.key not in self._covered]
            for entry in entries:
                self._note(entry)
            if entries:
                yield entries
            elif ends():
                return
            else:
                await self._log.news(self._number)

    def _note(self, entry: Entry) -> None:
        if entry.key:
            turn = int(entry.key.partition("/")[0])
            if turn != self._turn:
                self._turn, self._keys = turn, set()
            self._keys.add(entry.key)
        if isinstance(entry.event, _DELTAS):
            self._partial = True
        elif isinstance(entry.event, (Usage, ReplyRestarted, *LAST)):
            self._partial = False

    async def _missed(self) -> Sequence[Entry]:
        rows = await self._ledger.store.rows(
            self._ledger.session.id, **{"from_turn": self._turn} if self._turn else {"last_turns": HISTORY_TURNS}
        )
        # From here on without a pause, so that the log stands still.
        told = list(_keyed(replay(self._ledger.session.id, rows)))
        covered = self._keys | {entry.key for entry in told if entry.key}
        void = [Entry(ReplyRestarted(), "")] if self._partial else []
        self._epoch, self._number = self._log.epoch, self._log.last
        self._covered = {key for key in covered if rows and key.startswith(f"{rows[-1].turn}/")}
        return [*void, *_unseen(told, self._keys), *_beyond(self._log.newest_turn(), covered)]


def _keyed(events: Sequence[Event]) -> Iterator[Entry]:
    keyer = Keyer()
    for event in events:
        yield Entry(event, keyer.key(event))


def _unseen(told: Sequence[Entry], seen: set[str]) -> Iterator[Entry]:
    """Without what was seen; the text of a reply belongs to the usage behind it."""
    spoken: list[Entry] = []
    for entry in told:
        if isinstance(entry.event, _DELTAS):
            spoken.append(entry)
            continue
        if entry.key not in seen:
            yield from spoken
            yield entry
        spoken = []


def _beyond(live: Sequence[Entry], covered: set[str]) -> Iterator[Entry]:
    """Of a running turn, what the transcript does not know yet."""
    known = max((n for n, entry in enumerate(live) if entry.key in covered), default=-1)
    yield from (entry for entry in live[: known + 1] if entry.key and entry.key not in covered)
    # A reminder was for those who read when it was due.
    yield from (entry for entry in live[known + 1 :] if not isinstance(entry.event, Reminder))
