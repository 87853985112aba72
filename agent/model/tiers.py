"""Several places that serve one model, in order of preference: health, back-off, and what may leave for which."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from agent.contract import EngineStatus
from agent.errors import ContextOverflow, ModelFailed, ModelUnavailable
from agent.josa import josa
from agent.model.breaker import Breaker
from agent.model.contract import ChatModel, ChatRequest, Crossing, Delta, Reasoning, Remark, Restarted, Text
from agent.model.masked import MaskedExchange
from agent.settings import Endpoint


@dataclass
class Tier:
    """One endpoint with its client."""

    endpoint: Endpoint
    model: ChatModel
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def shown(self) -> str:
        """What the user sees."""
        return self.endpoint.name or urlsplit(self.endpoint.url).hostname or self.endpoint.url


class Tiered:
    """`ChatModel` over the first endpoint that answers. A private request goes to the first one only."""

    def __init__(self, tiers: Sequence[Tier]) -> None:
        self._tiers = tiers
        self._current = tiers[0]

    @property
    def name(self) -> str:
        return self._current.model.name

    @property
    def context_tokens(self) -> int:
        return self._current.model.context_tokens

    @property
    def recalls_reasoning(self) -> bool:
        return self._current.model.recalls_reasoning

    async def count(self, request: ChatRequest) -> int | None:
        # What is counted would have to be masked too, and only the user's own server is asked beforehand.
        return None if self._current.endpoint.masked else await self._current.model.count(request)

    async def status(self) -> EngineStatus:
        return await self._current.model.status()

    async def close(self) -> None:
        for tier in self._tiers:
            await tier.model.close()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `ChatModel.stream`."""
        given = False
        last: ModelUnavailable | ModelFailed | None = None
        for tier in self._candidates(request):
            if last is not None:
                yield Remark(text=f"{last} {josa(tier.shown, '으로/로')} 넘어갑니다.")
            if given:
                yield Restarted()
            try:
                async with aclosing(self._through(tier, request)) as deltas:
                    async for delta in deltas:
                        given = given or isinstance(delta, Text | Reasoning)
                        yield delta
            except ContextOverflow:
                raise
            except (ModelUnavailable, ModelFailed) as error:
                tier.breaker.failed()
                last = error
                continue
            tier.breaker.succeeded()
            return
        raise self._given_up(request, last)

    def _candidates(self, request: ChatRequest) -> Iterator[Tier]:
        """Those whose breaker lets requests through; if that is none, the first all the same."""
        open_to_it = self._tiers[:1] if request.private else self._tiers
        ready = [tier for tier in open_to_it if tier.breaker.closed]
        yield from ready or open_to_it[:1]

    async def _through(self, tier: Tier, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        self._current = tier
        exchange = MaskedExchange() if tier.endpoint.masked else None
        sent = await exchange.outgoing(request) if exchange else request
        if tier.endpoint.place != "own":
            size = len(sent.model_dump_json().encode())
            counts = exchange.counts if exchange else {}
            yield Crossing(endpoint=tier.shown, place=tier.endpoint.place, masked=counts, size=size)
        async with aclosing(tier.model.stream(sent)) as deltas:
            async for delta in deltas:
                if exchange is None:
                    yield delta
                    continue
                for shown in exchange.incoming(delta):
                    yield shown

    def _given_up(self, request: ChatRequest, last: ModelUnavailable | ModelFailed | None) -> Exception:
        if last is None or not request.private or len(self._tiers) == 1:
            return last or ModelUnavailable("쓸 수 있는 모델 서버가 없습니다.", hint="modu doctor 로 확인하세요.")
        return type(last)(f"{last} 비공개 요청이라 다른 서버로 보내지 않았습니다.", hint=last.hint)
