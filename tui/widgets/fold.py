"""A line that opens to show more, without ever taking the focus from the composer."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

CLOSED_MARK, OPEN_MARK = "▸", "▾"


class FoldHead(Static):
    """The line one clicks."""

    ALLOW_SELECT = False


class Fold(Vertical):
    """Head and body are given by a subclass; the body is only rendered while it can be seen."""

    opened = var(False, toggle_class="-open")

    def compose(self) -> ComposeResult:
        yield FoldHead(self.head(), markup=False)
        yield Static(classes="fold-body", markup=False)

    def head(self) -> Content:
        """The line that is always there."""
        raise NotImplementedError

    def body(self) -> Content:
        """What opening shows."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Show what `head` and `body` now say."""
        if self.is_mounted:
            self.query_one(FoldHead).update(self.head())
            self._draw_body()

    def watch_opened(self) -> None:
        self.redraw()

    def on_mount(self) -> None:
        self._draw_body()

    def on_click(self, event: events.Click) -> None:
        if isinstance(event.widget, FoldHead):
            self.opened = not self.opened

    def _draw_body(self) -> None:
        if self.opened:
            self.query_one(".fold-body", Static).update(self.body())
