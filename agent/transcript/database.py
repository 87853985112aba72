"""The transcript's engine: SQLite in the home folder with WAL, or the PostgreSQL of `database_url`."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from agent.errors import StorageError
from agent.transcript.schema import HEAD

MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """Readers and one writer at a time; opens with the schema at its head."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, home: Path, url: str | None) -> "Database":
        """Raises `StorageError` if the home folder or the server cannot be used."""
        with storage_errors():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            database = cls(create_async_engine(url) if url else _sqlite(home / "transcript.db"))
            await database._upgrade()
        return database

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end of the block."""
        with storage_errors():
            async with self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        with storage_errors():
            async with self._engine.connect() as connection:
                yield connection

    async def close(self) -> None:
        await self._engine.dispose()

    async def _upgrade(self) -> None:
        if await self._revision() != HEAD:
            await asyncio.to_thread(_migrate, self._engine.url)

    async def _revision(self) -> str | None:
        try:
            async with self._engine.connect() as connection:
                found = await connection.scalar(text("SELECT version_num FROM transcript_version"))
                return None if found is None else str(found)
        except (OperationalError, ProgrammingError) as error:
            if "no such table" in str(error) or "does not exist" in str(error):
                return None
            raise


def _sqlite(path: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"timeout": 30})
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(url: URL) -> None:
    """In a thread: Alembic is synchronous, and costs 0.2 s to import."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(url.set(drivername=url.drivername.replace("+aiosqlite", "")), poolclass=NullPool)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Two processes may start on an empty home: the second waits here and then finds the work done.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
        connection.commit()


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what the database and the file system report into one Korean sentence."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"저장 폴더를 쓸 수 없습니다: {error.strerror} ({error.filename})",
            hint="폴더의 권한과 남은 공간을 확인하거나 MODU_HOME 으로 다른 폴더를 정하세요.",
        ) from error
    except DBAPIError as error:
        if "UNIQUE constraint" in str(error.orig) or "duplicate key" in str(error.orig):
            raise
        raise StorageError(
            f"기록을 저장할 수 없습니다: {_reason(str(error.orig))}",
            hint="남은 공간과 폴더의 권한을 확인하세요. 이미 끝난 일은 남아 있습니다.",
        ) from error


def _reason(text: str) -> str:
    reasons = {
        "disk is full": "디스크가 가득 찼습니다",
        "readonly database": "읽기만 되는 폴더입니다",
        "unable to open database file": "파일을 만들거나 열 수 없습니다",
        "disk I/O error": "디스크에 쓸 수 없습니다",
        "database is locked": "다른 프로세스가 오래 쓰고 있습니다",
        "not a database": "기록 파일이 깨졌습니다",
        "malformed": "기록 파일이 깨졌습니다",
    }
    return next((korean for english, korean in reasons.items() if english in text), text)
