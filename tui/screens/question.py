"""Asks the user what the assistant wants to know."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from agent.contract import QuestionAnswered
from agent.events import QuestionAsked
from tui.course import call_ids
from tui.screens.dialog import Dialog
from tui.widgets.editor import Editor

NO_ANSWER = "(답하지 않음)"


class Question(Dialog[QuestionAnswered]):
    AUTO_FOCUS = "OptionList, Editor"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "답하지 않기")]

    def __init__(self, asked: QuestionAsked) -> None:
        super().__init__()
        self.asked = asked

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self.asked.question, classes="dialog-title", markup=False)
            if self.asked.options:
                yield OptionList(*map(Content, self.asked.options), compact=True)
            yield Editor(placeholder="직접 쓰기", compact=True)
            yield Static(self._keys(), classes="dialog-keys", markup=False)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._decide(self.asked.options[event.option_index])

    @on(Editor.Submitted)
    def _written(self, event: Editor.Submitted) -> None:
        if text := event.text.strip():
            self._decide(text)

    def action_leave(self) -> None:
        self._decide(NO_ANSWER)

    def _decide(self, text: str) -> None:
        self.answer(QuestionAnswered(text=text, asked=call_ids(self.asked)))

    def _keys(self) -> str:
        write = "Tab 직접 쓰기, " if self.asked.options else ""
        return f"Enter 답하기, {write}Esc 답하지 않기"
