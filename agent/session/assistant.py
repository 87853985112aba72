"""`Assistant` in this process."""

import os
from zoneinfo import ZoneInfo

from agent.contract import EngineStatus, SessionSummary
from agent.errors import UsageError
from agent.session.audience import watch
from agent.session.drive import TurnWatch
from agent.session.local import LocalSession
from agent.session.rooms import Rooms
from agent.session.runtime import Runtime
from agent.session.stock import Stock
from agent.settings import Settings
from agent.transcript.store import SessionRow

NEWEST = "newest"
"""Opens the session that was used last."""


class LocalAssistant:
    """See `agent.contract.Assistant`. One for each set of settings, over what the process shares."""

    def __init__(self, runtime: Runtime, rooms: Rooms, watch: TurnWatch | None = None) -> None:
        self._runtime = runtime
        self._rooms = rooms
        self._watch = watch or rooms.watch

    async def open(self, session_id: str | None = None) -> LocalSession:
        return self._enter(await self._known(session_id) if session_id else await self._created())

    async def open_named(self, session_id: str) -> LocalSession:
        """A new session of this id, or the one that was opened so before."""
        return self._enter(await self._created(session_id))

    def _enter(self, row: SessionRow) -> LocalSession:
        return LocalSession(self._runtime, self._rooms.enter(self._runtime.store, row), self._watch)

    async def sessions(self, limit: int = 50) -> list[SessionSummary]:
        zone = ZoneInfo(self._runtime.settings.tz)
        found = await self._runtime.store.list(limit)
        return [one.model_copy(update={"updated_at": one.updated_at.astimezone(zone)}) for one in found]

    async def delete(self, session_id: str) -> None:
        await self._known(session_id)
        await self._runtime.delete(session_id)
        self._rooms.forget(session_id)

    async def engine(self) -> EngineStatus:
        mind = await self._runtime.mind()
        return await mind.model.status()

    async def close(self) -> None:
        """Nothing: what it uses belongs to the process."""

    async def _created(self, session_id: str | None = None) -> SessionRow:
        return await self._runtime.store.create(str(self._runtime.settings.workspace), session_id)

    async def _known(self, session_id: str) -> SessionRow:
        if session_id == NEWEST:
            return await self._known(await self._newest())
        row = await self._runtime.store.find(session_id)
        if row is None:
            raise UsageError(f"대화 {session_id!r} 이(가) 없습니다.", hint="modu sessions 로 목록을 보세요.")
        return row

    async def _newest(self) -> str:
        recent = await self._runtime.store.list(1)
        if not recent:
            raise UsageError("이어서 할 대화가 없습니다.", hint='새로 시작하세요. 예: modu "내일 일정 알려줘"')
        return recent[0].id


class OwnAssistant(LocalAssistant):
    """The only one of its process, which it closes with itself."""

    def __init__(self, runtime: Runtime, rooms: Rooms, stock: Stock) -> None:
        super().__init__(runtime, rooms)
        self._stock = stock
        self.reminders = watch(lambda: runtime.settings, stock, rooms, lambda: (os.environ,))
        """Begun by who wants to hear of them."""

    async def close(self) -> None:
        """Turns that run are cancelled."""
        await self.reminders.close()
        await self._rooms.close()
        await self._stock.close()


async def load(settings: Settings) -> OwnAssistant:
    """Open the home folder for this process alone. Raises `StorageError` if it cannot be used."""
    stock = Stock()
    return OwnAssistant(await Runtime.open(settings, stock), Rooms(), stock)
