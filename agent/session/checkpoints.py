"""Where LangGraph keeps the steps of a running turn: SQLite in the home folder, or the team's PostgreSQL."""

from contextlib import AsyncExitStack

from langgraph.checkpoint.base import BaseCheckpointSaver

from agent.errors import SettingsError
from agent.settings import Settings


class Checkpoints:
    """Open once, close once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()

    async def open(self) -> BaseCheckpointSaver[str]:
        url = self._settings.database_url
        return await (self._postgres(url) if url and url.startswith("postgresql") else self._sqlite())

    async def close(self) -> None:
        await self._stack.aclose()

    async def _sqlite(self) -> BaseCheckpointSaver[str]:
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        path = self._settings.home / "checkpoints.db"
        return await self._stack.enter_async_context(AsyncSqliteSaver.from_conn_string(str(path)))

    async def _postgres(self, url: str) -> BaseCheckpointSaver[str]:
        try:
            from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
        except ImportError as error:
            raise SettingsError(
                "PostgreSQL 을 쓰려면 추가 묶음이 필요합니다.", hint="pip install 'modu-agent[postgres]'"
            ) from error
        plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
        saver: AsyncPostgresSaver = await self._stack.enter_async_context(AsyncPostgresSaver.from_conn_string(plain))
        await saver.setup()
        return saver
