"""Keys and commands on one page."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.columns import padded
from tui.commands import COMMANDS

KEYS = (
    ("Enter", "보내기"),
    ("Shift+Enter, Ctrl+J, Alt+Enter", "줄 바꿈"),
    ("위, 아래", "앞서 보낸 글"),
    ("Esc", "하던 일 멈춤"),
    ("Ctrl+S", "생각 그만하고 답하기"),
    ("PageUp, PageDown", "대화 넘겨 보기"),
    ("Ctrl+R", "생각 펴기와 접기"),
    ("Ctrl+T", "도구의 인자와 결과 펴기와 접기"),
    ("Ctrl+O", "지난 대화"),
    ("Ctrl+N", "새 대화"),
    ("마우스로 끌고 Ctrl+C", "복사 (Shift를 누르고 끌면 터미널의 복사)"),
    ("Ctrl+C 두 번, 빈 칸에서 Ctrl+D", "끝내기"),
)
_COLUMN = 32


class Help(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,f1,q,ㅂ", "dismiss(None)", "닫기")]

    def compose(self) -> ComposeResult:
        rows = [Content.styled("키", "bold"), *(_row(*key) for key in KEYS)]
        rows += [Content(""), Content.styled("명령", "bold")]
        rows += [_row(f"{', '.join(command.names)} {command.argument}", command.help) for command in COMMANDS]
        with Vertical(classes="dialog"):
            yield Static("도움말", classes="dialog-title", markup=False)
            with VerticalScroll():
                yield Static(Content("\n").join(rows), markup=False)
            yield Static("Esc 닫기", classes="dialog-keys", markup=False)


def _row(left: str, right: str) -> Content:
    return Content.assemble((padded(left, _COLUMN), "$text-accent"), right)
