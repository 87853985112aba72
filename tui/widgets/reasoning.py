"""What the model thought before it answered, folded away."""

from textual.content import Content

from tui.widgets.fold import CLOSED_MARK, OPEN_MARK, Fold


class Reasoning(Fold):
    def __init__(self) -> None:
        super().__init__()
        self._parts: list[str] = []

    def write(self, text: str) -> None:
        """Add what came."""
        self._parts.append(text)
        if self.opened:
            self.redraw()

    def head(self) -> Content:
        return Content(f"{OPEN_MARK if self.opened else CLOSED_MARK} 생각 (클릭하거나 Ctrl+R)")

    def body(self) -> Content:
        return Content("".join(self._parts).strip())
