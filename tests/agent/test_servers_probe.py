"""What a server at an address is, found out over real HTTP."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.model.servers.contract import Fault, Served, Server
from agent.model.servers.fetch import Http, client
from agent.model.servers.probe import listed, probe
from tests.fake_servers import (
    FakeServer,
    Routes,
    drip,
    flood,
    listing,
    llamacpp,
    llamacpp_loading,
    lmstudio,
    ollama,
    recorded,
    saying,
    serving,
    sglang,
    silence,
    speaking,
    vllm,
)

NOBODY = "http://127.0.0.1:9/v1"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with client(NOBODY) as opened:
        yield opened


async def probed(http: Http, routes: Routes) -> Server | None:
    """The server with these routes, its address replaced by `URL`."""
    with serving(routes) as running:
        found = await probe(http, running.url)
    return found and Server("URL", found.kind, found.version, found.models, found.loading, found.fault)


async def test_a_real_vllm_is_known(http: Http) -> None:
    found = await probed(http, recorded("vllm"))

    assert found
    assert (found.kind, found.models) == ("vllm", (Served("tiny", 2_048, "vllm/tiny"),))
    assert found.version
    assert found.version.startswith("0.3")


async def test_a_real_llamacpp_is_known(http: Http) -> None:
    found = await probed(http, recorded("llamacpp"))

    assert found
    assert (found.kind, found.models) == ("llamacpp", (Served("tiny", 2_048),))
    assert found.version


async def test_vllm_tells_engine_version_and_window(http: Http) -> None:
    model = Served("skt/A.X-4.0-Light", 16_384, "skt/A.X-4.0-Light")

    assert await probed(http, vllm()) == Server("URL", "vllm", "0.33.0", (model,))


async def test_sglang_tells_engine_version_and_window(http: Http) -> None:
    model = Served("Qwen/Qwen3-8B", 40_960, "Qwen/Qwen3-8B")

    assert await probed(http, sglang()) == Server("URL", "sglang", "0.5.23", (model,))


async def test_the_older_name_of_sglangs_information_counts_too(http: Http) -> None:
    routes = dict(sglang())
    routes["/get_server_info"] = routes.pop("/server_info")

    found = await probed(http, routes)

    assert found
    assert (found.kind, found.version) == ("sglang", "0.5.23")


async def test_the_window_of_llamacpp_is_that_of_one_slot(http: Http) -> None:
    model = Served("/models/A.X-4.0-Light-Q4_K_M.gguf", 8_192)

    assert await probed(http, llamacpp()) == Server("URL", "llamacpp", "b9992-00dc8057", (model,))


async def test_without_props_the_list_of_llamacpp_tells_the_window(http: Http) -> None:
    routes = dict(llamacpp(slot=0))

    found = await probed(http, routes)

    assert found
    assert [one.context_tokens for one in found.models] == [16_384]


async def test_a_llamacpp_that_reads_its_weights_is_loading(http: Http) -> None:
    assert await probed(http, llamacpp_loading()) == Server("URL", "llamacpp", loading=True)


async def test_a_llamacpp_that_lists_while_it_loads_is_loading(http: Http) -> None:
    entry = {"id": "m.gguf", "object": "model", "owned_by": "llamacpp", "meta": None}
    routes = {"/v1/models": listing(entry), **llamacpp_loading()}

    assert await probed(http, routes) == Server("URL", "llamacpp", models=(Served("m.gguf"),), loading=True)


async def test_a_router_of_llamacpp_puts_models_in_memory_first(http: Http) -> None:
    states = {"a": "unloaded", "b": "loaded"}
    entries = [{"id": name, "owned_by": "llamacpp", "status": {"value": state}} for name, state in states.items()]
    props = {"role": "router", "default_generation_settings": {"n_ctx": 0, "params": {}}}

    found = await probed(http, {"/v1/models": listing(*entries), "/props": (200, props)})

    assert found == Server("URL", "llamacpp", models=(Served("b"), Served("a")))


async def test_the_window_of_ollama_is_that_of_the_model_in_memory(http: Http) -> None:
    loaded = await probed(http, ollama("llama3.2:latest", "qwen3:8b", running={"qwen3:8b": 4_096}))
    unloaded = await probed(http, ollama("qwen3:8b"))

    assert loaded == Server("URL", "ollama", "0.12.6", (Served("qwen3:8b", 4_096), Served("llama3.2:latest")))
    assert unloaded == Server("URL", "ollama", "0.12.6", (Served("qwen3:8b"),))


async def test_lm_studio_names_what_chats_and_what_is_in_memory(http: Http) -> None:
    loaded = await probed(http, lmstudio())
    unloaded = await probed(http, lmstudio(window=None))

    assert loaded == Server("URL", "lmstudio", models=(Served("qwen/qwen3-4b", 4_096), Served("google/gemma-3")))
    assert unloaded == Server("URL", "lmstudio", models=(Served("google/gemma-3"), Served("qwen/qwen3-4b")))


async def test_an_engine_behind_a_gateway_is_known_by_its_list(http: Http) -> None:
    only_the_list = {"/v1/models": vllm()["/v1/models"]}

    found = await probed(http, only_the_list)

    assert found
    assert (found.kind, found.version, found.models[0].context_tokens) == ("vllm", None, 16_384)


@pytest.mark.parametrize("owner", ["vllm", "sglang", "llamacpp", "library", "organization_owner", None, 3])
async def test_a_server_that_answers_every_path_alike_is_plain(http: Http, owner: object) -> None:
    same = listing({"id": "m", "object": "model", "owned_by": owner, "state": "loaded"})

    assert await probed(http, {"*": same}) == Server("URL", models=(Served("m"),))


async def test_a_server_that_fits_several_engines_is_plain(http: Http) -> None:
    everything: dict[str, Any] = {
        "version": "1",
        "model_path": "m",
        "default_generation_settings": {"n_ctx": 5_000},
        "models": [],
        "data": [{"id": "m", "state": "loaded", "loaded_context_length": 9_000}],
    }

    assert await probed(http, {"*": (200, everything)}) == Server("URL", models=(Served("m"),))


@pytest.mark.parametrize("said", ["<!doctype html><title>앱</title>", "", "null", "[]", "3", '{"data": 3}', "\ufeff{}"])
async def test_an_answer_that_is_no_list_of_models_is_odd(http: Http, said: str) -> None:
    with serving({"*": (200, said)}) as running:
        found = await probe(http, running.url)

        assert found == Server(running.url, fault="odd")
        assert running.paths == ["/v1/models"]


@pytest.mark.parametrize(
    ("status", "fault"),
    [(401, "key"), (403, "key"), (404, "missing"), (405, "missing"), (301, "odd"), (307, "odd"), (500, "error")],
)
async def test_a_server_that_lists_nothing_is_plain_and_asked_nothing_more(
    http: Http, status: int, fault: Fault
) -> None:
    with serving({"*": (status, {"error": "no"})}) as running:
        found = await probe(http, running.url)

        assert found == Server(running.url, fault=fault)
        assert running.paths == ["/v1/models"]


async def test_an_empty_list_is_no_list(http: Http) -> None:
    assert await probed(http, {"/v1/models": listing()}) == Server("URL", fault="missing")


async def test_a_gateway_without_a_server_behind_it_is_not_loading(http: Http) -> None:
    assert await probed(http, {"*": (503, "<h1>503 Service Unavailable</h1>")}) == Server("URL", fault="error")


async def test_nobody_is_nothing(http: Http) -> None:
    assert await probe(http, NOBODY) is None
    assert await listed(http, NOBODY) is None
    assert await probe(http, "http://a..b/v1") is None


async def test_a_hosted_service_is_asked_for_its_list_only(http: Http) -> None:
    entry = {"id": "gpt", "owned_by": "vllm", "context_length": 128_000}
    with serving({"/v1/models": listing(entry), "*": (200, {"version": "1"})}) as running:
        found = await listed(http, running.url, "secret")

        assert found == Server(running.url, models=(Served("gpt", 128_000),))
        assert running.paths == ["/v1/models"]
        assert running.keys == ["Bearer secret"]


async def test_an_address_without_a_path_is_meant_with_v1(http: Http) -> None:
    bare = {path.removeprefix("/v1"): route for path, route in vllm().items()}
    with serving(vllm()) as usual, serving(bare) as unusual:
        found = await probe(http, f"{usual.root}/")
        other = await probe(http, unusual.root)

        assert found
        assert other
        assert (found.url, found.kind, found.version) == (usual.url, "vllm", "0.33.0")
        assert (other.url, other.kind) == (unusual.root, "vllm")


async def test_an_engine_that_does_not_name_itself_is_known_by_its_metrics(http: Http) -> None:
    renamed = {**vllm(), "/v1/models": listing({"id": "m", "owned_by": "team", "max_model_len": 4_096})}
    many_a_program = {path: renamed[path] for path in ("/v1/models", "/version")}

    found = await probed(http, renamed)
    other = await probed(http, many_a_program)

    assert found == Server("URL", "vllm", "0.33.0", (Served("m", 4_096),))
    assert other == Server("URL", models=(Served("m", 4_096),))


async def test_entries_of_odd_types_cost_only_themselves(http: Http) -> None:
    odd = [None, 3, {"id": 3}, {"id": ""}, {"id": "a", "max_model_len": "8192", "root": 3, "meta": [1]}, {"id": "b"}]
    windows = [{"id": "c", "max_model_len": -1}, {"id": "d", "max_model_len": True}, {"id": "e", "max_model_len": 2048}]

    found = await probed(http, {"/v1/models": listing(*odd, *windows)})

    assert found
    assert found.models == (Served("a"), Served("b"), Served("c"), Served("d"), Served("e", 2_048))


@pytest.mark.parametrize(
    "speech",
    [
        silence,
        flood,
        drip,
        saying(b""),
        saying(b"\x15\x03\x01\x00\x02\x02\x28"),
        saying(b"SSH-2.0-OpenSSH_9.2\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"0" * (1 << 24))),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        saying(b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n"),
        saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 500_000),
        saying(b"HTTP/1.1 200 OK\r\n\r\n" + b'{"data":' * 20_000),
    ],
)
async def test_whatever_listens_the_probe_ends_and_finds_no_models(http: Http, speech: Any) -> None:
    with speaking(speech) as running:
        found = await probe(http, running.url, seconds=0.4)

        assert found
        assert found.fault in ("silent", "odd")
        assert found.models == ()


async def test_more_than_the_limit_is_not_read(http: Http) -> None:
    with serving({"/long": (200, b"0" * 1_000)}) as running:
        whole = await http.ask(f"{running.root}/long", 1, limit=1_000)
        cut = await http.ask(f"{running.root}/long", 1, limit=999)

        assert whole
        assert cut
        assert (whole.status, len(whole.body)) == (200, 1_000)
        assert (cut.status, cut.body) == (0, b"")


async def test_an_endpoint_that_fails_costs_the_version_only(http: Http) -> None:
    found = await probed(http, {**vllm(), "/version": (500, "oops")})

    assert found
    assert (found.kind, found.version, len(found.models)) == ("vllm", None, 1)


TOLD = ["version", "models", "name", "state", "type", "status", "value", "error", "default_generation_settings"]
LISTED = ["data", "id", "owned_by", "meta", "n_ctx", "max_model_len", "root", "context_length", "model_path"]
NAMES = st.sampled_from([*TOLD, *LISTED])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
LEAVES |= st.sampled_from(["vllm", "sglang", "llamacpp", "loaded", "unavailable_error", "loading", 4_096, "\ud800"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=12
)
ENTRIES = st.lists(st.dictionaries(NAMES, VALUES, max_size=5).map(lambda one: {"id": "m"} | one), max_size=3)
BODIES = st.binary(max_size=40) | VALUES.map(json.dumps).map(str.encode)
STATUSES = st.sampled_from([200, 200, 200, 204, 301, 400, 401, 404, 500, 503])
PATHS = ["/props", "/health", "/server_info", "/version", "/metrics", "/api/version", "/api/ps", "/api/v0/models"]


@pytest.fixture(scope="module")
def answering() -> Iterator[FakeServer]:
    with serving({}) as running:
        yield running


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    models=st.tuples(STATUSES, BODIES | ENTRIES.map(lambda found: json.dumps({"data": found}).encode())),
    others=st.dictionaries(st.sampled_from(PATHS), st.tuples(STATUSES, BODIES)),
)
async def test_no_answer_makes_the_probe_fail(answering: FakeServer, models: Any, others: Any) -> None:
    answering.routes = {"/v1/models": models, **others}

    async with client(answering.url) as http:
        found = await probe(http, answering.url)

    assert found
    assert bool(found.models) + bool(found.fault) + found.loading >= 1
    assert all(one.context_tokens is None or one.context_tokens > 0 for one in found.models)
