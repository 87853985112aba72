"""The model client against servers that refuse, break off and fall silent: over real HTTP, byte by byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from openai import AsyncOpenAI

from agent.errors import ContextOverflow, ModelFailed, ModelUnavailable
from agent.model.contract import ChatRequest, Delta, Finished, Remark, Text, UserMessage
from agent.model.http.chat import OpenAIChat
from agent.model.http.recovery import Patience
from agent.model.servers.contract import Server
from agent.settings import Profile
from tests.scripted_model import Refusal, Reply, says, scripted

REQUEST = ChatRequest(messages=(UserMessage(text="안녕"),))
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def chat(client: AsyncOpenAI, url: str, patience: Patience) -> OpenAIChat:
    return OpenAIChat(client, Server(url), "served", Profile(), 32_768, patience=patience)


@asynccontextmanager
async def answering(*answers: Answer, timeout: float = 20, tries: int = 0) -> AsyncIterator[OpenAIChat]:
    """A client of a server that reads a request and then does with the connection what the next answer says."""
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        try:
            await (left.pop(0) if len(left) > 1 else left[0])(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=timeout)
    try:
        yield OpenAIChat(
            client, Server(url), "served", Profile(), 32_768, patience=Patience(silence=timeout, tries=tries)
        )
    finally:
        await client.close()
        server.close()
        await server.wait_closed()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def event(delta: dict[str, Any] | None = None, *, finish: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices} | more
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode(errors="surrogatepass")


def ends(reason: str = "stop") -> bytes:
    return event({}, finish=reason) + b"data: [DONE]\n\n"


def sends(*pieces: bytes, head: bytes = HEAD) -> Answer:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in (head, *pieces):
            writer.write(piece)
            await writer.drain()
            # Lets the piece leave as a packet of its own.
            await asyncio.sleep(0)

    return answer


def fails(status: str, body: dict[str, Any]) -> Answer:
    content = json.dumps(body, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return sends(content, head=head.encode())


async def heard(answer: Answer, so_far: list[Delta] | None = None, timeout: float = 20) -> list[Delta]:
    deltas = [] if so_far is None else so_far
    async with answering(answer, timeout=timeout) as model:
        async for delta in model.stream(REQUEST):
            deltas.append(delta)
    return deltas


def joined(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, Text))


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("401 Unauthorized", "MODU_API_KEY"),
        ("404 Not Found", "/v1"),
        ("400 Bad Request", "로그"),
        ("403 Forbidden", "권한"),
        ("500 Internal Server Error", "로그"),
        ("503 Service Unavailable", "잠시 뒤"),
    ],
)
async def test_an_error_status_is_told_with_a_hint(status: str, hint: str) -> None:
    with pytest.raises(ModelFailed, match="까닭") as failed:
        await heard(fails(status, {"error": {"message": "까닭", "type": "x"}}))

    assert status[:3] in str(failed.value)
    assert hint in failed.value.hint


async def test_a_refused_connection_means_that_no_model_is_there() -> None:
    url = "http://127.0.0.1:9/v1"
    client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0)

    with pytest.raises(ModelUnavailable) as failed:
        async for _ in OpenAIChat(client, Server(url), "served", Profile(), 32_768, patience=Patience(tries=0)).stream(
            REQUEST
        ):
            pass

    assert "offline" in failed.value.hint
    await client.close()


CHUNKED = HEAD.replace(b"Connection: close", b"Transfer-Encoding: chunked")


@pytest.mark.parametrize(
    "answer",
    [
        sends(event({"content": "답"})),
        sends(b"5\r\ndata:\r\n", head=CHUNKED),
        sends(event({"content": "답"}), b'data: {"id": "1", "cho'),
        sends(event({"content": "답"}), b"data: {broken}\n\n"),
        sends(event({"content": "답"}), b'data: {"error": {"message": "CUDA out of memory", "code": 500}}\n\n'),
        sends(b"<html>proxy</html>"),
        sends(),
    ],
    ids=["closed", "chunk cut", "event cut", "broken JSON", "error event", "no event stream", "nothing"],
)
async def test_a_stream_that_breaks_is_a_failure_and_no_answer(answer: Answer) -> None:
    heard_so_far: list[Delta] = []

    with pytest.raises(ModelFailed):
        await heard(answer, heard_so_far)

    assert all(isinstance(delta, Text) for delta in heard_so_far)


async def test_a_call_of_a_stream_that_breaks_is_never_made() -> None:
    with pytest.raises(ModelFailed):
        await heard(sends(event({"tool_calls": [{"index": 0, "function": {"name": "delete", "arguments": "{}"}}]})))


@pytest.mark.parametrize("before", [b"", HEAD + event({"content": "답"})], ids=["no answer", "in the answer"])
async def test_a_silent_server_is_given_up(before: bytes) -> None:
    async def fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        await reader.read()

    with pytest.raises(ModelFailed, match="제때") as failed:
        await heard(fall_silent, timeout=0.1)

    assert "model_timeout" in failed.value.hint


async def test_leaving_early_closes_the_connection_at_the_server() -> None:
    gone = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + event({"content": "하나"}))
        assert await reader.read() == b""
        gone.set()

    async with answering(talk) as model:
        async with aclosing(model.stream(REQUEST)) as deltas:
            assert await anext(deltas) == Text(text="하나")
        async with asyncio.timeout(5):
            await gone.wait()


async def test_cancelling_the_reader_closes_the_connection_at_the_server() -> None:
    gone, begun = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        assert await reader.read() == b""
        gone.set()

    async with answering(say_nothing) as model:
        reading = asyncio.create_task(anext(model.stream(REQUEST)))
        await begun.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        async with asyncio.timeout(5):
            await gone.wait()


async def test_a_stream_that_closes_in_order_needs_no_finish_reason() -> None:
    deltas = await heard(sends(event({"content": "끝"}), b"data: [DONE]\n\n"))

    assert joined(deltas) == "끝"
    assert deltas[-1] == Finished(reason="stop")


async def all_of(model: OpenAIChat) -> list[Delta]:
    return [delta async for delta in model.stream(REQUEST)]


async def test_an_answer_that_broke_off_is_asked_again_and_said_once() -> None:
    broken = sends(event({"content": "안녕하"}))
    whole = sends(event({"content": "안녕"}), event({"content": "하세요"}), ends())

    async with answering(broken, whole, tries=1) as model:
        deltas = await all_of(model)

    assert [delta for delta in deltas if not isinstance(delta, Remark)] == [
        Text(text="안녕하"),
        Text(text="세요"),
        Finished(reason="stop"),
    ]
    assert any(isinstance(delta, Remark) for delta in deltas)


async def test_a_field_the_server_refuses_is_left_out_from_then_on() -> None:
    def script(body: dict[str, Any]) -> Reply | Refusal:
        return Refusal(400, "unknown field: stream_options") if "stream_options" in body else says("네")

    with scripted(script) as server:
        client = AsyncOpenAI(base_url=server.base_url, api_key="none", max_retries=0)
        model = chat(client, server.base_url, Patience())
        first, second = await all_of(model), await all_of(model)
        await model.close()

    assert first == second
    assert joined(first) == "네"
    assert ["stream_options" in body for body in server.requests] == [True, False, False]


async def test_a_server_that_loads_its_model_is_waited_for() -> None:
    loading = fails("503 Service Unavailable", {"error": {"message": "Loading model", "code": 503}})

    async with answering(loading, sends(event({"content": "네"}), ends())) as model:
        deltas = await all_of(model)

    assert isinstance(deltas[0], Remark)
    assert "올리는 중" in deltas[0].text
    assert deltas[-2:] == [Text(text="네"), Finished(reason="stop")]


async def test_a_window_that_is_too_small_is_learned_from_the_refusal() -> None:
    said = (
        "This model's maximum context length is 2048 tokens. However, your prompt contains at least 2049 input tokens"
    )

    async with answering(fails("400 Bad Request", {"error": {"message": said}})) as model:
        with pytest.raises(ContextOverflow):
            await all_of(model)

        assert model.context_tokens == 2_048


async def test_a_key_is_never_shown_even_if_the_server_repeats_it() -> None:
    with scripted(lambda _: Refusal(401, "bad key sk-geheim-123")) as server:
        client = AsyncOpenAI(base_url=server.base_url, api_key="sk-geheim-123", max_retries=0)
        model = chat(client, server.base_url, Patience())
        with pytest.raises(ModelFailed) as failed:
            await all_of(model)
        await model.close()

    assert "geheim" not in str(failed.value)


async def test_a_server_that_was_loading_is_looked_at_again_once_it_answers() -> None:
    def script(body: dict[str, Any]) -> Reply | Refusal:
        return says("네") if body["model"] == "scripted" else Refusal(503, "Loading model")

    with scripted(script) as server:
        client = AsyncOpenAI(base_url=server.base_url, api_key="none", max_retries=0)
        model = OpenAIChat(client, Server(server.base_url, loading=True), "default", Profile(), 32_768)
        deltas = await all_of(model)
        await model.close()

    assert joined(deltas) == "네"
    assert model.name == "scripted"
