"""A session on the screen: opened, drawn as far as it has come, and followed, whichever face goes on with it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from textual import getters, work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from agent.contract import Assistant, Numbered, RequestOptions, Session
from agent.errors import UserError
from agent.events import Event, Failure, Notice, Reminder, TurnStarted
from tui.batches import batches
from tui.course import Asked, Course
from tui.plain import plain, plain_event
from tui.widgets.composer import Composer
from tui.widgets.lines import Line
from tui.widgets.outbox import Outbox
from tui.widgets.status import IDLE, Status
from tui.widgets.transcript import Transcript
from tui.widgets.welcome import Welcome

LOADING = "준비하는 중…"
_LEFT_OPEN = "마지막 일이 끝나지 않은 채로 있습니다. 저절로 이어지지 않으면 /계속 을 보내세요."
REMINDED = 60.0
"""Seconds that a reminder stays over the conversation."""
_MANY = 20
"""Events that are drawn together rather than one by one before one's eyes."""


class Following(Screen[None]):
    """The session's own stream is all that is drawn, in its order; `course` is what it has told."""

    LEFT_OPEN_AFTER = 1.0
    """Seconds of silence after which a turn may have been cut short long ago."""
    transcript = getters.query_one(Transcript)
    composer = getters.query_one(Composer)
    status = getters.query_one(Status)
    outbox = getters.query_one(Outbox)

    def __init__(
        self,
        load: Callable[[], Awaitable[Assistant]],
        session_id: str | None,
        banner: str,
        options: RequestOptions,
    ) -> None:
        super().__init__()
        self.load = load
        self.wanted = session_id
        """What is opened when there is no session."""
        self._banner = banner
        self.options = options
        """Of the next request."""
        self.session: Session | None = None
        self.course = Course()
        self._passing: Line | None = None

    def compose(self) -> ComposeResult:
        with Transcript():
            yield Welcome()
        yield Outbox()
        yield Static(id="hint", markup=False)
        yield Composer()
        yield Status(self._banner)

    def on_mount(self) -> None:
        self.status.show_wishes(self.options)
        self.open_session(self.wanted)

    def on_screen_resume(self) -> None:
        self.composer.park_cursor()

    def went_on(self, events: Sequence[Event]) -> None:
        """These have been drawn."""

    def works_on(self, *groups: str) -> bool:
        return any(worker.group in groups and not worker.is_finished for worker in self.workers)

    @work(group="open", exclusive=True)
    async def open_session(self, session_id: str | None, title: str = "") -> None:
        """Open a session, or a new one, instead of the one that is shown."""
        self.status.activity = LOADING
        try:
            session = await (await self.load()).open(session_id)
            expected = len(await session.history()) if session_id else 0
        except UserError as error:
            self.status.activity = IDLE
            self.take_back()
            await self.fail(error)
            return
        told = batches(session.follow(), expected)
        history = [plain_event(each.event) for each in await anext(told)]
        for group in ("follow", "turn"):
            self.workers.cancel_group(self, group)
        self.session, self.course = session, Course()
        await self._draw(history, title)
        self._follow(session, told)

    @work(group="follow")
    async def _follow(self, session: Session, told: AsyncGenerator[list[Numbered], None]) -> None:
        self.went_on(())
        async with aclosing(told):
            async for batch in told:
                if len(batch) > _MANY:
                    with self.app.batch_update():
                        events = [await self._show(each) for each in batch]
                else:
                    events = [await self._show(each) for each in batch]
                self.went_on(events)
        # It has said why it could not go on; the next text tries again.
        self.wanted, self.session = session.id, None

    async def _draw(self, history: Sequence[Event], title: str) -> None:
        self.status.reset(plain(title))
        self.composer.forget()
        for event in history:
            self.course.take(event)
            self.status.apply(event)
            if isinstance(event, TurnStarted):
                self.composer.remember(event.text)
        await self.transcript.draw(history)
        if not (self.course.running or self.course.asked):
            self.status.activity = IDLE
        if history and self.course.is_open(history):
            self._doubt(self.course)

    async def _show(self, told: Numbered) -> Event:
        event = plain_event(told.event)
        if isinstance(event, Notice) and not told.key:
            await self._pass(event.text)
            return event
        if isinstance(event, Reminder):
            await self._remind(event.text)
            return event
        self._passing = None
        self.status.apply(event)
        await self.transcript.apply(event)
        if isinstance(event, Asked):
            await self.transcript.close()
        self.course.take(event)
        return event

    async def _pass(self, text: str) -> None:
        """What only passes by, such as a lost connection, is one line, the newest, until the session goes on."""
        if self._passing is None:
            self._passing = Line(text, "notice")
            await self.transcript.add_aside(self._passing)
        else:
            self._passing.update(text)

    async def _remind(self, text: str) -> None:
        """Heard and seen also by who looks elsewhere, and still there when he comes back."""
        self.app.bell()
        self.app.notify(text, title="알림", timeout=REMINDED, markup=False)
        await self.remark(f"알림: {text}")

    @work(group="follow")
    async def _doubt(self, course: Course) -> None:
        """A turn that does not go on was cut short, or it waits for its model; the user will know."""
        known = course.taken
        await asyncio.sleep(self.LEFT_OPEN_AFTER)
        if course.taken == known:
            course.doubted = True
            self.status.activity = IDLE
            await self.remark(_LEFT_OPEN)
            self.went_on(())

    async def fail(self, error: UserError) -> None:
        """Show what went wrong outside a turn."""
        await self.transcript.apply(Failure(message=plain(str(error)), hint=plain(error.hint)))

    def take_back(self) -> None:
        """Texts that were not sent go back to where they can be changed."""
        if texts := self.outbox.take_all():
            self.composer.put("\n".join([*texts, self.composer.text]).rstrip("\n"))

    async def remark(self, text: str) -> None:
        """A line of the program's own in the conversation."""
        await self.transcript.add_aside(Line(plain(text), "notice"))

    def tell(self, text: str) -> None:
        """A word in passing."""
        self.app.notify(text, markup=False)

    def hint(self, text: str) -> None:
        """A line above the composer, until something is typed."""
        self.query_one("#hint", Static).update(text)
        self.set_class(bool(text), "-hinting")
