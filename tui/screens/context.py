"""What fills the model's window."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from agent.contract import ContextPart, ContextUse
from tui.columns import padded
from tui.plain import plain
from tui.widgets.bar import bar

_NAME, _WINDOW_BAR, _PART_BAR = 16, 40, 16
"""Cells."""


class Context(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q,ㅂ", "dismiss(None)", "닫기")]

    def __init__(self, use: ContextUse) -> None:
        super().__init__()
        self._use = use

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("문맥", classes="dialog-title", markup=False)
            yield Static(self._whole(), id="whole", markup=False)
            with VerticalScroll():
                yield Static(Content("\n").join(map(self._row, self._use.parts)), id="parts", markup=False)
            yield Static("Esc 닫기", classes="dialog-keys", markup=False)

    def _whole(self) -> Content:
        share = self._use.used / self._use.window
        counted = "서버가 센 값" if self._use.exact else "어림값"
        return Content.assemble(
            bar(share, _WINDOW_BAR),
            (f"  {share:.0%}\n", "bold"),
            f"{self._use.used:,} / {self._use.window:,} 토큰  ",
            (f"{counted}\n", "$secondary"),
        )

    def _row(self, part: ContextPart) -> Content:
        share = part.tokens / self._use.used if self._use.used else 0
        return Content.assemble(
            padded(plain(part.name), _NAME),
            f"{part.tokens:>9,}  {round(share * 100):>3}%  ",
            bar(share, _PART_BAR),
        )
