"""The choices of a process that stays, while servers come, go and change their model."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from agent.errors import ModelUnavailable, UsageError
from agent.model.choice import Choice
from agent.model.contract import ChatRequest, UserMessage
from agent.model.standing import Ages, StandingChoices
from agent.settings import Endpoint, Profile, Settings
from tests.agent.hubs import free_port, until
from tests.conftest import MakeSettings, Serve
from tests.fake_servers import NOT_FOUND, FakeServer, Routes, Said, serving, vllm
from tests.scripted_model import in_order, says

HELLO = ChatRequest(messages=(UserMessage(text="안녕"),))
LONG = 1_000.0
AT_ONCE = Ages(stand_in=-1, server=-1, unused=LONG, parted=-1)
"""Everything is looked at again at every call."""

Keep = Callable[..., StandingChoices]


@pytest.fixture
async def keep() -> AsyncIterator[Keep]:
    made: list[StandingChoices] = []

    def make(*local_urls: str, ages: Ages = AT_ONCE) -> StandingChoices:
        made.append(StandingChoices(local_urls, ages))
        return made[-1]

    yield make
    for standing in made:
        await standing.close()


async def answers(choice: Choice) -> bool:
    """Whether its client can still be used."""
    try:
        async for _ in choice.model.stream(HELLO):
            pass
    except RuntimeError:
        return False
    return True


def lists(server: FakeServer) -> int:
    return server.paths.count("/v1/models")


async def test_calls_at_the_same_time_make_one_choice(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm()) as server:
        settings = make_settings(model=None, base_url=server.url)
        standing = keep(ages=Ages())

        first, *others = await asyncio.gather(*(standing.choice(settings) for _ in range(5)))

        assert all(one is first for one in others)
        assert await standing.choice(settings) is first
        assert lists(server) == 1


async def test_what_does_not_matter_to_the_model_shares_its_choice(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm()) as server:
        settings = make_settings(model=None, base_url=server.url)
        standing = keep(ages=Ages())
        first = await standing.choice(settings)

        for changed in ({"mode": "auto"}, {"private": True}, {"variables": {"PATH": SecretStr("/bin")}}):
            assert await standing.choice(settings.model_copy(update=changed)) is first


@pytest.mark.parametrize(
    "changed",
    [
        {"api_key": SecretStr("other")},
        {"variables": {"OURS_KEY": SecretStr("other")}},
        {"context_tokens": 9_000},
        {"model_timeout": 1.0},
        {"model": "generic"},
        {"profiles": {}},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_what_matters_to_the_model_has_a_choice_of_its_own(
    make_settings: MakeSettings, keep: Keep, changed: dict[str, Any]
) -> None:
    with serving(vllm()) as server:
        ours = Profile(endpoints=(Endpoint(url=server.url, api_key_env="OURS_KEY"),))
        settings = make_settings(model=None, base_url=server.url, profiles={"ours": ours}, variables={})
        standing = keep(ages=Ages())

        assert await standing.choice(settings.model_copy(update=changed)) is not await standing.choice(settings)


async def test_a_server_that_comes_takes_over_from_the_offline_engine(make_settings: MakeSettings, keep: Keep) -> None:
    port = free_port()
    settings, standing = make_settings(model=None), keep(f"http://127.0.0.1:{port}/v1")
    stand_in = await standing.choice(settings)
    again = await standing.choice(settings)
    with serving(vllm("tiny"), port):
        found = await standing.choice(settings)

    assert (stand_in.model.name, found.model.name) == ("offline", "tiny")
    assert again is stand_in
    assert "오프라인" in stand_in.notice


async def test_a_search_that_takes_long_is_not_made_at_every_call(make_settings: MakeSettings, keep: Keep) -> None:
    def slow(_body: Any) -> Said:
        time.sleep(0.8)
        return NOT_FOUND

    with serving({"*": slow}) as server:
        standing = keep(server.url, ages=Ages())
        stand_in = await standing.choice(make_settings(model=None))

        assert await standing.choice(make_settings(model=None)) is stand_in
        assert lists(server) == 1


async def test_a_server_that_is_back_is_found_by_the_next_call(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm("tiny")) as server:
        settings, standing = make_settings(model=None), keep(server.url, ages=Ages())
        await standing.choice(settings)
        routes, server.routes = server.routes, {}
        standing.forget(settings)
        stand_in = await standing.choice(settings)
        server.routes = routes
        back = await exchanged(standing, settings, stand_in)

    assert (stand_in.model.name, back.model.name) == ("offline", "tiny")


async def test_the_offline_engine_that_was_asked_for_is_kept(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm()) as server:
        standing = keep(server.url)
        choice = await standing.choice(make_settings(model="offline"))

        assert await standing.choice(make_settings(model="offline")) is choice
        assert server.paths == []


@pytest.mark.parametrize(
    ("routes", "told"),
    [(vllm("other"), ("other", 16_384)), (vllm("tiny", window=8_192), ("tiny", 8_192))],
    ids=["model", "window"],
)
async def test_a_server_that_changes_is_exchanged_without_keeping_anybody_waiting(
    make_settings: MakeSettings, keep: Keep, routes: Routes, told: tuple[str, int]
) -> None:
    with serving(vllm("tiny")) as server:
        settings, standing = make_settings(model=None, base_url=server.url), keep()
        old = await standing.choice(settings)
        server.routes = dict(routes)

        assert await standing.choice(settings) is old
        new = await exchanged(standing, settings, old)

        assert (new.model.name, new.model.context_tokens) == told


async def exchanged(standing: StandingChoices, settings: Settings, old: Choice) -> Choice:
    async with asyncio.timeout(15):
        while (new := await standing.choice(settings)) is old:
            await asyncio.sleep(0.01)
    return new


async def test_a_server_that_stays_as_it_is_keeps_its_client(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm()) as server:
        settings, standing = make_settings(model=None, base_url=server.url), keep()
        choice = await standing.choice(settings)
        await standing.choice(settings)
        await until(lambda: lists(server) == 2)

        assert await standing.choice(settings) is choice


async def test_what_is_known_of_a_server_holds_for_a_while(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm()) as server:
        settings, standing = make_settings(model=None, base_url=server.url), keep(ages=Ages(server=LONG))
        for _ in range(3):
            await standing.choice(settings)

        assert lists(server) == 1


async def test_an_exchanged_client_can_be_used_until_it_is_swept_away(
    make_settings: MakeSettings, keep: Keep, serve: Serve
) -> None:
    model = serve(in_order(says("네.")))
    settings, standing = make_settings(model=None, base_url=model.base_url), keep(ages=Ages(parted=-1))
    old = await standing.choice(settings)
    standing.forget(settings)
    new = await standing.choice(settings)

    assert new is not old
    assert await answers(old)
    await standing.sweep()
    assert not await answers(old)
    assert await answers(new)


async def test_an_exchanged_client_outlives_sweeps_for_a_while(
    make_settings: MakeSettings, keep: Keep, serve: Serve
) -> None:
    model = serve(in_order(says("네.")))
    settings, standing = make_settings(model=None, base_url=model.base_url), keep(ages=Ages())
    old = await standing.choice(settings)
    standing.forget(settings)
    await standing.sweep()

    assert await answers(old)


async def test_a_server_that_has_gone_is_noticed_and_the_next_call_says_so(
    make_settings: MakeSettings, keep: Keep
) -> None:
    with serving(vllm()) as server:
        named = make_settings(model=None, base_url=server.url, model_is_explicit=True)
        written_down = make_settings(model=None, base_url=server.url)
        standing = keep()
        old = [await standing.choice(settings) for settings in (named, written_down)]

    with pytest.raises(ModelUnavailable):
        await exchanged(standing, named, old[0])
    assert (await exchanged(standing, written_down, old[1])).model.name == "offline"


async def test_a_server_too_busy_to_list_its_models_keeps_its_client(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm()) as server:
        found, given = make_settings(model=None), make_settings(model=None, base_url=server.url)
        standing = keep(server.url)
        for settings in (found, given):
            routes, old = server.routes, await standing.choice(settings)
            server.routes, before = {"*": (503, "busy")}, lists(server)
            async with asyncio.timeout(15):
                while lists(server) < before + 3:
                    assert await standing.choice(settings) is old
                    await asyncio.sleep(0.01)
            server.routes = routes


async def test_a_model_that_is_no_longer_served_is_wrong_usage(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm("tiny")) as server:
        settings, standing = make_settings(model="tiny", base_url=server.url), keep()
        old = await standing.choice(settings)
        server.routes = dict(vllm("other"))

        with pytest.raises(UsageError, match="tiny"):
            await exchanged(standing, settings, old)


async def test_errors_are_not_kept(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm("other")) as server:
        settings, standing = make_settings(model="tiny", base_url=server.url), keep(ages=Ages())
        failed = await asyncio.gather(*(standing.choice(settings) for _ in range(3)), return_exceptions=True)
        server.routes = dict(vllm("tiny"))

        assert [type(error) for error in failed] == 3 * [UsageError]
        assert (await standing.choice(settings)).model.name == "tiny"


async def test_a_call_that_is_given_up_does_not_disturb_the_others(make_settings: MakeSettings, keep: Keep) -> None:
    with serving(vllm()) as server:
        settings, standing = make_settings(model=None, base_url=server.url), keep(ages=Ages())
        first, second = (asyncio.create_task(standing.choice(settings)) for _ in range(2))
        await until(lambda: server.asked)
        first.cancel()

        assert (await second).found
        assert first.cancelled()


async def test_what_was_not_used_for_long_is_closed(make_settings: MakeSettings, keep: Keep, serve: Serve) -> None:
    model = serve(in_order(says("네.")))
    settings = make_settings(model=None, base_url=model.base_url)
    standing, patient = keep(ages=Ages(unused=-1)), keep(ages=Ages())
    swept, kept = await standing.choice(settings), await patient.choice(settings)
    await standing.sweep()
    await patient.sweep()

    assert not await answers(swept)
    assert await standing.choice(settings) is not swept
    assert await patient.choice(settings) is kept


async def test_closing_closes_all_and_ends_what_is_being_looked_at(make_settings: MakeSettings, keep: Keep) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, serving(vllm()) as server:
        before = asyncio.all_tasks()
        standing = keep(ages=Ages())
        choice = await standing.choice(make_settings(model=None, base_url=server.url))
        unheard = make_settings(model=None, base_url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
        looking = asyncio.create_task(standing.choice(unheard))
        await asyncio.sleep(0.01)
        await standing.close()
        with pytest.raises(asyncio.CancelledError):
            await looking

        assert not await answers(choice)
        assert asyncio.all_tasks() <= before
