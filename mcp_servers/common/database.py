"""One server's SQL database: SQLite in its own file, or the PostgreSQL that `MODU_DATABASE_URL` names."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, NullPool, create_engine, event, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from mcp_servers.common.settings import ServerSettings

MIGRATIONS = Path(__file__).parent / "migrations"
_ALEMBIC = threading.Lock()
_ALONE = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7723686)"}


class Database:
    """Opens lazily: the schema is brought up to date by the first connection."""

    def __init__(self, engine: AsyncEngine, package: Path, head: str) -> None:
        self._engine = engine
        self._versions = package / "versions"
        self._version_table = f"{package.name}_version"
        self._head = head
        self._ready = False

    @classmethod
    def open(cls, settings: ServerSettings, package: Path, head: str) -> Self:
        """`package` is the server's folder with its Alembic `versions/`; `head` the newest revision there."""
        if settings.database_url:
            return cls(create_async_engine(settings.database_url), package, head)
        path = settings.home / f"{package.name}.db"
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"timeout": 30})
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(engine, package, head)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back by any exception."""
        if not self._ready:
            await self._upgrade()
        async with self._engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        await self._engine.dispose()

    async def _upgrade(self) -> None:
        if await self._revision() != self._head:
            await asyncio.to_thread(self._migrate)
        self._ready = True

    async def _revision(self) -> str | None:
        try:
            async with self._engine.connect() as connection:
                found = await connection.scalar(text(f"SELECT version_num FROM {self._version_table}"))  # noqa: S608
                return None if found is None else str(found)
        except (OperationalError, ProgrammingError) as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                return None
            raise

    def _migrate(self) -> None:
        """In a thread: Alembic is synchronous, and costs 0.2 s to import."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("version_locations", str(self._versions))
        config.set_main_option("path_separator", "os")
        url = self._engine.url.set(drivername=self._engine.url.drivername.replace("+aiosqlite", ""))
        engine = create_engine(url, poolclass=NullPool)
        # Alembic keeps its running environment in module globals.
        with _ALEMBIC, engine.connect() as connection:
            # Two processes may start on an empty home: the second waits here and then finds the work done.
            connection.exec_driver_sql(_ALONE[engine.dialect.name])
            config.attributes.update(connection=connection, version_table=self._version_table)
            command.upgrade(config, self._head)
            connection.commit()


def _set_pragmas(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: `_begin_immediate` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A read that later writes would fail at once on a busy database instead of waiting its turn.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
