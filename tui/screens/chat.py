"""What the keys, the clicks and the slash commands of a conversation do."""

from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Markdown, TextArea

from agent.contract import TurnContinued
from agent.errors import UserError
from tui import commands
from tui.screens.help import Help
from tui.screens.model_commands import ModelCommands
from tui.screens.sessions import Sessions
from tui.widgets.composer import Composer
from tui.widgets.reasoning import Reasoning
from tui.widgets.tool_card import ToolCard
from tui.widgets.welcome import Example

_NAMED_COMMANDS = 2
"""So many completions are explained; more are only named."""


class Chat(ModelCommands):
    AUTO_FOCUS = "Composer"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "멈춤"),
        Binding("ctrl+s", "answer_now", "바로 답하기"),
        Binding("ctrl+r", "toggle_reasoning", "생각"),
        Binding("ctrl+t", "toggle_tools", "도구"),
        Binding("ctrl+o", "sessions", "지난 대화"),
        Binding("ctrl+n", "new_session", "새 대화"),
        Binding("f1", "help", "도움말"),
    ]

    @on(Composer.Submitted, "Composer")
    def _take(self, message: Composer.Submitted) -> None:
        text = message.text.strip()
        if found := commands.find(text):
            self._run(*found)
        elif commands.is_command_like(text):
            self.hint(f"{text} 명령은 없습니다. /도움말 을 보내면 명령을 볼 수 있습니다.")
        elif text:
            self.composer.clear_sent(text)
            self.send(text)

    def _run(self, command: commands.SlashCommand, argument: str) -> None:
        if command.argument and not argument:
            self.hint(f"이렇게 적어 주세요: {command.names[0]} {command.argument}")
            return
        self.composer.clear_sent("")
        self.call_later(self.run_action, command.call(argument))

    @on(TextArea.Changed, "Composer")
    def _suggest(self) -> None:
        found = commands.completions(self.composer.text)
        if len(found) <= _NAMED_COMMANDS:
            shown = [f"{name}  {command.help}" for name, command in found]
        else:
            shown = [name for name, _ in found]
        self.hint("   ".join([*shown, "(Tab 완성)"]) if shown else "")

    @on(Example.Chosen)
    def _try_example(self, message: Example.Chosen) -> None:
        self.composer.put(message.text)

    @on(Markdown.LinkClicked)
    def _copy_link(self, message: Markdown.LinkClicked) -> None:
        self.app.copy_to_clipboard(message.href)
        self.tell(f"주소를 복사했습니다: {message.href}")

    @on(Composer.Scrolled)
    def _scroll(self, message: Composer.Scrolled) -> None:
        if message.pages < 0:
            self.transcript.scroll_page_up(animate=False)
        else:
            self.transcript.scroll_page_down(animate=False)

    @on(Composer.LeftEmpty)
    async def _leave(self) -> None:
        await self.run_action("app.leave")

    def action_stop(self) -> None:
        self.take_back()
        if self.session is not None and (self.busy or self.course.unfinished):
            self.run_worker(self.session.cancel(), group="stop", exclusive=True)

    def action_toggle_reasoning(self) -> None:
        self.transcript.toggle(Reasoning)

    def action_toggle_tools(self) -> None:
        self.transcript.toggle(ToolCard)

    def action_help(self) -> None:
        self.app.push_screen(Help())

    def action_copy_answer(self) -> None:
        if answer := self.transcript.last_answer:
            self.app.copy_to_clipboard(answer)
            self.tell("마지막 답을 복사했습니다.")
        else:
            self.tell("아직 복사할 답이 없습니다.")

    def action_new_session(self) -> None:
        self._leave_session()
        self.open_session(None)

    def action_continue_turn(self) -> None:
        if self.busy:
            self.tell("하던 일이 아직 끝나지 않았습니다.")
        elif self.session is not None:
            self.resume(self.session, TurnContinued())

    @work(group="sessions", exclusive=True)
    async def action_sessions(self) -> None:
        try:
            sessions = await (await self.load()).sessions()
        except UserError as error:
            await self.fail(error)
            return
        if chosen := await self.app.push_screen_wait(Sessions(sessions)):
            self._leave_session()
            self.open_session(chosen.id, chosen.title)

    def _leave_session(self) -> None:
        self.take_back()
        if self.course.running:
            self.tell("하던 일은 계속됩니다. Ctrl+O로 돌아와 볼 수 있습니다.")
