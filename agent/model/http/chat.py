"""`ChatModel` over any OpenAI-compatible server, by the `openai` package."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI, AsyncStream

from agent.contract import EngineStatus
from agent.errors import ContextOverflow
from agent.model.contract import ChatRequest, Delta, Reasoning, Remark, Text
from agent.model.http import refusals
from agent.model.http.body import conversation
from agent.model.http.continuity import Continuity
from agent.model.http.faults import FAULTS, Stalled, ThoughtTooLong, is_overflow, raw_message, understood
from agent.model.http.memory import ServerMemory
from agent.model.http.options import budget, options, thinking
from agent.model.http.recovery import Again, Patience, Recovery
from agent.model.reading.reply import Reply
from agent.model.servers.contract import Server
from agent.settings import Profile

if TYPE_CHECKING:
    import httpx

_GRACE = 2.0
"""Seconds that the token counts may come after the end of the answer."""
_SHRUNK = 0.75
"""What is left of the window in our eyes when a server finds a request too long and does not say its limit."""
_ESSENTIAL = frozenset({"stream"})
_BUDGET_SLACK = 1.25
"""Deltas of reasoning are not exactly tokens."""


class OpenAIChat:
    """One served model at one base URL."""

    def __init__(
        self,
        client: AsyncOpenAI,
        server: Server,
        served_name: str,
        profile: Profile,
        context_tokens: int,
        memory: ServerMemory | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._client = client
        self._server = server
        self._served_name = served_name
        self._profile = profile
        self._context_tokens = context_tokens
        self._memory = memory or ServerMemory()
        self._patience = patience or Patience()
        self._plain: httpx.AsyncClient | None = None
        self._absent: set[str] = set()
        """Endpoints of the engine that this server turned out not to have."""

    @property
    def name(self) -> str:
        return self._served_name

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    async def close(self) -> None:
        await self._client.close()
        if self._plain:
            await self._plain.aclose()

    async def count(self, request: ChatRequest) -> int | None:
        from agent.model.servers.tokenizer import count

        template = thinking(request.thinking, self._profile, self._server)
        talk = conversation(request, self._profile, self._refused) | template
        return await count(self._http(), self._server, self._served_name, talk, self._absent)

    async def status(self) -> EngineStatus:
        from agent.model.servers.status import status

        return await status(self._http(), self._server, self._served_name, self._context_tokens)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `ChatModel.stream`."""
        recovery, continuity = Recovery(self._patience, self._server.url), Continuity()
        fields: Mapping[str, Any] = {}
        while True:
            body = self._body(request, fields)
            try:
                async with aclosing(self._attempt(request, body, recovery.stall)) as found:
                    async for delta in found:
                        for shown in continuity.take(delta):
                            yield shown
                return
            except FAULTS as error:
                again = self._next(error, request, body, recovery)
            if again.remark:
                yield Remark(text=again.remark)
            await asyncio.sleep(again.delay)
            continuity.again()
            fields = again.fields
            if again.without_thinking:
                request = request.model_copy(update={"thinking": "off"})

    def _next(self, error: Exception, request: ChatRequest, body: dict[str, Any], recovery: Recovery) -> Again:
        """Raises what ends the reply."""
        if is_overflow(error):
            raise self._overflow(error) from error
        fault = understood(error, self._client.api_key)
        if fault.status in _FOR_THE_REQUEST and (named := self._to_leave_out(error, request, body)):
            self._memory.refuse(self._key, named)
            return Again()
        try:
            return recovery.after(fault)
        except Exception as final:
            raise final from error

    def _to_leave_out(self, error: Exception, request: ChatRequest, body: dict[str, Any]) -> frozenset[str]:
        """What to try without: what the message names, else once everything that can be spared."""
        refused = self._refused
        named = refusals.refused_fields(
            raw_message(error),
            body.keys() - {"model", "messages", "tools"},
            has_tools="tools" in body,
            echoes_reasoning=any("reasoning" in message for message in body["messages"]),
        )
        if named - refused:
            return named
        spare = body.keys() - {"model", "messages", "tools", "response_format"} - _ESSENTIAL
        unexplained = getattr(error, "status_code", 0) in (400, 422)
        return frozenset(spare | {"reasoning"}) - refused if unexplained and spare else frozenset()

    def _overflow(self, error: Exception) -> ContextOverflow:
        limit = refusals.window(raw_message(error))
        self._context_tokens = min(limit or self._context_tokens, int(self._context_tokens * (1 if limit else _SHRUNK)))
        return ContextOverflow(
            f"요청이 모델의 문맥({self._context_tokens:,}토큰)보다 깁니다.",
            hint="서버를 더 긴 문맥으로 띄우거나 새 대화를 시작하세요.",
        )

    async def _attempt(self, request: ChatRequest, body: dict[str, Any], stall: float) -> AsyncGenerator[Delta, None]:
        answer = await self._open(body)
        try:
            reply = Reply(request, self._profile, answer.headers.get("content-type", ""))
            allowance = _Allowance(budget(request.thinking, self._profile))
            async with aclosing(self._pieces(answer, reply, stall)) as pieces:
                async for piece in pieces:
                    for delta in reply.feed(piece):
                        allowance.take(delta)
                        yield delta
            for delta in reply.finish():
                yield delta
        finally:
            await answer.aclose()

    async def _open(self, body: dict[str, Any]) -> httpx2.Response:
        # Not `chat.completions.create`, which writes the messages before the tools: what grows must come last.
        answer = await self._client.post(
            "/chat/completions", cast_to=httpx2.Response, body=body, stream=True, stream_cls=AsyncStream[Any]
        )
        # Asked for a plain response, the package hands it out unread.
        return cast(httpx2.Response, answer)

    async def _pieces(self, answer: httpx2.Response, reply: Reply, stall: float) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Comments that keep the line alive are no sign that the model is."""
        source = aiter(answer.aiter_bytes())
        heard, since = 0, time.monotonic()
        while not reply.ended:
            limit = _GRACE if reply.complete else stall if reply.payloads else self._patience.silence
            try:
                piece = await _within(since + limit - time.monotonic(), source)
            except (TimeoutError, httpx2.HTTPError, httpx2.StreamError) as error:
                if reply.complete:
                    return
                if isinstance(error, TimeoutError):
                    raise Stalled from error
                raise
            if piece is None:
                return
            yield piece
            if reply.payloads > heard:
                heard, since = reply.payloads, time.monotonic()

    def _body(self, request: ChatRequest, fields: Mapping[str, Any]) -> dict[str, Any]:
        refused = self._refused
        extra = {name: value for name, value in fields.items() if name not in refused}
        return {
            "model": self._served_name,
            **options(request, self._profile, self._server, refused),
            **extra,
            **conversation(request, self._profile, refused),
        }

    @property
    def _key(self) -> str:
        return f"{self._server.url} {self._served_name}"

    @property
    def _refused(self) -> frozenset[str]:
        return self._memory.refused(self._key)

    def _http(self) -> "httpx.AsyncClient":
        if self._plain is None:
            from agent.model.servers.fetch import client

            self._plain = client(self._server.url, self._client.api_key)
        return self._plain


class _Allowance:
    """Counts thinking for servers that do not."""

    def __init__(self, tokens: int | None) -> None:
        self._left = None if tokens is None else tokens * _BUDGET_SLACK

    def take(self, delta: Delta) -> None:
        """Raises `ThoughtTooLong`."""
        match delta:
            case Reasoning() if self._left is not None:
                self._left -= 1
                if self._left < 0:
                    raise ThoughtTooLong
            case Text():
                self._left = None


async def _within(seconds: float, source: AsyncIterator[bytes]) -> bytes | None:
    """The next piece, None at the end. Raises `TimeoutError`."""
    async with asyncio.timeout(max(0.0, seconds)):
        return await anext(source, None)


_FOR_THE_REQUEST = frozenset({400, 404, 405, 415, 422, 500, 501})
"""Statuses that may be about a field of the request."""
