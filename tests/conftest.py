"""What many tests share: settings in an empty home, an assistant on them, a scripted model."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from agent.contract import Assistant, Session
from agent.events import Event
from agent.settings import Settings
from tests import postgres
from tests.scripted_model import Script, ScriptedModel

NOW = "2026-11-22T09:00:00+09:00"
"""A Sunday."""

MakeSettings = Callable[..., Settings]
Serve = Callable[[Script], ScriptedModel]
Start = Callable[..., Any]
# How quick a machine is that does other things, too, says nothing about what is tested.
hypothesis_settings.register_profile(
    "unhurried", parent=hypothesis_settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a timeout of its own begins first: no worker has it before it when the others have nothing left."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL, one for each worker that needs it."""
    with postgres.running() as url:
        yield url


@pytest.fixture
async def postgres_url(postgres_server: str) -> str:
    """An empty database of the test's own."""
    return await postgres.empty_database(postgres_server)


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    def make(**changed: Any) -> Settings:
        workspace = tmp_path / "work"
        workspace.mkdir(exist_ok=True)
        given: dict[str, Any] = {
            "home": tmp_path / "home",
            "workspace": workspace,
            "model": "offline",
            "now": datetime.fromisoformat(NOW),
        }
        return Settings(**(given | changed))

    return make


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[ScriptedModel] = []

    def start(script: Script) -> ScriptedModel:
        running.append(ScriptedModel(script))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture
async def assist(make_settings: MakeSettings) -> AsyncIterator[Start]:
    """Opens an assistant; several on the same home are several processes' worth of one."""
    from agent.session.assistant import load

    async with AsyncExitStack() as stack:

        async def open_assistant(**changed: Any) -> Assistant:
            assistant = await load(make_settings(**changed))
            stack.push_async_callback(assistant.close)
            return assistant

        yield open_assistant


@pytest.fixture
def start(assist: Start) -> Start:
    """Opens a session of a new assistant."""

    async def open_session(session_id: str | None = None, **changed: Any) -> Session:
        assistant: Assistant = await assist(**changed)
        return await assistant.open(session_id)

    return open_session


async def gather(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]
