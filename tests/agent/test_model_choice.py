"""Which model answers."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.contract import EngineStatus
from agent.errors import ModelUnavailable, UsageError
from agent.model.choice import Choice, addresses, choose, context_tokens
from agent.model.contract import ChatRequest, Crossing, Delta, UserMessage
from agent.settings import Endpoint, Profile
from tests.conftest import MakeSettings
from tests.fake_servers import FakeServer, Routes, serving, vllm
from tests.scripted_model import ScriptedModel, in_order, says, scripted

ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9/v1"
HELLO = ChatRequest(messages=(UserMessage(text="안녕"),))


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with scripted(in_order(says("네"))) as running:
        yield running


@pytest.fixture
def engine() -> Iterator[FakeServer]:
    with serving(vllm(window=16_384)) as running:
        yield running


async def closed(choice: Choice) -> Choice:
    await choice.model.close()
    return choice


async def answered(choice: Choice) -> list[Delta]:
    deltas = [delta async for delta in choice.model.stream(HELLO)]
    await choice.model.close()
    return deltas


async def test_offline_is_the_built_in_engine_and_needs_no_words(make_settings: MakeSettings) -> None:
    choice = await closed(await choose(make_settings(model="offline")))

    assert (choice.model.name, choice.notice) == ("offline", "")


async def test_the_model_that_the_server_lists_first_is_taken(
    make_settings: MakeSettings, server: ScriptedModel
) -> None:
    choice = await closed(await choose(make_settings(model=None, base_url=server.base_url)))

    assert choice.model.name == "scripted"
    assert choice.model.context_tokens == Profile().context_tokens


async def test_a_model_that_the_engine_does_not_serve_is_wrong_usage(make_settings: MakeSettings) -> None:
    with serving(vllm("tiny")) as engine, pytest.raises(UsageError, match="my/model") as failed:
        await choose(make_settings(model="my/model", base_url=engine.url))

    assert "tiny" in failed.value.hint


async def test_a_gateway_may_serve_more_than_it_lists(make_settings: MakeSettings, server: ScriptedModel) -> None:
    choice = await choose(make_settings(model="my/model", base_url=server.base_url))

    assert choice.model.name == "my/model"
    assert await answered(choice)


async def test_a_profile_brings_its_address_and_its_values(make_settings: MakeSettings, server: ScriptedModel) -> None:
    profile = Profile(base_url=server.base_url, served_name="scripted", context_tokens=8192, temperature=0.1)
    settings = make_settings(model="ours", profiles={"ours": profile}, api_key=SecretStr("key"))

    choice = await choose(settings)

    assert (choice.model.name, choice.model.context_tokens) == ("scripted", 8192)
    assert await answered(choice)
    assert server.requests[0]["temperature"] == 0.1


async def test_the_window_is_what_the_server_says(make_settings: MakeSettings, engine: FakeServer) -> None:
    known = await closed(await choose(make_settings(model="ax-4.0", base_url=engine.url)))
    smaller = await closed(await choose(make_settings(model="ax-4.0", base_url=engine.url, context_tokens=9_000)))
    larger = await closed(await choose(make_settings(model="ax-4.0", base_url=engine.url, context_tokens=99_000)))

    assert [one.model.context_tokens for one in (known, smaller, larger)] == [16_384, 9_000, 16_384]


def test_without_a_word_of_the_server_settings_are_stronger_than_the_profile(make_settings: MakeSettings) -> None:
    profile = Profile(context_tokens=20_000)

    assert context_tokens(make_settings(), profile, None) == 20_000
    assert context_tokens(make_settings(context_tokens=99_000), profile, None) == 99_000
    assert context_tokens(make_settings(context_tokens=99_000), profile, 30_000) == 30_000


async def test_the_client_counts_with_the_server_that_was_found(
    make_settings: MakeSettings, engine: FakeServer
) -> None:
    choice = await choose(make_settings(model=None, base_url=engine.url))

    assert await choice.model.count(HELLO) == 10
    assert (await choice.model.status()).engine == "vllm"
    await choice.model.close()


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
    nearby = await closed(await choose(make_settings(model=None), (NOBODY,)))
    written_down = await closed(await choose(make_settings(model="ax-4.0", base_url=NOBODY)))

    assert nearby.model.name == written_down.model.name == "offline"
    assert "오프라인" in nearby.notice
    assert nearby.notice == written_down.notice


async def test_nothing_steps_in_for_a_model_that_was_named(make_settings: MakeSettings) -> None:
    with pytest.raises(ModelUnavailable, match=NOBODY) as failed:
        await choose(make_settings(model="ax-4.0", base_url=NOBODY, model_is_explicit=True))
    with pytest.raises(ModelUnavailable, match=NOBODY):
        await choose(make_settings(model="ax-4.0", model_is_explicit=True), (NOBODY,))

    assert failed.value.exit_code == 3


async def test_a_server_that_answers_badly_is_left_to_the_client(make_settings: MakeSettings) -> None:
    bad: Routes = {"*": (503, "<h1>Service Unavailable</h1>")}
    with serving(bad) as running:
        settings = make_settings(model="ax-4.0", base_url=running.url, model_is_explicit=True)

        choice = await closed(await choose(settings))

    assert choice.model.name == "skt/A.X-4.0"


async def test_a_proxy_is_not_asked_for_a_server_of_this_machine(
    make_settings: MakeSettings, server: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    choice = await choose(make_settings(model=None, base_url=server.base_url))

    assert choice.model.name == "scripted"
    assert await answered(choice)


FIRST_REQUEST = """
import asyncio, sys
from agent.model.choice import choose
from agent.model.contract import ChatRequest, UserMessage
from agent.settings import Settings

