"""A request that is asked before anybody reads the answer, over real HTTP."""

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest

from agent.contract import EngineStatus
from agent.errors import ModelFailed, ModelUnavailable, UserError
from agent.model.ahead import Ahead
from agent.model.choice import choose, connect
from agent.model.contract import ChatModel, ChatRequest, Crossing, Delta, Remark, Text, UserMessage
from agent.model.http.recovery import Patience
from agent.settings import Endpoint, Profile
from tests.agent.hubs import until
from tests.conftest import MakeSettings, Serve
from tests.scripted_model import Refusal, in_order, says

HELLO = ChatRequest(messages=(UserMessage(text="안녕"),))
OTHER = ChatRequest(messages=(UserMessage(text="다른 말"),))
NOBODY = "http://127.0.0.1:9/v1"


@asynccontextmanager
async def model_at(make_settings: MakeSettings, url: str) -> AsyncIterator[ChatModel]:
    choice = await choose(make_settings(model=None, base_url=url))
    try:
        yield choice.model
    finally:
        await choice.model.close()


async def all_of(model: ChatModel, request: ChatRequest = HELLO) -> list[Delta]:
    async with aclosing(model.stream(request)) as deltas:
        return [delta async for delta in deltas]


async def never(holds: Any) -> None:
    with suppress(TimeoutError):
        await until(holds, within=0.2)
    assert not holds()


