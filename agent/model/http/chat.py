"""`ChatModel` over any OpenAI-compatible server, by the `openai` package."""

import asyncio
import importlib
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import httpx2
from openai import AsyncOpenAI, AsyncStream

from agent.contract import EngineStatus
from agent.errors import ContextOverflow, UserError
from agent.model.contract import ChatRequest, Delta, Reasoning, Remark, Text
from agent.model.http import refusals
from agent.model.http.body import conversation
from agent.model.http.continuity import Continuity
from agent.model.http.faults import FAULTS, Stalled, ThoughtTooLong, is_overflow, raw_message, understood
from agent.model.http.memory import ServerMemory
from agent.model.http.options import budget, options, thinking
from agent.model.http.recovery import Again, Patience, Recovery
from agent.model.servers.contract import Server
from agent.settings import Profile
from agent.transcript.compaction import tokens

if TYPE_CHECKING:
    from agent.model.reading.reply import Reply
    from agent.model.servers.fetch import Http

_LEAVING = 0.03
"""Seconds in which a request has left."""
_COMMENTS = 5
"""Times the silence that is borne, while only comments come."""
_GRACE = 2.0
"""Seconds that the token counts may come after the end of the answer."""
_SHRUNK = 0.9
"""Of a request that was too long: what the window is taken for when the server does not say its limit."""
_NEEDED = frozenset({"model", "messages", "tools"})
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
        self._plain: Http | None = None
        self._absent: set[str] = set()
        """Endpoints of the engine that this server turned out not to have."""

    @property
    def name(self) -> str:
        return self._served_name

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    @property
    def recalls_reasoning(self) -> bool:
        return self._profile.thinking.in_history and "reasoning" not in self._refused

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
        recovery, continuity, plan = Recovery(self._patience, self._server.url), Continuity(), _Plan()
        while True:
            body = self._body(request, plan)
            try:
                async with aclosing(self._attempt(request, body, recovery.stall)) as found:
                    async for delta in found:
                        for shown in continuity.take(delta):
                            yield shown
            except FAULTS as error:
                again, plan = self._next(error, request, body, plan, recovery)
            else:
                self._memory.refuse(self._key, plan.without)
                return
            if again.remark:
                yield Remark(text=again.remark)
            await asyncio.sleep(again.delay)
            if again.look_again:
                await self._look_again()
            if again.without_thinking:
                # What it thought so far was thought.
                continuity.keep()
                request = request.model_copy(update={"thinking": "off"})
            else:
                continuity.again()

    def _next(
        self, error: Exception, request: ChatRequest, body: dict[str, Any], plan: "_Plan", recovery: Recovery
    ) -> tuple[Again, "_Plan"]:
        """Raises what ends the reply."""
        if is_overflow(error, body):
            raise self._overflow(error, body) from error
        fault = understood(error, self._client.api_key)
        if fault.status in _FOR_THE_REQUEST:
            if named := self._named(error, body) - self._refused:
                self._memory.refuse(self._key, named)
                return Again(), plan
            if fault.status in _UNEXPLAINED and not plan.without and (spare := self._spare(body)):
                return Again(), _Plan(plan.fields, without=spare)
        try:
            again = recovery.after(fault)
        except UserError as final:
            raise final from error
        return again, _Plan(again.fields, plan.without)

    async def _look_again(self) -> None:
        """A server that was loading says only now which models it has, and with which window."""
        if not self._server.loading:
            return
        from agent.model.servers.probe import probe

        found = await probe(self._http(), self._server.url, self._client.api_key)
        if found is None or found.loading or not found.models:
            return
        served = found.served(self._served_name) or found.models[0]
        self._server, self._served_name = found, served.id
        self._context_tokens = min(self._context_tokens, served.context_tokens or self._context_tokens)

    def _named(self, error: Exception, body: dict[str, Any]) -> frozenset[str]:
        """What the server says it will not take."""
        return refusals.refused_fields(
            raw_message(error),
            body.keys() - _NEEDED,
            has_tools="tools" in body,
            echoes_reasoning=any("reasoning" in message for message in body["messages"]),
        )

    def _spare(self, body: dict[str, Any]) -> frozenset[str]:
        """All that can be left out, for a server that refuses and does not say what."""
        spare = body.keys() - _NEEDED - {"stream", "response_format"}
        return frozenset(spare | {"reasoning"}) if spare else frozenset()

    def _overflow(self, error: Exception, body: dict[str, Any]) -> ContextOverflow:
        # Without a figure, what was refused says that the window is smaller than that.
        sent = json.dumps([body.get("tools"), body["messages"]], ensure_ascii=False)
        limit = refusals.window(raw_message(error)) or int(tokens(sent) * _SHRUNK)
        self._context_tokens = min(self._context_tokens, limit)
        return ContextOverflow(
            f"요청이 모델의 문맥({self._context_tokens:,}토큰)보다 깁니다.",
            hint="서버를 더 긴 문맥으로 띄우거나, --server 로 도구를 줄이거나, 새 대화를 시작하세요.",
        )

    async def _attempt(self, request: ChatRequest, body: dict[str, Any], stall: float) -> AsyncGenerator[Delta, None]:
        # What reads the answer is loaded while the model thinks: the request leaves the earlier.
        loading = asyncio.get_running_loop().call_later(_LEAVING, _load_reader)
        try:
            answer = await self._open(body)
        finally:
            loading.cancel()
        try:
            from agent.model.reading.reply import Reply

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

    async def _pieces(self, answer: httpx2.Response, reply: "Reply", stall: float) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Comments that keep the line alive are a sign of life, but not for ever."""
        source = aiter(answer.aiter_bytes())
        heard, last, since = 0, time.monotonic(), time.monotonic()
        while not reply.ended:
            limit = _GRACE if reply.complete else stall if reply.payloads else self._patience.silence
            try:
                piece = await _within(min(last + limit, since + _COMMENTS * limit) - time.monotonic(), source)
            except (TimeoutError, httpx2.HTTPError, httpx2.StreamError) as error:
                if reply.complete:
                    return
                if isinstance(error, TimeoutError):
                    raise Stalled from error
                raise
            if piece is None:
                return
            yield piece
            last = time.monotonic()
            if reply.payloads > heard:
                heard, since = reply.payloads, last

    def _body(self, request: ChatRequest, plan: "_Plan") -> dict[str, Any]:
        refused = self._refused | plan.without
        extra = {name: value for name, value in plan.fields.items() if name not in refused}
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

    def _http(self) -> "Http":
        if self._plain is None:
            from agent.model.servers.fetch import client

            self._plain = client(self._server.url, self._client.api_key)
        return self._plain


@dataclass(frozen=True)
class _Plan:
    """How the next attempt differs from the request."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    """Left out to see whether that helps; remembered if it does."""


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


def _load_reader() -> None:
    asyncio.get_running_loop().run_in_executor(None, importlib.import_module, "agent.model.reading.reply")


async def _within(seconds: float, source: AsyncIterator[bytes]) -> bytes | None:
    """The next piece, None at the end. Raises `TimeoutError`."""
    async with asyncio.timeout(max(0.0, seconds)):
        return await anext(source, None)


_FOR_THE_REQUEST = frozenset({400, 404, 405, 415, 422, 500, 501})
"""Statuses that may be about a field of the request."""
_UNEXPLAINED = frozenset({400, 422})
"""Statuses that are about the request, even where no field is named."""
