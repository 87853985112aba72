"""How many tokens a request is, by the tokenizer of the server that will answer it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agent.model.servers.contract import Kind, Server
from agent.model.servers.fetch import Answer, Http
from agent.model.servers.listing import whole

Json = Mapping[str, Any]

_SECONDS = 5.0
_LIMIT = 16 << 20
"""Bytes of an answer: the ids of 262,144 tokens are 2 MB."""
_ABSENT = frozenset({404, 405, 501})
_COUNTED = ("messages", "tools", "chat_template_kwargs")
"""What of a request the prompt is made of."""


async def count(
    http: Http,
    server: Server,
    served_name: str,
    body: Json,
    absent: set[str] | None = None,
    seconds: float = _SECONDS,
) -> int | None:
    """Prompt tokens of a request; None if the server has no tokenizer to ask or does not answer in time.

    Args:
        http: sends the server's key with every request.
        body: `messages`, `tools` and `chat_template_kwargs` as they would be sent; other keys are left out.
        absent: what this server was found not to have; kept by the caller from one call to the next.
        seconds: for all that has to be asked.
    """
    counter = _COUNTERS.get(server.kind)
    if counter is None:
        return None
    asked = {key: body[key] for key in _COUNTED if key in body}
    asking = _Asking(http, server, served_name, set() if absent is None else absent)
    try:
        async with asyncio.timeout(seconds):
            return await counter(asking, asked)
    except TimeoutError:
        return None


class _Asking:
    """The tokenizer endpoints of one server, without those it does not have."""

    def __init__(self, http: Http, server: Server, served_name: str, absent: set[str]) -> None:
        self._http, self._server, self.served_name, self._absent = http, server, served_name, absent

    async def post(self, path: str, body: Json) -> Answer:
        url = f"{self._server.root}{path}"
        if url in self._absent:
            return Answer(404)
        answer = await self._http.ask(url, _SECONDS, body={"model": self.served_name, **body}, limit=_LIMIT)
        if answer and answer.status in _ABSENT:
            self.forget(path)
        return answer or Answer()

    def forget(self, path: str) -> None:
        """It is not there, or cannot do what is asked of it."""
        self._absent.add(f"{self._server.root}{path}")


async def _vllm(asking: _Asking, body: Json) -> int | None:
    answer = await asking.post("/tokenize", {**body, "add_generation_prompt": True})
    return whole(answer.object.get("count"))


async def _sglang(asking: _Asking, body: Json) -> int | None:
    answer = await asking.post("/tokenize", body)
    if answer.status in (400, 422, 500) and b"prompt" in answer.body:
        # Versions that count a text only.
        asking.forget("/tokenize")
    return whole(answer.object.get("count"))


async def _llamacpp(asking: _Asking, body: Json) -> int | None:
    answer = await asking.post("/v1/chat/completions/input_tokens", body)
    if answer.status not in _ABSENT:
        return whole(answer.object.get("input_tokens"))
    prompt = (await asking.post("/apply-template", body)).object.get("prompt")
    if not isinstance(prompt, str):
        return None
    text = {"content": prompt, "add_special": True, "parse_special": True}
    tokens = (await asking.post("/tokenize", text)).object.get("tokens")
    return len(tokens) if isinstance(tokens, list) else None


_COUNTERS: dict[Kind, Callable[[_Asking, Json], Awaitable[int | None]]] = {
    "vllm": _vllm,
    "sglang": _sglang,
    "llamacpp": _llamacpp,
}
