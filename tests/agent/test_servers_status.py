"""How busy a model server is, read off its own figures."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract import EngineStatus
from agent.model.servers.advice import load
from agent.model.servers.contract import Kind, Server
from agent.model.servers.fetch import Http, client
from agent.model.servers.prometheus import Metrics
from agent.model.servers.status import status
from tests.fake_servers import RECORDED, Routes, llamacpp, ollama, recorded, serving, sglang, vllm

NOBODY = "http://127.0.0.1:9/v1"
SGLANG_METRICS = """\
sglang:num_running_reqs{engine_type="unified",model_name="m",tp_rank="0",dp_rank="0"} 3.0
sglang:num_running_reqs{engine_type="unified",model_name="m",tp_rank="1",dp_rank="0"} 3.0
sglang:num_running_reqs{engine_type="unified",model_name="m",tp_rank="0",dp_rank="1"} 1.0
sglang:num_queue_reqs{model_name="m",tp_rank="0",dp_rank="0"} 0.0
sglang:token_usage{model_name="m",tp_rank="0",dp_rank="0"} 0.28
sglang:token_usage{model_name="m",tp_rank="0",dp_rank="1"} 0.5
sglang:cache_hit_rate{model_name="m",tp_rank="0"} 0.9
sglang:prompt_tokens_total{is_streaming="true",model_name="m"} 4000.0
sglang:prompt_tokens_total{is_streaming="false",model_name="m"} 96.0
sglang:cached_tokens_total{cache_source="device",model_name="m"} 3000.0
sglang:cached_tokens_total{cache_source="host",model_name="m"} 168.0
"""


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with client(NOBODY) as opened:
        yield opened


async def told(http: Http, kind: Kind, routes: Routes, window: int = 9_000) -> dict[str, Any]:
    """The figures that the server tells, without those that are known beforehand."""
    with serving(routes) as running:
        found = await status(http, Server(running.url, kind, "1"), "qwen3:8b", window)
        assert (found.engine, found.version, found.model, found.url) == (kind, "1", "qwen3:8b", running.url)
    figures = found.model_dump(exclude_none=True, exclude={"engine", "version", "model", "url"})
    return {name: value for name, value in figures.items() if (name, value) != ("context_tokens", window)}


async def test_vllm_tells_cache_hits_and_queue(http: Http) -> None:
    assert await told(http, "vllm", vllm()) == {
        "kv_usage": 0.125,
        "prefix_queries": 1_000,
        "prefix_hits": 850,
        "running": 2,
        "waiting": 1,
    }


async def test_real_figures_are_understood(http: Http) -> None:
    busy = {**recorded("vllm"), "/metrics": (200, (RECORDED / "vllm" / "metrics_busy.txt").read_bytes())}

    found = await told(http, "vllm", busy)
    llama = await told(http, "llamacpp", recorded("llamacpp"))

    assert 0 < found["kv_usage"] < 1
    assert 0 < found["prefix_hits"] < found["prefix_queries"]
    assert (found["running"], found["waiting"]) == (1, 0)
    assert 0 < llama["prefix_hits"] < llama["prefix_queries"]
    assert (llama["context_tokens"], llama["running"], llama["waiting"]) == (2_048, 0, 0)


async def test_the_engines_of_one_vllm_are_added_and_the_fullest_cache_counts(http: Http) -> None:
    metrics = "".join(
        f'vllm:{name}{{engine="{engine}",model_name="m"}} {value}\n'
        for engine in (0, 1)
        for name, value in (("num_requests_running", 2 + engine), ("kv_cache_usage_perc", 0.25 * (engine + 1)))
    )

    assert await told(http, "vllm", vllm(metrics=metrics)) == {"kv_usage": 0.5, "running": 5}


async def test_names_of_older_versions_count_too(http: Http) -> None:
    metrics = (
        "vllm:gpu_cache_usage_perc 0.5\nvllm:gpu_prefix_cache_queries_total 10\nvllm:gpu_prefix_cache_hits_total 0\n"
    )

    found = await told(http, "vllm", vllm(metrics=metrics))

    assert found == {"kv_usage": 0.5, "prefix_queries": 10, "prefix_hits": 0}


async def test_ranks_of_one_sglang_replica_are_counted_once(http: Http) -> None:
    routes: Routes = {**sglang(), "/metrics": (200, SGLANG_METRICS)}

    assert await told(http, "sglang", routes) == {
        "kv_usage": 0.5,
        "prefix_queries": 4_096,
        "prefix_hits": 3_168,
        "running": 4,
        "waiting": 0,
    }


async def test_without_metrics_sglang_tells_nothing(http: Http) -> None:
    assert await told(http, "sglang", sglang()) == {}


async def test_llamacpp_tells_its_slots_and_a_smaller_window(http: Http) -> None:
    scraped = "llamacpp:requests_processing 1\nllamacpp:requests_deferred 4\n"

    plain = await told(http, "llamacpp", llamacpp())
    with_metrics = await told(http, "llamacpp", {**llamacpp(), "/metrics": (200, scraped), "/slots": (501, {})})

    assert plain == {"context_tokens": 8_192, "running": 1}
    assert with_metrics == {"context_tokens": 8_192, "running": 1, "waiting": 4}


async def test_llamacpp_is_told_which_model_is_meant(http: Http) -> None:
    with serving(llamacpp()) as running:
        await status(http, Server(running.url, "llamacpp"), "a b/c", 9_000)

        query = "?model=a%20b%2Fc&autoload=false"
        assert running.paths == [f"/metrics{query}", f"/props{query}", f"/slots{query}"]


async def test_ollama_tells_the_window_the_model_was_loaded_with(http: Http) -> None:
    assert await told(http, "ollama", ollama(running={"qwen3:8b": 4_096})) == {"context_tokens": 4_096}
    assert await told(http, "ollama", ollama(running={"other": 4_096})) == {}
    assert await told(http, "ollama", ollama(running={"qwen3:8b": 32_768})) == {}


@pytest.mark.parametrize("kind", ["vllm", "sglang", "llamacpp", "ollama", "lmstudio", "openai"])
@pytest.mark.parametrize("answer", [(200, "<html>"), (200, "[3]"), (200, "{}"), (500, ""), (200, b"\xff\x00")])
async def test_what_is_not_told_is_unknown_and_never_zero(http: Http, kind: Kind, answer: Any) -> None:
    assert await told(http, kind, {"*": answer}) == {}


async def test_nobody_tells_nothing(http: Http) -> None:
    server = Server(NOBODY, "vllm")

    assert await status(http, server, "m", 5) == EngineStatus(engine="vllm", model="m", url=NOBODY, context_tokens=5)


def test_labels_may_hold_anything() -> None:
    scrape = Metrics('a{x="}",y="\\"} 7"} 3 1700000000\nb{le="1"} 3 # {trace="x"} 9\nc NaN\nd +Inf\ne{} 2\nf{x="1" 8\n')

    assert [scrape.total(name) for name in "abcdef"] == [3, 3, None, None, 2, None]


@given(st.text(st.sampled_from('vl:m{}"\\=,# \n0.5eNa+')))
def test_no_scrape_fails(scrape: str) -> None:
    metrics = Metrics(scrape)

    assert metrics.total("vllm:none") is None
    assert metrics.highest("m") == metrics.highest("none", "m")


def test_the_load_is_one_line_of_what_is_known() -> None:
    idle = EngineStatus(engine="vllm", model="m", url=NOBODY, context_tokens=5)
    busy = idle.model_copy(
        update={"kv_usage": 0.125, "prefix_queries": 1_000, "prefix_hits": 850, "running": 2, "waiting": 0}
    )

    assert load(idle) == ""
    assert load(busy) == "KV 12% · 접두사 적중 85% · 실행 2 · 대기 0"
    assert load(busy.model_copy(update={"prefix_hits": 0, "kv_usage": None})) == "접두사 적중 0% · 실행 2 · 대기 0"
    assert load(idle.model_copy(update={"prefix_queries": 0, "prefix_hits": 0})) == ""
