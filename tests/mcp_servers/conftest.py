from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcp_servers.calendar.server import build, open_database
from mcp_servers.common.settings import load
from tests.mcp_servers.calendar_client import Tools, environment


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    """A calendar of its own, on a Wednesday."""
    settings = load(environment(tmp_path))
    database = open_database(settings)
    yield Tools(build(settings, database))
    await database.close()
