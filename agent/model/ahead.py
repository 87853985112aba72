"""A request that is asked of the model before anybody reads the answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from agent.contract import EngineStatus
from agent.model.contract import ChatModel, ChatRequest, Crossing, Delta


class Ahead:
    """`ChatModel` for one turn, whose first request is on its way from now on. `let_go` must be called in the end.

    The answer goes to the first `stream`, if that asks for the same; else it is given up before anything else is sent.
    """

    def __init__(self, model: ChatModel, request: ChatRequest) -> None:
        self._model = model
        self._request = request
        self._begun: _Begun | None = _Begun(model.stream(request))

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def context_tokens(self) -> int:
        return self._model.context_tokens

    @property
    def recalls_reasoning(self) -> bool:
        return self._model.recalls_reasoning

    async def count(self, request: ChatRequest) -> int | None:
        return await self._model.count(request)

    async def status(self) -> EngineStatus:
        return await self._model.status()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `ChatModel.stream`."""
        begun, self._begun = self._begun, None
        if begun and request != self._request:
            await begun.close()
            begun = None
        async with aclosing(begun.deltas() if begun else self._model.stream(request)) as deltas:
            async for delta in deltas:
                yield delta

    async def let_go(self) -> None:
        """Close the connection of what nobody has asked for."""
        begun, self._begun = self._begun, None
        if begun:
            await begun.close()

    async def close(self) -> None:
        await self.let_go()
        await self._model.close()


class _Begun:
    """A stream, iterated and closed in a task of its own, since a connection must not change its task."""

    def __init__(self, source: AsyncGenerator[Delta, None]) -> None:
        self._come: asyncio.Queue[Delta | None] = asyncio.Queue()
        """None: that was all, or the stream has failed."""
        self._asked = asyncio.Event()
        """Everything that has come was taken, and more is asked for."""
        self._task = asyncio.create_task(self._pull(source), name="asked ahead")

    async def deltas(self) -> AsyncGenerator[Delta, None]:
        """For one reader. Raises what the stream raises."""
        try:
            while (delta := await self._next()) is not None:
                yield delta
            await self._task
        finally:
            await self.close()

    async def close(self) -> None:
        """Returns once the connection is closed. What the stream raised is of no interest any more."""
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.exception()

    async def _next(self) -> Delta | None:
        if self._come.empty():
            self._asked.set()
        return await self._come.get()

    async def _pull(self, source: AsyncGenerator[Delta, None]) -> None:
        try:
            async with aclosing(source) as deltas:
                async for delta in deltas:
                    self._come.put_nowait(delta)
                    if isinstance(delta, Crossing):
                        # The request leaves when the next delta is asked for, and this one must be written down before.
                        self._asked.clear()
                        await self._asked.wait()
        finally:
            self._come.put_nowait(None)
