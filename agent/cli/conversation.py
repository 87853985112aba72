"""One request followed to its end: its events written, its questions answered, its interruption turned into an end."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from agent.cli.approvals import Person
from agent.cli.result import Result
from agent.cli.writers import Writer
from agent.contract import AS_USUAL, Attachment, QuestionAnswered, RequestOptions, Session, TurnContinued
from agent.errors import UsageError
from agent.events import Event, QuestionAsked


async def said(
    session: Session,
    text: str,
    attachments: Sequence[Attachment] = (),
    options: RequestOptions = AS_USUAL,
) -> AsyncIterator[Event]:
    """What the user says next: the answer, if the session waits for one, else a new request.

    Raises:
        UsageError: an answer cannot have the options of a request.
    """
    match (await session.history())[-1:]:
        case [QuestionAsked()] if not attachments:
            _need_no_request(options)
            return session.resume(QuestionAnswered(text=text))
    return session.send(text, attachments, options)


def _need_no_request(options: RequestOptions) -> None:
    """A turn goes on as it began; a wish that would be dropped in silence is refused."""
    if options.private or options.thinking is not None:
        raise UsageError(
            "하던 일을 이어 갈 때는 --private 와 --thinking 을 바꿀 수 없습니다.",
            hint="두 옵션 없이 이어 가거나, 새 요청으로 보내세요.",
        )


class Conversation:
    """`run` once; `interrupt` at any time."""

    def __init__(self, session: Session, writer: Writer, person: Person, options: RequestOptions) -> None:
        self.result = Result(session.id)
        if options.answer_schema is not None:
            self.result.expect_data()
        self._session = session
        self._options = options
        self._writer = writer
        self._person = person
        self._running: asyncio.Task[None] | None = None
        self._cancelling: set[asyncio.Task[None]] = set()
        self.refused: OSError | None = None
        """Why the output could not be written; then the turn was ended."""

    async def run(self, text: str, attachments: Sequence[Attachment]) -> None:
        self._running = asyncio.create_task(self._converse(text, attachments))
        try:
            await self._running
        except asyncio.CancelledError:
            self.result.interrupt()

    def interrupt(self) -> None:
        """End the turn; before there is one, or where it waits for an answer, end the wait."""
        if self._running is None:
            return
        if self.result.in_turn and not self._cancelling:
            self._cancelling.add(asyncio.create_task(self._session.cancel()))
            return
        self._running.cancel()

    async def _converse(self, text: str, attachments: Sequence[Attachment]) -> None:
        session = self._session
        events = await said(session, text, attachments, self._options) if text else self._continued()
        while True:
            await self._follow(events)
            asked = self.result.parked
            decision = await self._person.decide(asked) if asked and not self.refused else None
            if decision is None:
                return
            events = session.resume(decision)

    def _continued(self) -> AsyncIterator[Event]:
        _need_no_request(self._options)
        return self._session.resume(TurnContinued())

    async def _follow(self, events: AsyncIterator[Event]) -> None:
        async for event in events:
            self.result.take(event)
            if self.refused is None:
                self._show(event)
            if self.refused:
                await self._session.cancel()

    def _show(self, event: Event) -> None:
        try:
            self._writer.show(event)
        except OSError as refused:
            # The reader has left (`modu … | head`) or its disk is full: nobody gets the rest of the answer.
            self.refused = refused
