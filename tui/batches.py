"""Events as many at a time as have come, so that what was missed is drawn at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
_AHEAD = 1_024
"""So many are taken ahead of the drawing; then the sender has to wait."""
_PAUSE = 0.5
"""Seconds without an event after which no more are awaited for the first batch."""


async def batches(events: AsyncIterator[T], expected: int) -> AsyncGenerator[list[T], None]:
    """The first batch holds as many as are expected, if they come; it may be empty."""
    taken: list[T] = []
    news, room = asyncio.Event(), asyncio.Event()
    taking = asyncio.create_task(_take(events, taken, max(_AHEAD, expected), news, room))
    taking.add_done_callback(lambda _: news.set())
    try:
        with suppress(TimeoutError):
            while len(taken) < expected and not taking.done():
                news.clear()
                await asyncio.wait_for(news.wait(), _PAUSE)
        while True:
            batch = taken[:]
            taken.clear()
            room.set()
            news.clear()
            yield batch
            while not taken:
                if taking.done():
                    await taking
                    return
                await news.wait()
                news.clear()
    finally:
        taking.cancel()


async def _take(events: AsyncIterator[T], taken: list[T], limit: int, news: asyncio.Event, room: asyncio.Event) -> None:
    async for event in events:
        taken.append(event)
        news.set()
        while len(taken) >= limit:
            room.clear()
            await room.wait()
