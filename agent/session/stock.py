"""What the sessions of one process share: databases, tool servers, models, the graph. Each is opened once for the
settings that matter to it, and closed when it has not been used for a while."""

import asyncio
import hashlib
import importlib
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from agent.model.choice import Choice
from agent.model.standing import StandingChoices
from agent.session.checkpoints import Checkpoints
from agent.settings import Settings
from agent.settings.values import SERVER_SECRETS
from agent.telemetry.opening import open_telemetry
from agent.tools.hub import Hub
from agent.transcript.database import Database

if TYPE_CHECKING:
    from agent.session.engine import Engine

_UNUSED = 600.0
"""Seconds after which tool servers that nobody needed are let go."""
_HEAD_START = 0.1
"""Seconds, once in a process."""
_FOR_SERVERS = {
    "home",
    "workspace",
    "tz",
    "now",
    "database_url",
    "servers",
    "only_servers",
    "tool_timeout",
    "variables",
}
"""The settings that tool servers see."""

T = TypeVar("T")


def _for_servers(settings: Settings) -> str:
    """Equal where tool servers can be shared: also by the passwords, of which JSON shows only that they are there."""
    secrets = [(name, settings.variable(name)) for name in settings.variables or () if name.startswith(SERVER_SECRETS)]
    digest = hashlib.sha256(repr(sorted(secrets)).encode()).hexdigest()
    return settings.model_dump_json(include=_FOR_SERVERS) + digest


class Shelf(Generic[T]):
    """Things by key, each made once; what failed to be made is tried again."""

    def __init__(self) -> None:
        self._made: dict[str, asyncio.Task[T]] = {}
        self._used: dict[str, float] = {}

    async def get(self, key: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        self._used[key] = time.monotonic()
        if key not in self._made or _failed(self._made[key]):
            self._made[key] = asyncio.create_task(make())
        return await asyncio.shield(self._made[key])

    def __len__(self) -> int:
        return len(self._made)

    @property
    def ready(self) -> list[T]:
        return [task.result() for task in self._made.values() if task.done() and not _failed(task)]

    async def take(self, unused: float = 0.0) -> list[T]:
        """Take out what was not used for so many seconds; the caller closes it."""
        until = time.monotonic() - unused
        taken = [self._made.pop(key) for key, used in list(self._used.items()) if used <= until and key in self._made]
        done = await asyncio.gather(*taken, return_exceptions=True)
        return [one for one in done if not isinstance(one, BaseException)]


def _failed(task: "asyncio.Task[Any]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


class Stock:
    """One a process."""

    def __init__(self, patience: float = 0.0) -> None:
        """`patience`: seconds to wait for a session that another process has, such as an older build that is ending."""
        self.patience = patience
        self._databases: Shelf[Database] = Shelf()
        self._hubs: Shelf[Hub] = Shelf()
        self._checkpoints: Shelf[Checkpoints] = Shelf()
        self._engines: Shelf[Engine] = Shelf()
        self._choices = StandingChoices()

    async def database(self, settings: Settings) -> Database:
        """Raises `StorageError` if the home folder or the server cannot be used."""
        return await self._databases.get(_place(settings), lambda: Database.open(settings.home, settings.database_url))

    async def hub(self, settings: Settings) -> Hub:
        """Started: every server's tools are known, from the cache or from itself."""

        async def start() -> Hub:
            hub = Hub(settings)
            try:
                await hub.start()
            except BaseException:
                await hub.close()
                raise
            return hub

        return await self._hubs.get(_for_servers(settings), start)

    async def choice(self, settings: Settings) -> Choice:
        """The model that answers now. Raises as `agent.model.choice.choose`."""
        return await self._choices.choice(settings)

    def doubt(self, settings: Settings) -> None:
        """The model did not answer: choose anew next time."""
        self._choices.forget(settings)

    async def checkpoints(self, settings: Settings) -> Checkpoints:
        async def made() -> Checkpoints:
            return Checkpoints(settings)

        return await self._checkpoints.get(_place(settings), made)

    async def engine(self, settings: Settings) -> "Engine":
        """Loads LangGraph, in a thread: it takes more than a second."""

        async def start() -> "Engine":
            # The model request that has just been begun leaves first: both want the same interpreter.
            await asyncio.sleep(_HEAD_START)
            module = await asyncio.to_thread(importlib.import_module, "agent.session.engine")
            saver = await (await self.checkpoints(settings)).open()
            engine: Engine = module.Engine(saver, open_telemetry(settings))
            return engine

        return await self._engines.get(f"{_place(settings)} {settings.telemetry}", start)

    @property
    def hubs(self) -> list[Hub]:
        """Those that have started."""
        return self._hubs.ready

    @property
    def models(self) -> list[str]:
        """Names of those that answer now."""
        return self._choices.names

    @property
    def engines(self) -> int:
        """How many are there or on their way: they are wanted when the first model has been asked."""
        return len(self._engines)

    async def sweep(self) -> None:
        """Let go of what nobody has used for a while. Only while no turn runs."""
        for hub in await self._hubs.take(_UNUSED):
            await hub.close()
        await self._choices.sweep()

    async def close(self) -> None:
        for hub in await self._hubs.take():
            await hub.close()
        await self._choices.close()
        for engine in await self._engines.take():
            await asyncio.to_thread(engine.close)
        for checkpoints in await self._checkpoints.take():
            await checkpoints.close()
        for database in await self._databases.take():
            await database.close()


def _place(settings: Settings) -> str:
    return f"{settings.home} {settings.database_url or ''}"
