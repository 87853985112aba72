"""Where LangGraph keeps the steps of a running turn: SQLite in the home folder, or the team's PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, LiteralString

from agent.errors import SettingsError
from agent.settings import Settings

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from psycopg import AsyncConnection


class Checkpoints:
    """Opened once however often it is asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._saver: BaseCheckpointSaver[str] | None = None

    async def open(self) -> "BaseCheckpointSaver[str]":
        async with self._opening:
            if self._saver is None:
                url = self._settings.database_url
                self._saver = await (self._postgres(url) if url and url.startswith("postgresql") else self._sqlite())
            return self._saver

    async def close(self) -> None:
        await self._stack.aclose()

    async def _sqlite(self) -> "BaseCheckpointSaver[str]":
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        path = self._settings.home / "checkpoints.db"
        saver = await self._stack.enter_async_context(AsyncSqliteSaver.from_conn_string(str(path)))
        await saver.setup()
        return saver

    async def _postgres(self, url: str) -> "BaseCheckpointSaver[str]":
        try:
            from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
            from psycopg import AsyncConnection
            from psycopg.rows import dict_row
        except ImportError as error:
            raise SettingsError(
                "PostgreSQL 을 쓰려면 추가 묶음이 필요합니다.", hint="pip install 'modu-agent[postgres]'"
            ) from error
        plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
        connecting = AsyncConnection.connect(plain, autocommit=True, prepare_threshold=0, row_factory=dict_row)
        connection = await self._stack.enter_async_context(await connecting)
        saver = AsyncPostgresSaver(connection)
        async with _alone(connection):
            await saver.setup()
        return saver


@asynccontextmanager
async def _alone(connection: "AsyncConnection[dict[str, Any]]") -> AsyncIterator[None]:
    """One process at a time makes the tables."""
    # Asked again and again: the indexes are made concurrently, and that waits for everyone who waits inside PostgreSQL.
    while not await _got(connection, "SELECT pg_try_advisory_lock(7723687) AS got"):
        await asyncio.sleep(0.05)
    try:
        yield
    finally:
        await _got(connection, "SELECT pg_advisory_unlock(7723687) AS got")


async def _got(connection: "AsyncConnection[dict[str, Any]]", query: LiteralString) -> bool:
    row = await (await connection.execute(query)).fetchone()
    return bool(row and row["got"])
