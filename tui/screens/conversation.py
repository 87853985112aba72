"""What the user says in a session: texts, one turn after the other, and answers to what must be asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from textual import on, work
from textual.worker import Worker

from agent.contract import Assistant, Decision, RequestOptions, Session
from agent.errors import UserError
from agent.events import ApprovalAsked, Event, Failure, Notice, TurnFinished
from tui.course import Asked, call_ids
from tui.plain import plain, plain_event
from tui.screens.approval import Approval
from tui.screens.following import Following
from tui.screens.question import Question
from tui.widgets.status import IDLE

SENDING = "보내는 중"
_ELSEWHERE = "다른 창에서 답했습니다."


class Conversation(Following):
    """A worker of the group `turn` is a request of ours until its end is drawn; what waits is in the outbox."""

    OURS_ALONE_AFTER = 1.0
    """Seconds; an end that the session has not told by then was told to us alone."""

    def __init__(
        self, load: Callable[[], Awaitable[Assistant]], session_id: str | None, banner: str, options: RequestOptions
    ) -> None:
        super().__init__(load, session_id, banner, options)
        self._dialog: Approval | Question | None = None
        self._decided: Asked | None = None
        """The question that our answer is under way to."""

    @property
    def busy(self) -> bool:
        """A session is being opened, or a turn runs or waits for an answer."""
        return self.works_on("open", "turn") or self.course.running or self.course.asked is not None

    def send(self, text: str) -> None:
        """Send now, or as soon as what runs has ended."""
        self.outbox.put(text, self.options)
        if self.session is None and not self.busy:
            self.open_session(self.wanted)
        self._go_on()

    def resume(self, session: Session, decision: Decision) -> None:
        """Go on with a parked or interrupted turn."""
        self._ask(session, session.resume(decision))

    def went_on(self, events: Sequence[Event]) -> None:
        self._go_on()
        if self.session and not self.outbox.waiting and any(isinstance(event, TurnFinished) for event in events):
            self._measure(self.session)

    @on(Worker.StateChanged)
    def _go_on(self) -> None:
        """Ask what must be asked, and no longer what has been answered; send what waits, if nothing runs."""
        asked, dialog = self.course.asked, self._dialog
        if dialog is not None:
            if asked is None or call_ids(asked) != call_ids(dialog.asked):
                dialog.withdraw()
        elif self.session is not None and asked is not None and asked is not self._decided:
            self._dialog = Approval(asked) if isinstance(asked, ApprovalAsked) else Question(asked)
            self._decide(self.session, self._dialog)
        if self.session is not None and self.outbox.waiting and not self.busy:
            text, options = self.outbox.take()
            self.status.activity = SENDING
            self._ask(self.session, self.session.send(text, options=options))

    @work(group="decide")
    async def _decide(self, session: Session, dialog: Approval | Question) -> None:
        decision = await self.app.push_screen_wait(dialog)
        self._dialog = None
        if decision is not None:
            self._decided = self.course.asked
            self.resume(session, decision)
        elif session is self.session:
            await self.remark(_ELSEWHERE)

    @work(group="turn")
    async def _ask(self, session: Session, events: AsyncIterator[Event]) -> None:
        """A request of ours to its end. The session tells what comes of it; here is said what it does not tell."""
        course, known = self.course, len(self.course.ends)
        failure, last = None, None
        async for event in events:
            if last is None and isinstance(event, Notice):
                self.tell(plain(event.text))
            if isinstance(event, Failure):
                failure = event
            last = event
        if last is None or session is not self.session:
            return
        try:
            async with asyncio.timeout(self.OURS_ALONE_AFTER):
                await course.ended(plain_event(last), known)
        except TimeoutError:
            if failure is not None:
                self._decided = None
                self.status.activity = IDLE
                await self.transcript.apply(plain_event(failure))

    @work(group="measure", exclusive=True)
    async def _measure(self, session: Session) -> None:
        status = self.status
        try:
            use = await session.context()
        except UserError:
            # Nobody asked for the figure, and what is wrong was said by the turn.
            status.context = None
            return
        if session is self.session:
            status.context = use.used / use.window
