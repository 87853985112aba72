"""How busy a model server is: KV cache in use, prefix cache hits, requests running and waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from agent.contract import EngineStatus
from agent.model.servers.contract import Kind, Server
from agent.model.servers.engines import loaded_windows
from agent.model.servers.fetch import Answer, Http
from agent.model.servers.listing import whole
from agent.model.servers.prometheus import Metrics

_SECONDS = 2.0
_LIMIT = 8 << 20
"""Bytes of an answer: a scrape, or slots with the prompts in them."""
Figures = dict[str, Any]
"""Fields of `EngineStatus`."""


async def status(http: Http, server: Server, served_name: str, context_tokens: int) -> EngineStatus:
    """What the server tells of itself now. Never raises; what it does not tell stays None.

    Sources: `/metrics` of vLLM, SGLang and, if it was started with `--metrics`, llama.cpp; `/slots` and `/props` of
    llama.cpp; `/api/ps` of Ollama.
    """
    reader = _READERS.get(server.kind)
    figures = await reader(http, server, served_name) if reader else {}
    window = figures.pop("window", None)
    return EngineStatus(
        engine=server.kind,
        version=server.version,
        model=served_name,
        url=server.url,
        # A server started anew may have a smaller one.
        context_tokens=min(context_tokens, window or context_tokens),
        **figures,
    )


async def _vllm(http: Http, server: Server, _: str) -> Figures:
    metrics = _metrics(await _get(http, server, "/metrics"))
    return {
        "kv_usage": _share(metrics.highest("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc")),
        "prefix_queries": metrics.total("vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"),
        "prefix_hits": metrics.total("vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"),
        "running": metrics.load("vllm:num_requests_running"),
        "waiting": metrics.load("vllm:num_requests_waiting"),
    }


async def _sglang(http: Http, server: Server, _: str) -> Figures:
    metrics = _metrics(await _get(http, server, "/metrics"))
    return {
        "kv_usage": _share(metrics.highest("sglang:token_usage")),
        "prefix_queries": metrics.total("sglang:prompt_tokens_total"),
        "prefix_hits": metrics.total("sglang:cached_tokens_total"),
        "running": metrics.load("sglang:num_running_reqs"),
        "waiting": metrics.load("sglang:num_queue_reqs"),
    }


async def _llamacpp(http: Http, server: Server, served_name: str) -> Figures:
    # A router wants to know which of its servers is meant, and would start it if it were not told otherwise.
    which = f"?model={quote(served_name, safe='')}&autoload=false"
    paths = (f"/slots{which}", f"/props{which}", f"/metrics{which}")
    slots, props, scraped = await asyncio.gather(*(_get(http, server, path) for path in paths))
    metrics, settings = _metrics(scraped), props.object.get("default_generation_settings")
    read, reused = metrics.total("llamacpp:prompt_tokens_total"), metrics.total("llamacpp:prompt_tokens_cached_total")
    return {
        "kv_usage": _share(metrics.highest("llamacpp:kv_cache_usage_ratio")),
        # The first name counts only what had to be read.
        "prefix_queries": None if read is None or reused is None else read + reused,
        "prefix_hits": reused,
        "running": _working(slots, metrics),
        "waiting": metrics.load("llamacpp:requests_deferred"),
        "window": whole(settings.get("n_ctx")) if isinstance(settings, dict) else None,
    }


def _working(slots: Answer, metrics: Metrics) -> int | None:
    found = slots.json if slots.status == 200 else None
    if not isinstance(found, list) or not all(isinstance(one, dict) and "is_processing" in one for one in found):
        return metrics.load("llamacpp:requests_processing")
    return sum(one["is_processing"] is True for one in found)


async def _ollama(http: Http, server: Server, served_name: str) -> Figures:
    running = (await _get(http, server, "/api/ps")).object.get("models")
    return {"window": loaded_windows(running).get(served_name)} if isinstance(running, list) else {}


async def _get(http: Http, server: Server, path: str) -> Answer:
    return await http.ask(f"{server.root}{path}", _SECONDS, limit=_LIMIT) or Answer()


def _metrics(answer: Answer) -> Metrics:
    return Metrics(answer.body.decode(errors="replace") if answer.status == 200 else "")


def _share(value: float | None) -> float | None:
    return value if value is not None and 0 <= value <= 1 else None


_READERS: dict[Kind, Callable[[Http, Server, str], Awaitable[Figures]]] = {
    "vllm": _vllm,
    "sglang": _sglang,
    "llamacpp": _llamacpp,
    "ollama": _ollama,
}
