"""The Textual application: loads the assistant behind the first paint and shows the conversation."""

import os
from collections.abc import Awaitable, Callable
from pathlib import PurePath
from time import monotonic
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from agent.contract import AS_USUAL, Assistant, RequestOptions
from agent.errors import UserError
from tui.screens.chat import Chat
from tui.terminal_keys import learn_alt_enter
from tui.theme import DARK, LIGHT, suited_to

Load = Callable[[], Awaitable[Assistant]]
_SECOND_PRESS = 2.0
"""Seconds within which a second Ctrl+C quits."""


class ModuApp(App[None]):
    TITLE = "모두"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "styles/app.tcss",
        "styles/transcript.tcss",
        "styles/composer.tcss",
        "styles/dialog.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "leave_if_repeated", show=False, system=True)]

    def __init__(
        self,
        load: Load,
        session_id: str | None,
        banner: str,
        options: RequestOptions = AS_USUAL,
        theme: str = DARK.name,
    ) -> None:
        super().__init__()
        self._load = load
        self._first_session = session_id
        self._banner = banner
        self._options = options
        self._assistant: Assistant | None = None
        self._exit_code = 0
        self._pressed_at = 0.0
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = theme

    def get_default_screen(self) -> Chat:
        return Chat(self._load_once, self._first_session, self._banner, self._options)

    async def on_unmount(self) -> None:
        if self._assistant is not None:
            await self._assistant.close()

    def action_leave(self) -> None:
        self.exit(return_code=self._exit_code)

    def action_leave_if_repeated(self) -> None:
        if monotonic() - self._pressed_at < _SECOND_PRESS:
            self.action_leave()
            return
        self._pressed_at = monotonic()
        self.notify("한 번 더 누르면 끝냅니다.", timeout=_SECOND_PRESS)

    def action_switch_theme(self) -> None:
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    async def _load_once(self) -> Assistant:
        if self._assistant is None:
            try:
                self._assistant = await self._load()
            except UserError as error:
                self._exit_code = error.exit_code
                raise
            self._exit_code = 0
        return self._assistant


def run(load: Load, session_id: str | None, banner: str = "", options: RequestOptions = AS_USUAL) -> int:
    """Run the app until the user leaves; the value is the process's exit code."""
    learn_alt_enter()
    app = ModuApp(load, session_id, banner, options, theme=suited_to(os.environ))
    app.run()
    return app.return_code or 0
