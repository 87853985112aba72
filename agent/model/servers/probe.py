"""What a server at an address is: engine, version, models, the window they are really served with."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from agent.model.servers.contract import Served, Server
from agent.model.servers.engines import Answers, Told, paths, recognised
from agent.model.servers.fetch import Answer, Http, authorization
from agent.model.servers.listing import entries, is_llamacpp_loading, owner, plain

_LIST_SECONDS, _ASIDE_SECONDS = 3.0, 1.0
_OTHER_PATH = ("missing", "odd")
"""Faults that another path may cure."""


async def listed(http: Http, url: str, key: str = "none", seconds: float = _LIST_SECONDS) -> Server | None:
    """What one GET of the list tells; hosted services are asked nothing else. None: nobody is there."""
    answer = await _list(http, url.rstrip("/"), key, seconds)
    return plain(url.rstrip("/"), answer) if answer else None


async def probe(http: Http, url: str, key: str = "none", seconds: float = _LIST_SECONDS) -> Server | None:
    """What the list and the engine's own endpoints tell. None: nobody is there.

    The endpoints are those of vLLM, SGLang, llama.cpp, Ollama and LM Studio, asked side by side and only where the
    list is one of models. Takes at most `seconds` for a list and one second more.
    """
    server = None
    for address in _spellings(url.rstrip("/")):
        answer = await _list(http, address, key, seconds)
        if answer is None:
            return server
        server = plain(address, answer)
        if server.loading:
            return replace(server, kind="llamacpp" if is_llamacpp_loading(answer) else "openai")
        if server.models:
            return await _described(http, server, answer, key)
        if server.fault not in _OTHER_PATH:
            return server
    return server


def _spellings(url: str) -> tuple[str, ...]:
    """An address without a path is meant with `/v1`."""
    return (url,) if urlsplit(url).path else (f"{url}/v1", url)


async def _list(http: Http, url: str, key: str, seconds: float) -> Answer | None:
    return await http.ask(f"{url}/models", seconds, headers=authorization(key))


async def _described(http: Http, server: Server, answer: Answer, key: str) -> Server:
    named, models = owner(answer), entries(answer)
    asked = await _asked(http, server.root, paths(named), key)
    # What is said to every path says nothing about this one.
    answers = {path: Answer(one.status) if one.body == answer.body else one for path, one in asked.items()}
    kind, told = recognised(named, answers, models)
    return replace(server, kind=kind, version=told.version, models=_ordered(server.models, told), loading=told.loading)


async def _asked(http: Http, root: str, wanted: Sequence[str], key: str) -> Answers:
    asking = (http.ask(f"{root}{path}", _ASIDE_SECONDS, headers=authorization(key)) for path in wanted)
    return {path: answer or Answer() for path, answer in zip(wanted, await asyncio.gather(*asking), strict=True)}


def _ordered(models: tuple[Served, ...], told: Told) -> tuple[Served, ...]:
    """Those that chat, with their true windows, those in memory first."""
    known = [replace(one, context_tokens=told.windows.get(one.id, one.context_tokens)) for one in models]
    chatting = [one for one in known if one.id not in told.mute] or known
    return tuple(sorted(chatting, key=lambda one: one.id not in told.resident))