async def main():
    choice = await choose(Settings.model_validate_json(sys.argv[1]))
    async for _ in choice.model.stream(ChatRequest(messages=(UserMessage(text="안녕"),))):
        pass
    await choice.model.close()
    print(*sorted({"httpx", "mcp", "jsonschema", "json_repair", "langgraph", "sqlalchemy"} & sys.modules.keys()))

asyncio.run(main())
"""


def test_what_the_first_request_needs_is_all_that_is_loaded(make_settings: MakeSettings, server: ScriptedModel) -> None:
    settings = make_settings(model=None, base_url=server.base_url)
    command = [sys.executable, "-c", FIRST_REQUEST, settings.model_dump_json()]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert ended.stdout.split() == []
    assert len(server.requests) == 1


async def test_a_run_goes_on_where_the_first_of_several_endpoints_is_gone(
    make_settings: MakeSettings, server: ScriptedModel
) -> None:
    places = (Endpoint(url=NOBODY), Endpoint(url=server.base_url, served_name="scripted"))
    settings = make_settings(model="ours", profiles={"ours": Profile(endpoints=places)}, model_is_explicit=True)

    choice = await choose(settings)
    status = await choice.model.status()
    await choice.model.close()

    assert status == EngineStatus(engine="openai", model="default", url=NOBODY, context_tokens=Profile().context_tokens)


async def test_what_leaves_for_a_single_company_server_is_announced(
    make_settings: MakeSettings, server: ScriptedModel
) -> None:
    place = Endpoint(url=server.base_url, place="company", name="회사 서버")
    settings = make_settings(model="ours", profiles={"ours": Profile(endpoints=(place,))})

    [crossing] = [delta for delta in await answered(await choose(settings)) if isinstance(delta, Crossing)]

    assert (crossing.endpoint, crossing.place) == ("회사 서버", "company")


def test_the_addresses_are_those_that_the_user_gave(make_settings: MakeSettings) -> None:
    profile = Profile(endpoints=(Endpoint(url="http://a/v1"), Endpoint(url="http://b/v1")))

    assert addresses(make_settings(model=None)) == []
    assert addresses(make_settings(model=None, base_url="http://x/v1")) == ["http://x/v1"]
    assert addresses(make_settings(model="ours", profiles={"ours": profile})) == ["http://a/v1", "http://b/v1"]
