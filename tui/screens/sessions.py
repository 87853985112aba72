"""The list of earlier conversations."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from agent.contract import SessionSummary
from tui.plain import plain
from tui.when import ago


class Sessions(ModalScreen[SessionSummary | None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "닫기")]

    def __init__(self, sessions: Sequence[SessionSummary]) -> None:
        super().__init__()
        self._sessions = sessions

    def compose(self) -> ComposeResult:
        now = datetime.now(UTC)
        with Vertical(classes="dialog"):
            yield Static("지난 대화", classes="dialog-title", markup=False)
            if self._sessions:
                yield OptionList(*(_row(session, now) for session in self._sessions))
            else:
                yield Static("아직 대화가 없습니다. 무엇이든 부탁해 보세요.", markup=False)
            yield Static("Enter 열기, Esc 닫기", classes="dialog-keys", markup=False)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._sessions[event.option_index])


def _row(session: SessionSummary, now: datetime) -> Content:
    title = " ".join(plain(session.title).split()) or "(제목 없음)"
    return Content.assemble(
        title,
        (f"\n  {session.turns}번 주고받음, {ago(session.updated_at, now)}", "$secondary"),
        ("  확인을 기다림" if session.parked else "", "$text-warning"),
    )
