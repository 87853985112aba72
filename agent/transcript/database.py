"""The transcript's engine: SQLite in the home folder with WAL, or the PostgreSQL of `database_url`."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, NullPool, create_engine, event, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from agent.errors import StorageError
from agent.text import refusal
from agent.transcript.schema import HEAD

MIGRATIONS = Path(__file__).parent / "migrations"
_ALEMBIC = threading.Lock()
_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))")
_ALONE = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7723686)"}


class Database:
    """Readers and one writer at a time; opens with the schema at its head."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, home: Path, url: str | None) -> "Database":
        """Raises `StorageError` if the home folder or the server cannot be used."""
        with storage_errors():
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            database = cls(_server(url) if url else _sqlite(home / "transcript.db"))
            try:
                await database._upgrade()
            except BaseException:
                await database.close()
                raise
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

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Whether no other client of the PostgreSQL holds the name; it is held until the block ends, or the process."""
        if self._engine.dialect.name != "postgresql":
            yield True
            return
        with storage_errors():
            async with self._engine.connect() as plain:
                connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
                got = bool(await connection.scalar(_TRY_LOCK, {"name": name}))
                try:
                    yield got
                finally:
                    if got:
                        await connection.execute(_UNLOCK, {"name": name})

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


def _server(url: str) -> AsyncEngine:
    try:
        return create_async_engine(url, pool_pre_ping=True)
    except (ArgumentError, ImportError) as error:
        raise StorageError(
            "database_url 을 쓸 수 없습니다.",
            hint="예: postgresql+psycopg://사용자@서버/데이터베이스 (추가 묶음: pip install 'modu-agent[postgres]')",
        ) from error


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
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(url.set(drivername=url.drivername.replace("+aiosqlite", "")), poolclass=NullPool)
    # Alembic keeps its running environment in module globals.
    with _ALEMBIC, engine.connect() as connection:
        # Two processes may start on an empty home: the second waits here and then finds the work done.
        connection.exec_driver_sql(_ALONE[engine.dialect.name])
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, HEAD)
        except CommandError as error:
            raise StorageError("더 새로운 모두가 쓴 기록입니다.", hint="모두를 새 버전으로 올리세요.") from error
        connection.commit()


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what the database and the file system report into one Korean sentence."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"저장 폴더를 쓸 수 없습니다: {refusal(error)} ({error.filename})",
            hint="폴더의 권한과 남은 공간을 확인하거나 MODU_HOME 으로 다른 폴더를 정하세요.",
        ) from error
    except DBAPIError as error:
        raise storage_error(str(error.orig)) from error


def storage_error(reported: str) -> StorageError:
    """What a database driver reported, for people."""
    reason, hint = next((known for sign, known in _REASONS.items() if sign in reported), (reported, _CHECK_SPACE))
    return StorageError(f"기록을 저장할 수 없습니다: {reason}", hint=hint)


_CHECK_SPACE = "남은 공간과 폴더의 권한을 확인하세요. 이미 끝난 일은 남아 있습니다."
_BROKEN = ("기록 파일이 깨졌습니다", "폴더의 transcript.db 를 다른 이름으로 옮기면 새 기록으로 시작합니다.")
_REASONS = {
    "disk is full": ("디스크가 가득 찼습니다", _CHECK_SPACE),
    "readonly database": ("읽기만 되는 폴더입니다", _CHECK_SPACE),
    "unable to open database file": ("파일을 만들거나 열 수 없습니다", _CHECK_SPACE),
    "disk I/O error": ("디스크에 쓸 수 없습니다", _CHECK_SPACE),
    "database is locked": ("다른 프로세스가 오래 쓰고 있습니다", "잠시 뒤에 다시 하세요."),
    "not a database": _BROKEN,
    "malformed": _BROKEN,
    "foreign key": ("지워진 대화입니다", "새 대화를 여세요."),
    "FOREIGN KEY": ("지워진 대화입니다", "새 대화를 여세요."),
    "connection failed": ("데이터베이스 서버에 연결할 수 없습니다", "database_url 과 서버를 확인하세요."),
}
"""By what the drivers say."""
