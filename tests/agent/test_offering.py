"""The tools a session offers: chosen once, kept with the session, small where the window is small."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.model.contract import ToolSpec
from agent.session.offering import Offering
from agent.tools import own
from agent.transcript.database import Database
from agent.transcript.ledger import Ledger
from agent.transcript.store import TranscriptStore
from tests.conftest import MakeSettings, Serve, Start, gather
from tests.scripted_model import in_order, says

WINDOW = 32_768


def spec(name: str, length: int = 10) -> ToolSpec:
    return ToolSpec(name=name, description="가" * length, parameters={"type": "object", "properties": {}})


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    database = await Database.open(tmp_path / "home", None)
    store = TranscriptStore(database)
    yield Ledger(store, await store.create("/일"))
    await database.close()


async def test_a_session_keeps_its_tools_when_a_server_changes_its_own(
    ledger: Ledger, make_settings: MakeSettings
) -> None:
    first = await Offering(ledger).tools((spec("a"), spec("b")), make_settings(), WINDOW)

    later = await Offering(ledger).tools((spec("b", 99), spec("c")), make_settings(), WINDOW)

    assert later == first == (spec("a"), spec("b"), *own.specs())
    assert [tool.model_dump_json() for tool in later] == [tool.model_dump_json() for tool in first]


async def test_other_servers_are_another_choice(ledger: Ledger, make_settings: MakeSettings) -> None:
    await Offering(ledger).tools((spec("a"),), make_settings(), WINDOW)

    narrowed = await Offering(ledger).tools((spec("b"),), make_settings(only_servers=("calendar",)), WINDOW)

    assert narrowed == (spec("b"), *own.specs())


async def test_a_window_that_became_too_small_gets_only_the_way_to_find_tools(
    ledger: Ledger, make_settings: MakeSettings
) -> None:
    large = (spec("a", 4_000),)
    assert await Offering(ledger).tools(large, make_settings(), WINDOW) == (*large, *own.specs())

    assert await Offering(ledger).tools(large, make_settings(), 4_096) == own.specs()


async def test_a_new_process_sends_the_very_tools_of_the_first(serve: Serve, start: Start) -> None:
    model = serve(in_order(says("네")))
    session = await start(model=None, base_url=model.base_url)
    await gather(session.send("하나"))

    again = await start(session.id, model=None, base_url=model.base_url)
    await gather(again.send("둘"))

    before, after = model.raw
    assert after.startswith(before.removesuffix(b"]}"))
