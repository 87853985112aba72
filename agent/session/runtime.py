"""What a face's sessions need under its settings, out of what the process has."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from agent.errors import SessionBusy
from agent.session.mind import Mind
from agent.session.stock import Stock
from agent.settings import Settings
from agent.transcript.database import Database, storage_errors
from agent.transcript.store import TranscriptStore

if TYPE_CHECKING:
    from agent.session.engine import Engine


class Runtime:
    """One for each set of settings; cheap."""

    def __init__(self, settings: Settings, stock: Stock, database: Database) -> None:
        self.settings = settings
        self.store = TranscriptStore(database)
        self._stock = stock
        self._database = database
        self._told: set[str] = set()

    @classmethod
    async def open(cls, settings: Settings, stock: Stock) -> "Runtime":
        """Raises `StorageError` if the home folder cannot be used."""
        return cls(settings, stock, await stock.database(settings))

    async def mind(self) -> Mind:
        """Tool servers and model, started side by side."""
        starting = asyncio.create_task(self._stock.hub(self.settings))
        try:
            choice = await self._stock.choice(self.settings)
            hub = await starting
        except BaseException:
            starting.cancel()
            raise
        return Mind(self.settings, hub, choice.model, choice.notice)

    def untold(self, mind: Mind) -> list[str]:
        """What the user should know, said once to a face."""
        notices = [text for text in (mind.notice, self._ignored) if text and text not in self._told]
        self._told.update(notices)
        return notices

    async def engine(self) -> "Engine":
        return await self._stock.engine(self.settings)

    def doubt_model(self) -> None:
        """It did not answer: the next turn looks for one anew."""
        self._stock.doubt(self.settings)

    async def delete(self, session: str) -> None:
        """With all that belongs to it. Raises `SessionBusy` if a turn of it is running."""
        async with self.alone(session):
            if newest := await self.store.rows(session, last_turns=1):
                saver = await (await self._stock.checkpoints(self.settings)).open()
                await saver.adelete_thread(f"{session}/{newest[-1].turn}")
            await self.store.delete(session)
        Path(self._file_lock(session).lock_file).unlink(missing_ok=True)

    def now(self) -> datetime:
        zone = ZoneInfo(self.settings.tz)
        return self.settings.now.astimezone(zone) if self.settings.now else datetime.now(zone)

    @asynccontextmanager
    async def alone(self, session: str) -> AsyncIterator[None]:
        """Held while a turn of the session runs; a process that dies lets go of it.

        Raises:
            SessionBusy: another process or host runs a turn of it.
            StorageError: the folder of the locks cannot be written.
        """
        with self._taken(session):
            async with self._database.alone(session) as got:
                if not got:
                    raise _busy()
                yield

    def free(self, session: str) -> bool:
        """Whether no other process on this machine runs a turn of it. Raises `StorageError`."""
        try:
            with self._taken(session):
                return True
        except SessionBusy:
            return False

    @property
    def patience(self) -> float:
        """Seconds to wait for a session that another process has."""
        return self._stock.patience

    @property
    def _ignored(self) -> str:
        """About the settings of a project that nobody has trusted."""
        if not self.settings.ignored:
            return ""
        project = self.settings.workspace / ".modu" / "config.toml"
        return (
            f"{project} 의 설정 {', '.join(self.settings.ignored)} 은(는) 믿는 프로젝트가 아니라서 쓰지 않았습니다. "
            "쓰려면 config.toml 의 trusted_projects 에 폴더를 적으세요."
        )

    @contextmanager
    def _taken(self, session: str) -> Iterator[None]:
        lock = self._file_lock(session)
        with storage_errors():
            Path(lock.lock_file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                lock.acquire()
            except Timeout as error:
                raise _busy() from error
        try:
            yield
        finally:
            lock.release()

    def _file_lock(self, session: str) -> FileLock:
        return FileLock(self.settings.home / "locks" / f"{session}.lock", timeout=0, is_singleton=False)


def _busy() -> SessionBusy:
    return SessionBusy("이 대화는 다른 창에서 진행 중입니다.", hint="그 창에서 끝난 뒤 다시 하거나 새 대화를 여세요.")
