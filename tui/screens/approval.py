"""Asks whether calls may run; whatever is not a clear yes is a no."""

from typing import ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import var
from textual.widgets import Button, Static

from agent.contract import ApprovalAnswered
from agent.events import ApprovalAsked, Effect, PendingCall
from tui.course import call_ids
from tui.screens.dialog import Dialog
from tui.widgets.editor import Editor
from tui.widgets.preview import preview

_EFFECTS: dict[Effect, str] = {
    "read": "읽기",
    "change": "변경",
    "edit": "파일 수정",
    "send": "보내기",
    "execute": "명령 실행",
    "delete": "삭제",
}


class CallCard(Vertical):
    """One call: what it is, why the user is asked, what it would do."""

    allowed = var(True)

    def __init__(self, call: PendingCall, number: int) -> None:
        super().__init__()
        self.call = call
        self._number = number
        """Its digit key; 0 where there is nothing to choose between."""

    def compose(self) -> ComposeResult:
        yield Static(self._head(), classes="call-head", markup=False)
        yield Static(self.call.reason, classes="call-reason", markup=False)
        yield Static(preview(self.call.preview), classes="call-preview", markup=False)

    def watch_allowed(self) -> None:
        if self.is_mounted:
            self.query_one(".call-head", Static).update(self._head())

    def on_click(self) -> None:
        if self._number:
            self.allowed = not self.allowed

    def _head(self) -> Content:
        choice = "✓ 실행" if self.allowed else "✗ 거절"
        return Content.assemble(
            (f"{self._number} [{choice}]  " if self._number else "", "$text-accent"),
            (self.call.title, "bold"),
            (f"  ({_EFFECTS[self.call.effect]}, {self.call.server})", "$secondary"),
        )


class Approval(Dialog[ApprovalAnswered]):
    ARMED_AFTER = 0.7
    """Seconds before a yes counts: the question may come up under somebody's typing fingers."""
    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,ㅛ", "allow('once')", "예"),
        Binding("a,ㅁ", "allow('session')", "이번 대화에서 계속"),
        Binding("n,ㅜ,escape", "refuse", "아니요"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("up", "scroll_calls(-1)", show=False),
        Binding("down", "scroll_calls(1)", show=False),
    ]
    armed = var(False)

    def __init__(self, asked: ApprovalAsked) -> None:
        super().__init__()
        self.asked = asked

    def compose(self) -> ComposeResult:
        several = len(self.asked.calls) > 1
        with Vertical(classes="dialog"):
            yield Static("이 일을 해도 될까요?", classes="dialog-title", markup=False)
            with VerticalScroll(id="calls", can_focus=False):
                for number, call in enumerate(self.asked.calls, 1):
                    yield CallCard(call, number if several else 0)
            with Horizontal(classes="buttons"):
                yield Button("예 (y)", id="yes", compact=True, disabled=True)
                yield Button("이번 대화에서 계속 (a)", id="always", compact=True, disabled=True)
                yield Button("아니요 (n, Esc)", id="no", compact=True)
            if several:
                yield Static("숫자 키로 하나씩 고릅니다.", classes="dialog-keys", markup=False)
            yield Editor(placeholder="거절하는 까닭 (쓰지 않아도 됩니다. Tab으로 옮김)", id="comment", compact=True)

    def on_mount(self) -> None:
        self.set_timer(self.ARMED_AFTER, self._arm)

    def on_key(self, event: events.Key) -> None:
        cards = list(self.query(CallCard))
        if event.key.isdecimal() and 1 <= int(event.key) <= len(cards) > 1:
            card = cards[int(event.key) - 1]
            card.allowed = not card.allowed

    def watch_armed(self, armed: bool) -> None:
        for button in self.query("#yes, #always").results(Button):
            button.disabled = not armed

    @on(Button.Pressed, "#yes")
    def _yes(self) -> None:
        self.action_allow("once")

    @on(Button.Pressed, "#always")
    def _always(self) -> None:
        self.action_allow("session")

    @on(Button.Pressed, "#no")
    @on(Editor.Submitted)
    def _no(self) -> None:
        self.action_refuse()

    def action_allow(self, remember: Literal["once", "session"]) -> None:
        if not self.armed:
            return
        approved = tuple(card.call.call_id for card in self.query(CallCard) if card.allowed)
        self._decide(approved, remember)

    def action_refuse(self) -> None:
        self._decide((), "once")

    def action_scroll_calls(self, lines: int) -> None:
        self.query_one("#calls").scroll_relative(y=lines * 3, animate=False)

    def _arm(self) -> None:
        self.armed = True

    def _decide(self, approved: tuple[str, ...], remember: Literal["once", "session"]) -> None:
        comment = self.query_one(Editor).text.strip()
        self.answer(ApprovalAnswered(approved=approved, remember=remember, comment=comment, asked=call_ids(self.asked)))
