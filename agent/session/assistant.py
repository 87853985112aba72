"""`Assistant` in this process."""

from zoneinfo import ZoneInfo

from agent.contract import EngineStatus, Session, SessionSummary
from agent.errors import UsageError
from agent.session.local import LocalSession
from agent.session.runtime import Runtime
from agent.settings import Settings
from agent.transcript.ledger import Ledger
from agent.transcript.store import SessionRow


class LocalAssistant:
    """See `agent.contract.Assistant`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def open(self, session_id: str | None = None) -> Session:
        row = await self._known(session_id) if session_id else await self._runtime.store.create(self._workspace)
        ledger = Ledger(self._runtime.store, row)
        return LocalSession(self._runtime, ledger)

    async def sessions(self, limit: int = 50) -> list[SessionSummary]:
        zone = ZoneInfo(self._runtime.settings.tz)
        found = await self._runtime.store.list(limit)
        return [one.model_copy(update={"updated_at": one.updated_at.astimezone(zone)}) for one in found]

    async def delete(self, session_id: str) -> None:
        await self._known(session_id)
        await self._runtime.delete(session_id)

    async def engine(self) -> EngineStatus:
        started = await self._runtime.engine()
        return await started.model.status()

    async def close(self) -> None:
        await self._runtime.close()

    @property
    def _workspace(self) -> str:
        return str(self._runtime.settings.workspace)

    async def _known(self, session_id: str) -> SessionRow:
        row = await self._runtime.store.find(session_id)
        if row is None:
            raise UsageError(f"대화 {session_id!r} 이(가) 없습니다.", hint="modu sessions 로 목록을 보세요.")
        return row


async def load(settings: Settings) -> LocalAssistant:
    """Open the home folder. Raises `StorageError` if it cannot be used."""
    return LocalAssistant(await Runtime.open(settings))
