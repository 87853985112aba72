"""A conversation on the screen: opens a session, sends texts, shows what comes back, asks what must be asked."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from textual import getters, work
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from agent.contract import Assistant, Decision, RequestOptions, Session
from agent.errors import UserError
from agent.events import ApprovalAsked, Event, Failure, Notice, QuestionAsked, TurnFinished, TurnStarted
from tui.plain import plain, plain_event
from tui.screens.approval import Approval
from tui.screens.question import Question
from tui.widgets.composer import Composer
from tui.widgets.lines import Line
from tui.widgets.status import IDLE, Status
from tui.widgets.transcript import Transcript
from tui.widgets.welcome import Welcome

Asked = ApprovalAsked | QuestionAsked
LOADING = "준비하는 중…"
SENDING = "보내는 중"
_INTERRUPTED = Notice(text="지난번에 하던 일이 끝나기 전에 끊겼습니다. 이어서 하려면 /계속 을 보내세요.")


class Conversation(Screen[None]):
    """At most one worker of the group `turn` runs; it is the state, and what waits is in the outbox."""

    transcript = getters.query_one(Transcript)
    composer = getters.query_one(Composer)
    status = getters.query_one(Status)

    def __init__(
        self,
        load: Callable[[], Awaitable[Assistant]],
        session_id: str | None,
        banner: str,
        options: RequestOptions,
    ) -> None:
        super().__init__()
        self.load = load
        self._first = session_id
        self._banner = banner
        self.session: Session | None = None
        self.options = options
        """Of the next request."""
        self._outbox: deque[tuple[str, RequestOptions]] = deque()

    def compose(self) -> ComposeResult:
        with Transcript():
            yield Welcome()
        yield Static(id="outbox", markup=False)
        yield Static(id="hint", markup=False)
        yield Composer()
        yield Status(self._banner)

    def on_mount(self) -> None:
        self.status.show_wishes(self.options)
        self.open_session(self._first)

    def on_screen_resume(self) -> None:
        self.composer.park_cursor()

    @property
    def busy(self) -> bool:
        """A session is being opened or a turn is running."""
        return any(worker.group == "turn" and not worker.is_finished for worker in self.workers)

    def send(self, text: str) -> None:
        """Send now, or as soon as what runs has ended."""
        self._outbox.append((text, self.options))
        if self.busy:
            self._show_outbox()
        elif self.session is None:
            self.open_session(self._first)
        else:
            self._run_outbox(self.session)

    @work(group="turn")
    async def open_session(self, session_id: str | None, title: str = "") -> None:
        """Open a session, or a new one, and go on where it stopped."""
        self.status.activity = LOADING
        try:
            session = await (await self.load()).open(session_id)
            events = [plain_event(event) for event in await session.history()]
        except UserError as error:
            self.status.activity = IDLE
            self.take_back()
            await self.fail(error)
            return
        self.session = session
        await self._draw(events, title)
        if events and isinstance(asked := events[-1], Asked):
            await self._follow(session, session.resume(await self._decide(asked)))
        await self._empty_outbox(session)

    async def _draw(self, events: Sequence[Event], title: str) -> None:
        self.status.reset(plain(title))
        self.composer.forget()
        for event in events:
            self.status.apply(event)
            if isinstance(event, TurnStarted):
                self.composer.remember(event.text)
        await self.transcript.draw(events)
        parked = bool(events) and isinstance(events[-1], Asked)
        if not parked:
            self.status.activity = IDLE
        if events and not parked and not isinstance(events[-1], TurnFinished):
            await self.transcript.apply(_INTERRUPTED)

    @work(group="turn")
    async def _run_outbox(self, session: Session) -> None:
        await self._empty_outbox(session)

    @work(group="turn")
    async def resume(self, session: Session, decision: Decision) -> None:
        """Go on with an interrupted turn."""
        await self._follow(session, session.resume(decision))
        await self._empty_outbox(session)

    async def _empty_outbox(self, session: Session) -> None:
        while self._outbox:
            text, options = self._outbox.popleft()
            self._show_outbox()
            self.status.activity = SENDING
            await self._follow(session, session.send(text, options=options))

    async def _follow(self, session: Session, events: AsyncIterator[Event]) -> None:
        asked = await self._show(events)
        while asked is not None:
            asked = await self._show(session.resume(await self._decide(asked)))
        if not self._outbox:
            self._measure(session)

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

    async def _show(self, events: AsyncIterator[Event]) -> Asked | None:
        """Show a stream to its end; say what it stopped to ask."""
        asked = None
        async for event in events:
            shown = plain_event(event)
            self.status.apply(shown)
            await self.transcript.apply(shown)
            if isinstance(shown, Asked):
                asked = shown
        await self.transcript.close()
        return asked

    async def _decide(self, asked: Asked) -> Decision:
        if isinstance(asked, ApprovalAsked):
            return await self.app.push_screen_wait(Approval(asked))
        return await self.app.push_screen_wait(Question(asked))

    async def fail(self, error: UserError) -> None:
        """Show what went wrong outside a turn."""
        await self.transcript.apply(Failure(message=plain(str(error)), hint=plain(error.hint)))

    def take_back(self) -> None:
        """Texts that were not sent go back to where they can be changed."""
        if self._outbox:
            texts = [text for text, _ in self._outbox]
            self.composer.put("\n".join([*texts, self.composer.text]).rstrip("\n"))
            self._outbox.clear()
            self._show_outbox()

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

    def _show_outbox(self) -> None:
        self.query_one("#outbox", Static).update("\n".join(f"다음에 보냄: {text}" for text, _ in self._outbox))
        self.set_class(bool(self._outbox), "-waiting")
