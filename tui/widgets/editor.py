"""A text box for people who write Korean: the terminal's cursor is always at the caret, where an IME composes."""

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.screen import Screen
from textual.widgets import TextArea

from tui.plain import plain
from tui.terminal_keys import NEWLINE_KEYS


class Editor(TextArea):
    """Enter submits, Shift+Enter (Ctrl+J, Alt+Enter) starts a new line."""

    @dataclass
    class Submitted(Message):
        """The user pressed Enter."""

        editor: "Editor"
        text: str

        @property
        def control(self) -> "Editor":
            return self.editor

    def on_mount(self) -> None:
        self.cursor_blink = False
        self.screen.screen_layout_refresh_signal.subscribe(self, self._layout_changed, immediate=True)

    def park_cursor(self) -> None:
        """Put the terminal's cursor at the caret; TextArea does so when the caret moves, not when the box moves."""
        if self.has_focus and self.app.cursor_position != self.cursor_screen_offset:
            self.app.cursor_position = self.cursor_screen_offset
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted(self, self.text))
        elif event.key in NEWLINE_KEYS:
            event.stop()
            event.prevent_default()
            self._type("\n")

    def on_paste(self, event: events.Paste) -> None:
        event.text = plain(event.text)

    def _type(self, text: str) -> None:
        result = self.replace(text, *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def _layout_changed(self, _screen: Screen[object]) -> None:
        self.park_cursor()
