"""What the sessions of one process share: store, tool servers, model, graph."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout
from langgraph.checkpoint.base import BaseCheckpointSaver

from agent.errors import SessionBusy
from agent.graph.state import TurnContext
from agent.graph.wiring import Graph, build
from agent.model.choice import Choice, choose
from agent.model.contract import ChatModel, ToolSpec
from agent.session.checkpoints import Checkpoints
from agent.settings import Settings
from agent.telemetry.contract import Telemetry, TurnObserver
from agent.telemetry.opening import open_telemetry
from agent.tools.hub import Hub
from agent.transcript.database import Database
from agent.transcript.ledger import Ledger
from agent.transcript.store import TranscriptStore


@dataclass
class Engine:
    """Everything a turn needs, once it has started."""

    settings: Settings
    hub: Hub
    choice: Choice
    graph: Graph
    checkpointer: BaseCheckpointSaver[str]
    telemetry: Telemetry
    _told: bool = field(default=False, init=False)

    @property
    def model(self) -> ChatModel:
        return self.choice.model

    def turn_context(
        self, ledger: Ledger, tools: tuple[ToolSpec, ...], hurry: asyncio.Event, observer: TurnObserver
    ) -> TurnContext:
        return TurnContext(
            ledger=ledger,
            hub=self.hub,
            model=self.choice.model,
            settings=self.settings,
            tools=tools,
            hurry=hurry,
            observer=observer,
        )

    def notices(self) -> list[str]:
        """What the user should know, said once in a process."""
        if self._told:
            return []
        self._told = True
        project = self.settings.workspace / ".modu" / "config.toml"
        ignored = (
            f"{project} 의 설정 {', '.join(self.settings.ignored)} 은(는) 믿는 프로젝트가 아니라서 쓰지 않았습니다. "
            "쓰려면 config.toml 의 trusted_projects 에 폴더를 적으세요."
        )
        return [text for text in (self.choice.notice, ignored if self.settings.ignored else "") if text]

    async def checkpoint(self, thread: str) -> Literal["none", "running", "asking"]:
        """How far LangGraph has written a turn down: not at all, somewhere in it, or at a question."""
        state = await self.graph.aget_state({"configurable": {"thread_id": thread}})
        if not state.next:
            return "none"
        return "asking" if state.interrupts else "running"

    async def forget(self, thread: str) -> None:
        """A finished turn needs no checkpoint."""
        await self.checkpointer.adelete_thread(thread)


class Runtime:
    """Opened with the store alone; the engine starts with the first turn."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.store = TranscriptStore(database)
        self._database = database
        self._checkpoints = Checkpoints(settings)
        self._engine: Engine | None = None
        self._starting = asyncio.Lock()

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """Raises `StorageError` if the home folder cannot be used."""
        return cls(settings, await Database.open(settings.home, settings.database_url))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def engine(self) -> Engine:
        """Start servers, model and graph side by side; the same ones from then on."""
        async with self._starting:
            if self._engine is None:
                self._engine = await self._start()
        return self._engine

    async def delete(self, session: str) -> None:
        """With all that belongs to it. Raises `SessionBusy` if a turn of it is running."""
        async with self.alone(session):
            if newest := await self.store.rows(session, last_turns=1):
                saver = await self._checkpoints.open()
                await saver.adelete_thread(f"{session}/{newest[-1].turn}")
            await self.store.delete(session)
        Path(self._file_lock(session).lock_file).unlink(missing_ok=True)

    async def close(self) -> None:
        if self._engine:
            await self._engine.hub.close()
            await self._engine.model.close()
            await asyncio.to_thread(self._engine.telemetry.close)
        await self._checkpoints.close()
        await self._database.close()

    def now(self) -> datetime:
        zone = ZoneInfo(self.settings.tz)
        return self.settings.now.astimezone(zone) if self.settings.now else datetime.now(zone)

    @asynccontextmanager
    async def alone(self, session: str) -> AsyncIterator[None]:
        """Held while a turn of the session runs; a process that dies lets go of it.

        Raises:
            SessionBusy: another process or host runs a turn of it.
        """
        busy = SessionBusy(
            "이 대화는 다른 창에서 진행 중입니다.", hint="그 창에서 끝난 뒤 다시 하거나 새 대화를 여세요."
        )
        try:
            with self._file_lock(session):
                async with self._database.alone(session) as got:
                    if not got:
                        raise busy
                    yield
        except Timeout as error:
            raise busy from error

    def _file_lock(self, session: str) -> FileLock:
        folder = self.settings.home / "locks"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return FileLock(folder / f"{session}.lock", timeout=0, is_singleton=False)

    async def _start(self) -> Engine:
        telemetry = open_telemetry(self.settings)
        hub = Hub(self.settings)
        starting = asyncio.create_task(hub.start())
        try:
            choice = await choose(self.settings)
            checkpointer = await self._checkpoints.open()
            await starting
        except BaseException:
            starting.cancel()
            await hub.close()
            raise
        return Engine(self.settings, hub, choice, build(checkpointer), checkpointer, telemetry)
