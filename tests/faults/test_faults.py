"""Whatever a model server gets wrong: the right thing is done once, the answer is right, and the talk goes on."""

import asyncio
import logging
import os
import random
import shutil
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.settings import Settings
from tests.conftest import NOW, Start, gather
from tests.faults.conversation import READ
from tests.faults.matrix import ROWS
from tests.faults.play import play
from tests.faults.row import Row
from tests.faults.server import KEY, MODEL, FaultServer
from tests.faults.strict import Strict
from tests.faults.styles import plain, styled


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which databases and tool list exist already, as after the first day."""
    folder = tmp_path_factory.mktemp("seeded")
    (folder / "work").mkdir()
    asyncio.run(_first_day(folder))
    return folder / "home"


async def _first_day(folder: Path) -> None:
    from agent.session.assistant import load

    server = FaultServer(styled(plain), READ, Strict(MODEL))
    await server.listen()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.deafen)
        assistant = await load(_settings(folder, server.base_url))
        stack.push_async_callback(assistant.close)
        await gather((await assistant.open()).send(READ.request))


def _settings(folder: Path, url: str) -> Settings:
    return Settings(
        home=folder / "home",
        workspace=folder / "work",
        base_url=url,
        api_key=SecretStr(KEY),
        now=datetime.fromisoformat(NOW),
        only_servers=("calendar",),
    )


def _marked(row: Row) -> object:
    return pytest.param(row, id=row.name, marks=pytest.mark.xfail(reason=row.known) if row.known else ())


def _played() -> list[Row]:
    """A seeded half of the rows, as one run of all of them takes minutes; `make faults` plays them all."""
    if os.environ.get("MODU_FAULTS") == "all":
        return list(ROWS)
    return random.Random(20_261_124).sample(ROWS, len(ROWS) // 2)


@pytest.mark.parametrize("row", [_marked(row) for row in _played()])
async def test_a_fault_of_the_server_changes_nothing_for_the_user(
    row: Row, assist: Start, seeded: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "agent")
    shutil.copytree(seeded, tmp_path / "home")

    wrong = await play(row, assist, tmp_path / "home")

    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
    assert KEY not in caplog.text


def test_the_matrix_has_one_row_a_fault() -> None:
    names = [row.name for row in ROWS]

    assert len(set(names)) == len(names) >= 75