class Endless:
    """A model server that begins an answer and goes on until the connection is closed."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        await self._answer(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self.open -= 1

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = b"{}"
        if head.startswith(b"POST"):
            length = next(line for line in head.decode().splitlines() if line.casefold().startswith("content-length"))
            asked = await reader.readexactly(int(length.partition(":")[2]))
            self.seen.append("asked other" if "다른" in asked.decode() else "asked")
            event = b'data: {"choices": [{"index": 0, "delta": {"content": "words "}, "finish_reason": null}]}\n\n'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + 40 * event)
            # Closing with something unread resets the connection.
            with suppress(ConnectionError):
                await reader.read()
            self.seen.append("closed")
        else:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


@asynccontextmanager
async def endless(make_settings: MakeSettings) -> AsyncIterator[tuple[Endless, ChatModel]]:
    running = Endless()
    async with await asyncio.start_server(running.serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with model_at(make_settings, url) as model:
            yield running, model
        await until(lambda: not running.open)


async def test_the_answer_is_the_same_as_without(make_settings: MakeSettings, serve: Serve) -> None:
    server = serve(in_order(says("네, 안녕하세요.", reasoning="인사")))
    async with model_at(make_settings, server.base_url) as model:
        plain = await all_of(model)
        ahead = Ahead(model, HELLO)
        await until(lambda: len(server.requests) == 2)
        begun = await all_of(ahead)
        again = await all_of(ahead)
        await ahead.let_go()

    assert begun == again == plain
    assert len(server.requests) == 3


async def test_it_speaks_for_the_model_otherwise(make_settings: MakeSettings, serve: Serve) -> None:
    async with model_at(make_settings, serve(in_order(says("네."))).base_url) as model:
        ahead = Ahead(model, HELLO)

        assert (ahead.name, ahead.context_tokens, ahead.recalls_reasoning) == (
            model.name,
            model.context_tokens,
            model.recalls_reasoning,
        )
        assert await ahead.count(HELLO) is None
        assert await ahead.status() == await model.status()
        await ahead.close()


@pytest.mark.parametrize("status", [401, 400])
async def test_an_error_reaches_whoever_asks(make_settings: MakeSettings, serve: Serve, status: int) -> None:
    server = serve(lambda _body: Refusal(status, "no"))
    async with model_at(make_settings, server.base_url) as model:
        with pytest.raises(ModelFailed) as plain:
            await all_of(model)
        ahead = Ahead(model, HELLO)
        await until(lambda: len(server.requests) > 1)
        with pytest.raises(ModelFailed) as begun:
            await all_of(ahead)
        await ahead.let_go()

    assert (str(begun.value), begun.value.hint) == (str(plain.value), plain.value.hint)


@pytest.mark.parametrize("read", [True, False])
async def test_a_server_that_is_not_there_leaves_no_task_with_an_error_behind(
    make_settings: MakeSettings, read: bool
) -> None:
    left: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: left.append(context))
    model = connect(make_settings(), Profile(), Endpoint(url=NOBODY), None, Patience(tries=0))
    ahead = Ahead(model, HELLO)
    for _ in range(100):
        await asyncio.sleep(0.001)

    if read:
        with pytest.raises(ModelUnavailable):
            await all_of(ahead)
    await ahead.close()
    del ahead
    gc.collect()
    await asyncio.sleep(0)

    assert left == []


async def test_letting_go_before_anybody_reads_closes_the_connection(make_settings: MakeSettings) -> None:
    async with endless(make_settings) as (server, model):
        ahead = Ahead(model, HELLO)
        await until(lambda: server.seen == ["asked"])
        await ahead.let_go()

        await until(lambda: server.seen == ["asked", "closed"])


async def test_it_may_be_let_go_before_it_has_begun(make_settings: MakeSettings) -> None:
    async with endless(make_settings) as (server, model):
        await Ahead(model, HELLO).let_go()
        await never(lambda: server.seen)


async def test_a_reader_that_stops_closes_the_connection(make_settings: MakeSettings) -> None:
    async with endless(make_settings) as (server, model):
        ahead = Ahead(model, HELLO)
        async with aclosing(ahead.stream(HELLO)) as deltas:
            assert isinstance(await anext(deltas), Text)

        await until(lambda: server.seen == ["asked", "closed"])


async def test_a_reader_that_is_cancelled_closes_the_connection(make_settings: MakeSettings) -> None:
    async with endless(make_settings) as (server, model):
        reading = asyncio.create_task(all_of(Ahead(model, HELLO)))
        await until(lambda: server.seen == ["asked"])
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

        await until(lambda: server.seen == ["asked", "closed"])


async def test_what_was_begun_is_given_up_before_something_else_is_asked(make_settings: MakeSettings) -> None:
    async with endless(make_settings) as (server, model):
        ahead = Ahead(model, HELLO)
        await until(lambda: server.seen == ["asked"])
        async with aclosing(ahead.stream(OTHER)) as deltas:
            await anext(deltas)
            seen = list(server.seen)

        assert seen == ["asked", "closed", "asked other"]


async def test_a_request_leaves_for_a_foreign_endpoint_only_when_its_crossing_was_taken(
    make_settings: MakeSettings, serve: Serve
) -> None:
    server = serve(in_order(says("네.")))
    place = Endpoint(url=server.base_url, place="company", name="회사 서버")
    choice = await choose(make_settings(model="ours", profiles={"ours": Profile(endpoints=(place,))}))
    ahead = Ahead(choice.model, HELLO)
    await never(lambda: server.requests)

    async with aclosing(ahead.stream(HELLO)) as deltas:
        first = await anext(deltas)
        await never(lambda: server.requests)
        rest = [delta async for delta in deltas]

    assert isinstance(first, Crossing)
    assert "".join(delta.text for delta in rest if isinstance(delta, Text)) == "네."
    assert len(server.requests) == 1
    await choice.model.close()


class Noting:
    """A model that crosses after a remark, and notes who iterates it and how far."""

    name, context_tokens, recalls_reasoning = "noting", 1_000, False

    def __init__(self, failure: UserError | None = None) -> None:
        self.failure = failure
        self.tasks: list[asyncio.Task[Any] | None] = []
        self.far = 0

    async def count(self, request: ChatRequest) -> int | None:
        return None

    async def status(self) -> EngineStatus:
        return EngineStatus(engine="openai", model="noting", url="", context_tokens=1_000)

    async def close(self) -> None:
        return

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        self.tasks.append(asyncio.current_task())
        try:
            for delta in DELTAS:
                yield delta
                self.far += 1
            if self.failure:
                raise self.failure
        finally:
            self.tasks.append(asyncio.current_task())


DELTAS: tuple[Delta, ...] = (
    Remark(text="기다립니다"),
    Crossing(endpoint="a", place="hosted", masked={}, size=1),
    Remark(text="넘어갑니다"),
    Crossing(endpoint="b", place="hosted", masked={}, size=1),
    Text(text="네"),
)


async def test_every_crossing_waits_for_its_reader_and_nothing_else_does() -> None:
    model = Noting()
    ahead = Ahead(model, HELLO)
    far = []

    async for _ in ahead.stream(HELLO):
        await asyncio.sleep(0.01)
        far.append(model.far)

    assert far == [1, 1, 3, 3, 5]


async def test_a_stream_is_iterated_and_closed_in_one_task_of_its_own() -> None:
    read, dropped = Noting(), Noting()
    await all_of(Ahead(read, HELLO))
    ahead = Ahead(dropped, HELLO)
    await asyncio.sleep(0)
    await ahead.let_go()

    for model in (read, dropped):
        [began, ended] = model.tasks
        assert began is ended
        assert began is not asyncio.current_task()


async def test_what_came_before_an_error_comes_before_it() -> None:
    failure = ModelFailed("고장", hint="기다리세요")
    deltas = Ahead(Noting(failure), HELLO).stream(HELLO)

    assert [await anext(deltas) for _ in DELTAS] == list(DELTAS)
    with pytest.raises(ModelFailed) as raised:
        await anext(deltas)
    assert raised.value is failure
