"""One request followed to its end: its events written, its questions answered, its interruption turned into an end."""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from agent.cli.approvals import Person
from agent.cli.result import Result
from agent.cli.writers import Writer
from agent.errors import UserError
from agent.wire.link import Link
from agent.wire.track import Track


class Conversation:
    """`run` once; a signal of `heard` at any time."""

    def __init__(self, link: Link, writer: Writer, person: Person, result: Result) -> None:
        self._link = link
        self._writer = writer
        self._person = person
        self._result = result
        self._cancelled = False
        self.refused: OSError | None = None
        """Why the output could not be written; then the turn was ended."""

    def run(self, params: Mapping[str, Any], uploads: Sequence[tuple[str, str]]) -> None:
        """Raises `UserError` for what went wrong outside a turn."""
        try:
            self._converse(params, uploads)
        except KeyboardInterrupt:
            self._result.interrupt()

    def interrupt(self) -> None:
        """End the turn and let its end be seen; the second time, and where nothing runs, end at once."""
        if self._cancelled or not self._link.asking:
            raise KeyboardInterrupt
        self._cancel()

    def _cancel(self) -> None:
        self._cancelled = True
        self._link.cancel()

    def _converse(self, params: Mapping[str, Any], uploads: Sequence[tuple[str, str]]) -> None:
        track = Track()
        events = self._link.stream("session.say", uploads, track, **params)
        while self._follow(events):
            asked = self._result.parked
            decision = self._person.decide(asked) if asked and not self.refused else None
            if decision is None:
                return
            session = self._result.session
            events = self._link.stream("session.resume", track=track, session=session, decision=decision)

    def _follow(self, lines: Iterator[Mapping[str, Any]]) -> bool:
        """False if the turn did not come to its end."""
        self._result.ended = False
        for line in lines:
            if session := line.get("session"):
                self._result.open(session)
            if event := line.get("event"):
                self._result.take(event)
                self._show(event)
        if self._result.ended:
            return True
        if not self._cancelled:
            raise UserError(
                "답이 끝나기 전에 상주 프로세스가 끝났습니다.",
                hint=f"이어서 하려면: modu --session {self._result.session} --yes",
            )
        self._result.interrupt()
        return False

    def _show(self, event: Mapping[str, Any]) -> None:
        if self.refused:
            return
        try:
            self._writer.show(event)
        except OSError as refused:
            # The reader has left (`modu … | head`) or its disk is full: nobody gets the rest of the answer.
            self.refused = refused
            self._cancel()


@contextmanager
def heard(conversation: Conversation) -> Iterator[None]:
    """SIGINT and SIGTERM interrupt the conversation."""

    def hear(*_: object) -> None:
        conversation.interrupt()

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
