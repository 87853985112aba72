"""What the user may ask of the model between requests: its context, its server, how it thinks, where it may go."""

from collections.abc import Awaitable
from typing import TypeVar

from pydantic import ValidationError
from textual import work

from agent.contract import EngineStatus, RequestOptions
from agent.errors import UserError
from tui.plain import plain
from tui.screens.context import Context
from tui.screens.conversation import Conversation
from tui.screens.engine import Engine

_NOT_YET = "아직 준비하는 중입니다. 잠시 뒤에 다시 해 주세요."
_AS_USUAL = {"기본", "default"}
_PATIENCE = 0.5
"""Seconds; then a word says that the server is being asked."""

T = TypeVar("T")


class ModelCommands(Conversation):
    def action_answer_now(self) -> None:
        if self.session is not None and self.status.thinking:
            self.status.thinking = False
            self.session.answer_now()

    def action_think(self, wanted: str) -> None:
        thinking = None if wanted in _AS_USUAL else wanted.casefold()
        try:
            options = RequestOptions.model_validate(self.options.model_dump() | {"thinking": thinking})
        except ValidationError:
            self.tell(f"{wanted} 은(는) 쓸 수 없습니다. on, off, 기본, 또는 생각할 토큰 수를 적으세요.")
            return
        self._wish(options)
        self.tell(f"다음 요청부터 따릅니다: 생각 {wanted}")

    def action_toggle_private(self) -> None:
        private = not self.options.private
        self._wish(self.options.model_copy(update={"private": private}))
        if private:
            self.tell("다음 요청부터 첫 번째 서버 밖으로 보내지 않습니다.")
        else:
            self.tell("비공개를 풀었습니다. 비공개로 한 말이 문맥에 있는 동안은 계속 첫 번째 서버로만 갑니다.")

    @work(group="pin")
    async def action_pin(self, text: str) -> None:
        if self.session is None:
            self.tell(_NOT_YET)
            return
        try:
            await self.session.pin(plain(text))
        except UserError as error:
            await self._regret(error)
            return
        await self.remark(f"고정했습니다: {text}")

    @work(group="look", exclusive=True)
    async def action_context(self) -> None:
        if self.session is None:
            self.tell(_NOT_YET)
            return
        if use := await self._answered(self.session.context()):
            self.app.push_screen(Context(use))

    @work(group="look", exclusive=True)
    async def action_engine(self) -> None:
        if status := await self._answered(self._engine()):
            self.app.push_screen(Engine(status, self._engine))

    async def _engine(self) -> EngineStatus:
        return await (await self.load()).engine()

    async def _answered(self, answer: Awaitable[T]) -> T | None:
        """What comes; None if that is an error, which is then said."""
        slow = self.set_timer(_PATIENCE, lambda: self.tell("모델 서버에 묻는 중입니다."))
        try:
            return await answer
        except UserError as error:
            await self._regret(error)
            return None
        finally:
            slow.stop()

    def _wish(self, options: RequestOptions) -> None:
        self.options = options
        self.status.show_wishes(options)

    async def _regret(self, error: UserError) -> None:
        await self.remark(f"{error} {error.hint}".strip())
