"""Which model answers."""

import socket
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from agent.errors import ModelUnavailable, UsageError
from agent.model.choice import Choice, choose, listens, profiles
from agent.model.contract import ChatRequest, UserMessage
from agent.settings import Profile
from tests.conftest import MakeSettings
from tests.scripted_model import ScriptedModel, in_order, says, scripted

NOBODY = "http://127.0.0.1:9/v1"


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with scripted(in_order(says("네"))) as running:
        yield running


async def closed(choice: Choice) -> Choice:
    await choice.model.close()
    return choice


async def test_offline_is_the_built_in_engine_and_needs_no_words(make_settings: MakeSettings) -> None:
    choice = await closed(await choose(make_settings(model="offline")))

    assert (choice.model.name, choice.notice) == ("offline", "")


async def test_the_model_that_the_server_lists_first_is_taken(
    make_settings: MakeSettings, server: ScriptedModel
) -> None:
    choice = await closed(await choose(make_settings(model=None, base_url=server.base_url)))

    assert choice.model.name == "scripted"
    assert choice.context_tokens == Profile().context_tokens


async def test_an_unknown_name_beside_an_address_is_the_served_name(
    make_settings: MakeSettings, server: ScriptedModel
) -> None:
    choice = await closed(await choose(make_settings(model="my/model", base_url=server.base_url)))

    assert choice.model.name == "my/model"


async def test_a_profile_brings_its_address_and_its_values(make_settings: MakeSettings, server: ScriptedModel) -> None:
    profile = Profile(base_url=server.base_url, served_name="우리-모델", context_tokens=8192, temperature=0.1)
    settings = make_settings(model="ours", profiles={"ours": profile}, api_key=SecretStr("key"))

    choice = await choose(settings)
    _ = [delta async for delta in choice.model.stream(ChatRequest(messages=(UserMessage(text="안녕"),)))]

    assert (choice.model.name, choice.context_tokens) == ("우리-모델", 8192)
    assert server.requests[0]["temperature"] == 0.1
    await choice.model.close()


async def test_the_size_of_the_context_in_the_settings_is_stronger(
    make_settings: MakeSettings, server: ScriptedModel
) -> None:
    choice = await closed(await choose(make_settings(model="ax-4.0", base_url=server.base_url, context_tokens=9000)))

    assert choice.context_tokens == 9000


def test_the_user_may_replace_a_profile_of_ours(make_settings: MakeSettings) -> None:
    own = Profile(note="내 것")

    known = profiles(make_settings(profiles={"ax-4.0": own}))

    assert known["ax-4.0"] == own
    assert {"ax-4.1", "generic"} <= known.keys()


async def test_an_unknown_profile_is_wrong_usage_and_lists_the_known_ones(make_settings: MakeSettings) -> None:
    with pytest.raises(UsageError, match="gpt-5") as failed:
        await choose(make_settings(model="gpt-5"))

    assert "ax-4.1" in failed.value.hint


async def test_a_local_server_is_found_behind_ports_that_are_no_model_server(
    make_settings: MakeSettings, server: ScriptedModel
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        silent = f"http://127.0.0.1:{other.getsockname()[1]}/v1"
        choice = await closed(await choose(make_settings(model=None), (NOBODY, silent, server.base_url)))

    assert choice.model.name == "scripted"


async def test_where_nothing_answers_the_offline_engine_steps_in_and_says_so(make_settings: MakeSettings) -> None:
    choice = await closed(await choose(make_settings(model=None), (NOBODY,)))

    assert choice.model.name == "offline"
    assert "오프라인" in choice.notice


async def test_nothing_steps_in_for_a_model_that_was_named(make_settings: MakeSettings) -> None:
    with pytest.raises(ModelUnavailable, match=NOBODY):
        await choose(make_settings(model="ax-4.0", base_url=NOBODY, model_is_explicit=True))


async def test_a_proxy_is_not_asked_for_a_server_of_this_machine(
    make_settings: MakeSettings, server: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    choice = await choose(make_settings(model=None, base_url=server.base_url))
    deltas = [delta async for delta in choice.model.stream(ChatRequest(messages=(UserMessage(text="안녕"),)))]

    assert choice.model.name == "scripted"
    assert deltas
    await choice.model.close()


async def test_listens_tells_open_from_closed_ports(server: ScriptedModel) -> None:
    assert await listens(server.base_url, 1)
    assert not await listens(NOBODY, 1)
