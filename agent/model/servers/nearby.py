"""Model servers of this machine, found by the ports that engines listen on by default."""

import asyncio
from collections.abc import Sequence

from agent.model.servers.address import listens
from agent.model.servers.contract import Server

LOCAL_URLS = (
    "http://127.0.0.1:8000/v1",
    "http://127.0.0.1:30000/v1",
    "http://127.0.0.1:8080/v1",
    "http://127.0.0.1:9931/v1",
    "http://127.0.0.1:11434/v1",
    "http://127.0.0.1:1234/v1",
)
"""vLLM, SGLang, llama.cpp by its older and its newer default, Ollama, LM Studio."""
_CONNECT_SECONDS, _LIST_SECONDS = 0.25, 1.0


async def nearby(urls: Sequence[str] = LOCAL_URLS) -> list[Server]:
    """The model servers that answer, in the order of the addresses. A closed port costs next to nothing."""
    answers = await asyncio.gather(*(listens(url, _CONNECT_SECONDS) for url in urls))
    listening = [url for url, open_port in zip(urls, answers, strict=True) if open_port]
    if not listening:
        return []
    # Loaded only once a port is known to listen.
    from agent.model.servers.fetch import first_client
    from agent.model.servers.probe import probe

    async with first_client(listening[0]) as http:
        found = await asyncio.gather(*(probe(http, url, seconds=_LIST_SECONDS) for url in listening))
    # Anything may listen on these ports; only what lists models, or is about to, is a model server.
    return [server for server in found if server and (server.models or server.loading)]
