"""Where the user writes: a growing text box with a memory of what was sent."""

from dataclasses import dataclass, field
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.commands import completions
from tui.widgets.editor import Editor


@dataclass
class _Sent:
    """What was sent before, and where Up and Down are in it; the last place is the draft."""

    texts: list[str] = field(default_factory=list)
    place: int = 0
    draft: str = ""


class Composer(Editor):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+d", "delete_or_leave", show=False),
        Binding("pageup", "post_scroll(-1)", show=False),
        Binding("pagedown", "post_scroll(1)", show=False),
    ]

    @dataclass
    class Scrolled(Message):
        """The user wants to read further up (-1) or down (1) without leaving the composer."""

        pages: int

    class LeftEmpty(Message):
        """Ctrl+D in an empty composer."""

    def __init__(self) -> None:
        super().__init__(
            placeholder="무엇을 도와드릴까요? (줄 바꿈 Shift+Enter, 명령 /)",
            highlight_cursor_line=False,
        )
        self._sent = _Sent()

    def on_key(self, event: events.Key) -> None:
        if event.key == "tab":
            event.stop()
            event.prevent_default()
            self._complete()

    def clear_sent(self, text: str) -> None:
        """Empty the box and remember what was in it."""
        self.remember(text)
        self.text = ""

    def remember(self, text: str) -> None:
        """Add a text to what Up brings back."""
        if text and (not self._sent.texts or self._sent.texts[-1] != text):
            self._sent.texts.append(text)
        self._sent.place = len(self._sent.texts)
        self._sent.draft = ""

    def forget(self) -> None:
        """Another session has other texts."""
        self._sent = _Sent()

    def put(self, text: str) -> None:
        """Replace the text and go to its end."""
        self.text = text
        self.move_cursor(self.document.end)

    def action_cursor_up(self, select: bool = False) -> None:
        if select or not self.navigator.is_first_wrapped_line(self.cursor_location) or not self._recall(-1):
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if select or not self.navigator.is_last_wrapped_line(self.cursor_location) or not self._recall(1):
            super().action_cursor_down(select)

    def action_delete_or_leave(self) -> None:
        if self.text:
            self.action_delete_right()
        else:
            self.post_message(self.LeftEmpty())

    def action_post_scroll(self, pages: int) -> None:
        self.post_message(self.Scrolled(pages))

    def _recall(self, step: int) -> bool:
        place = self._sent.place + step
        if not 0 <= place <= len(self._sent.texts):
            return False
        if self._sent.place == len(self._sent.texts):
            self._sent.draft = self.text
        self._sent.place = place
        self.put((*self._sent.texts, self._sent.draft)[place])
        return True

    def _complete(self) -> None:
        if found := completions(self.text):
            name, command = found[0]
            self.put(f"{name} " if command.argument else name)
