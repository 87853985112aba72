"""Which server a run means, which of its models, and as what profile."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from agent.errors import SettingsError, UsageError
from agent.model.profiles import profiles
from agent.model.servers.contract import Served, Server
from agent.model.servers.find import Found, find
from agent.model.servers.places import api_key, endpoints, served_name
from agent.settings import Endpoint, Profile
from tests.conftest import MakeSettings
from tests.fake_servers import FakeServer, Routes, listing, llamacpp_loading, lmstudio, ollama, vllm

NOBODY = "http://127.0.0.1:9/v1"
Run = Callable[[Routes], FakeServer]


@pytest.fixture
def run() -> Iterator[Run]:
    running: list[FakeServer] = []

    def start(routes: Routes) -> FakeServer:
        running.append(FakeServer(routes))
        return running[-1]

    yield start
    for server in running:
        server.close()


def chosen(found: Found | None) -> tuple[str, str, str]:
    """Profile, model and address."""
    assert found
    return found.profile_name, found.served_name, found.endpoints[0].url


async def test_the_profile_follows_from_what_the_server_serves(make_settings: MakeSettings, run: Run) -> None:
    server = run(vllm("skt/A.X-4.0-Light"))

    found = await find(make_settings(model=None, base_url=server.url))

    assert chosen(found) == ("ax-4.0-light", "skt/A.X-4.0-Light", server.url)
    assert found
    assert found.told_window == 16_384
    assert found.profile == profiles(make_settings())["ax-4.0-light"]


async def test_of_what_nothing_is_known_the_profile_is_generic(make_settings: MakeSettings, run: Run) -> None:
    server = run(vllm("team/finetune"))

    assert chosen(await find(make_settings(model=None, base_url=server.url)))[:2] == ("generic", "team/finetune")


async def test_a_name_beside_an_address_is_a_model_of_that_server(make_settings: MakeSettings, run: Run) -> None:
    server = run(ollama("llama3.2:latest", "exaone-4.0:1.2b"))

    exact = await find(make_settings(model="exaone-4.0:1.2b", base_url=server.url))
    short = await find(make_settings(model="Llama3.2", base_url=server.url))

    assert chosen(exact)[:2] == ("exaone-4.0-1.2b", "exaone-4.0:1.2b")
    assert chosen(short)[:2] == ("generic", "llama3.2:latest")


async def test_a_model_the_server_does_not_have_is_wrong_usage_and_the_message_lists_those_it_has(
    make_settings: MakeSettings, run: Run
) -> None:
    server = run(ollama("llama3.2", "qwen3:8b", "\x1b[31mred"))
    profile = Profile(base_url=server.url, served_name="gone")

    with pytest.raises(UsageError, match="'gpt-9'") as failed:
        await find(make_settings(model="gpt-9", base_url=server.url))
    with pytest.raises(UsageError, match="'gone'"):
        await find(make_settings(model="ours", profiles={"ours": profile}))

    assert "llama3.2, qwen3:8b, [31mred." in failed.value.hint


async def test_a_server_that_lists_nothing_is_asked_for_the_name_all_the_same(
    make_settings: MakeSettings, run: Run
) -> None:
    server = run({})

    named = await find(make_settings(model="some/model", base_url=server.url))
    profile = await find(make_settings(model="ax-4.0", base_url=server.url))
    nothing = await find(make_settings(model=None, base_url=server.url))

    assert chosen(named) == ("generic", "some/model", server.url)
    assert chosen(profile) == ("ax-4.0", "skt/A.X-4.0", server.url)
    assert chosen(nothing) == ("generic", "default", server.url)


async def test_an_unlisted_name_that_is_a_known_model_brings_its_profile(make_settings: MakeSettings, run: Run) -> None:
    server = run({})

    assert chosen(await find(make_settings(model="skt/A.X-K1", base_url=server.url)))[:2] == ("ax-k1", "skt/A.X-K1")


async def test_of_several_models_the_one_of_the_profile_is_taken(make_settings: MakeSettings, run: Run) -> None:
    server = run(ollama("llama3.2", "qwen3:8b"))

    found = await find(make_settings(model="qwen3", base_url=server.url))

    assert chosen(found)[:2] == ("qwen3", "qwen3:8b")
    assert found
    assert found.notice == ""


async def test_a_profile_whose_model_is_not_there_answers_by_another_and_says_so(
    make_settings: MakeSettings, run: Run
) -> None:
    known, unknown = run(ollama("qwen3:8b")), run(ollama("our-own"))

    other = await find(make_settings(model="ax-4.0", base_url=known.url))
    own = await find(make_settings(model="ax-4.0", base_url=unknown.url))

    assert chosen(other)[:2] == ("ax-4.0", "qwen3:8b")
    assert chosen(own)[:2] == ("ax-4.0", "our-own")
    assert other
    assert own
    assert "ax-4.0" in other.notice
    assert "qwen3:8b" in other.notice
    assert own.notice == ""


async def test_the_model_in_memory_is_preferred_and_an_embedder_never_taken(
    make_settings: MakeSettings, run: Run
) -> None:
    server = run(lmstudio())

    assert chosen(await find(make_settings(model=None, base_url=server.url)))[1] == "qwen/qwen3-4b"


async def test_a_server_that_is_loading_is_taken(make_settings: MakeSettings, run: Run) -> None:
    server = run(llamacpp_loading())

    found = await find(make_settings(model="ax-4.0-light", base_url=server.url))

    assert found
    assert found.server == Server(server.url, "llamacpp", loading=True)
    assert found.served_name == "skt/A.X-4.0-Light"


async def test_a_server_that_fails_is_taken_too(make_settings: MakeSettings, run: Run) -> None:
    server = run({"*": (500, "oops")})

    found = await find(make_settings(model=None, base_url=server.url))

    assert found
    assert found.server
    assert found.server.fault == "error"


async def test_without_an_address_this_machine_is_searched(make_settings: MakeSettings, run: Run) -> None:
    first, second = run(ollama("llama3.2")), run(vllm("skt/A.X-4.0-Light"))
    urls = (NOBODY, first.url, second.url)

    assert chosen(await find(make_settings(model=None), urls)) == ("generic", "llama3.2", first.url)
    assert chosen(await find(make_settings(model="ax-4.0-light"), urls))[1:] == ("skt/A.X-4.0-Light", second.url)
    assert await find(make_settings(model=None), (NOBODY,)) is None
    assert await find(make_settings(model=None, base_url=NOBODY), urls) is None


async def test_an_address_without_v1_is_corrected(make_settings: MakeSettings, run: Run) -> None:
    server = run(vllm())

    assert chosen(await find(make_settings(model=None, base_url=f"{server.root}/")))[2] == server.url


async def test_only_the_first_of_several_endpoints_is_asked(make_settings: MakeSettings, run: Run) -> None:
    own, hosted = run(vllm("mine")), run(vllm("theirs"))
    places = (Endpoint(url=own.url), Endpoint(url=hosted.url, place="hosted", served_name="theirs"))
    settings = make_settings(model="ours", profiles={"ours": Profile(endpoints=places)})

    found = await find(settings)

    assert found
    assert [one.served_name for one in found.endpoints] == ["mine", "theirs"]
    assert hosted.asked == []


async def test_where_the_first_endpoint_is_gone_the_others_remain(make_settings: MakeSettings) -> None:
    places = (Endpoint(url=NOBODY), Endpoint(url="http://127.0.0.1:10/v1", place="company"))
    alone = make_settings(model="ours", profiles={"ours": Profile(endpoints=places[:1])})
    several = make_settings(model="ours", profiles={"ours": Profile(endpoints=places)})

    found = await find(several)

    assert await find(alone) is None
    assert found
    assert (found.server, found.endpoints) == (None, places)


async def test_a_hosted_service_is_asked_for_its_list_alone_and_may_serve_more(
    make_settings: MakeSettings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = run({"/v1/models": listing({"id": "other", "owned_by": "vllm"}), "*": (200, {})})
    place = Endpoint(url=server.url, place="hosted", served_name="unlisted", api_key_env="THEIR_KEY")
    monkeypatch.setenv("THEIR_KEY", "their-key")

    found = await find(make_settings(model="h", profiles={"h": Profile(endpoints=(place,))}))

    assert chosen(found)[1] == "unlisted"
    assert server.paths == ["/v1/models"]
    assert server.keys == ["Bearer their-key"]


async def test_an_unknown_profile_names_the_known_ones(make_settings: MakeSettings) -> None:
    with pytest.raises(UsageError, match="gpt-5") as failed:
        await find(make_settings(model="gpt-5"))

    assert "ax-4.1" in failed.value.hint
    assert "offline" in failed.value.hint


def test_a_name_finds_a_model_however_it_is_spelled() -> None:
    models = (Served("qwen3:8b"), Served("Qwen3:latest"), Served("alias", root="skt/A.X-4.0"))
    server = Server(NOBODY, models=models)

    names = ("qwen3:8b", "QWEN3:8B", "qwen3", "skt/a.x-4.0", "other")

    assert [one and one.id for one in map(server.served, names)] == [
        "qwen3:8b",
        "qwen3:8b",
        "Qwen3:latest",
        "alias",
        None,
    ]


def test_the_key_of_the_settings_is_for_the_first_address_alone(make_settings: MakeSettings) -> None:
    first, second = Endpoint(url="http://a/v1"), Endpoint(url="http://b/v1", place="hosted", api_key_env="B_KEY")
    profile = Profile(endpoints=(first, second), api_key_env="P_KEY")
    env = {"B_KEY": SecretStr(" b "), "P_KEY": SecretStr("p")}
    settings, plain = make_settings(api_key=SecretStr("mine"), variables=env), make_settings(variables=env)
    elsewhere = Endpoint(url="http://127.0.0.1:8000/v1")

    assert api_key(settings, profile, first) == "mine"
    assert api_key(settings, profile, first.model_copy(update={"url": "http://a"})) == "mine"
    assert api_key(settings, profile, second) == "b"
    assert api_key(make_settings(variables={"P_KEY": SecretStr("p")}), profile, second) == "none"
    assert api_key(plain, profile, first) == "p"
    assert api_key(make_settings(variables={}), profile, first) == "none"
    assert api_key(settings, profile, elsewhere) == "none"
    assert api_key(make_settings(api_key=SecretStr("mine"), base_url=elsewhere.url), profile, elsewhere) == "mine"


def test_the_environment_is_that_of_the_process_unless_a_face_has_its_own(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "here")
    place = Endpoint(url="http://a/v1", api_key_env="A_KEY")
    profile = Profile(endpoints=(place,))

    assert api_key(make_settings(), profile, place) == "here"
    assert api_key(make_settings(variables={"A_KEY": SecretStr("there")}), profile, place) == "there"
    assert api_key(make_settings(variables={}), profile, place) == "none"


def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(make_settings: MakeSettings) -> None:
    place = Endpoint(url="http://a/v1", api_key_env="A_KEY")

    with pytest.raises(SettingsError, match="A_KEY") as failed:
        api_key(make_settings(variables={"A_KEY": SecretStr("비밀 열쇠")}), Profile(endpoints=(place,)), place)

    assert "비밀" not in f"{failed.value}{failed.value.hint}"


def test_a_given_address_stands_before_those_of_the_profile_and_keeps_what_is_said_of_it(
    make_settings: MakeSettings,
) -> None:
    hosted = Endpoint(url="https://hosted.example/v1", place="hosted")
    profile = Profile(endpoints=(Endpoint(url="http://own/v1"), hosted))

    assert endpoints(make_settings(), profile) == profile.endpoints
    assert endpoints(make_settings(base_url="http://x/v1"), profile) == (Endpoint(url="http://x/v1"),)
    assert endpoints(make_settings(base_url="https://hosted.example/v1/"), profile) == (hosted,)
    assert endpoints(make_settings(), Profile(base_url="http://y/v1")) == (Endpoint(url="http://y/v1"),)
    assert endpoints(make_settings(), Profile()) == ()


def test_the_name_to_ask_for_comes_from_the_nearest_that_says_one() -> None:
    place, named = Endpoint(url="http://a/v1"), Endpoint(url="http://a/v1", served_name="e")

    assert served_name(Profile(served_name="p", repository="r"), named) == "e"
    assert served_name(Profile(served_name="p", repository="r"), place) == "p"
    assert served_name(Profile(repository="r"), place) == "r"
    assert served_name(Profile(), place) == "default"
