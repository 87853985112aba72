"""The model client against servers that answer in every way servers do: over real HTTP, byte by byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import AsyncOpenAI

from agent.errors import ModelFailed, ModelUnavailable
from agent.model.contract import Call, ChatRequest, Delta, Finished, Reasoning, Text, Tokens, UserMessage
from agent.model.openai_chat import OpenAIChat
from agent.model.think import ThinkSplitter
from agent.settings import Profile

REQUEST = ChatRequest(messages=(UserMessage(text="안녕"),))
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(answer: Answer, timeout: float = 20) -> AsyncIterator[OpenAIChat]:
    """A client of a server that reads one request and then does what `answer` says with the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=timeout)
    try:
        yield OpenAIChat(client, "served", Profile())
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
    async with answering(answer, timeout) as model:
        async for delta in model.stream(REQUEST):
            deltas.append(delta)
    return deltas


def joined(deltas: list[Any], kind: type[Text] | type[Reasoning]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, kind))


@pytest.mark.parametrize("fields", [("reasoning",), ("reasoning_content",), ("reasoning", "reasoning_content")])
async def test_reasoning_is_read_under_both_names_and_never_twice(fields: tuple[str, ...]) -> None:
    thoughts = [event(dict.fromkeys(fields, piece)) for piece in ("생각", "한다")]

    deltas = await heard(sends(*thoughts, event({"content": "답"}), ends()))

    assert joined(deltas, Reasoning) == "생각한다"
    assert joined(deltas, Text) == "답"


WRITTEN = st.lists(st.sampled_from(["<think>", "</think>", "<", ">", "/", "think", "</th", "생각", "a\n", "🙂"])).map(
    "".join
)


@given(WRITTEN, st.data())
def test_any_chunking_of_inline_reasoning_reads_the_same(written: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(written)))))
    pieces = [written[start:end] for start, end in zip([0, *cuts], [*cuts, len(written)], strict=True)]

    whole, chunked = _split([written]), _split(pieces)

    assert (joined(chunked, Text), joined(chunked, Reasoning)) == (joined(whole, Text), joined(whole, Reasoning))


def test_inline_reasoning_is_split_at_every_possible_border() -> None:
    written = "앞<think>생각 < 3 </thin</think>답 <b>"

    for cut in range(len(written) + 1):
        said = _split([written[:cut], written[cut:]])
        assert joined(said, Reasoning) == "생각 < 3 </thin"
        assert joined(said, Text) == "앞답 <b>"


def _split(pieces: list[str]) -> list[Reasoning | Text]:
    splitter = ThinkSplitter()
    return [*(said for piece in pieces for said in splitter.feed(piece)), *splitter.flush()]


def _calls(*pieces: dict[str, Any], finish: str = "tool_calls") -> Answer:
    return sends(*(event({"tool_calls": [piece]}) for piece in pieces), ends(finish))


def _piece(index: int | None, arguments: str | None, name: str | None = None, call_id: str | None = None) -> Any:
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}


async def test_calls_are_put_together_from_interleaved_deltas() -> None:
    deltas = await heard(
        _calls(
            _piece(0, '{"text":', "search", "x"),
            _piece(1, "", "list", "y"),
            _piece(0, ' "회의"}'),
            _piece(1, '{"n": 1}'),
        )
    )

    assert deltas == [
        Call(name="search", arguments={"text": "회의"}),
        Call(name="list", arguments={"n": 1}),
        Finished(reason="tool_calls"),
    ]


async def test_calls_that_all_have_the_index_zero_stay_apart() -> None:
    deltas = await heard(_calls(_piece(0, '{"a":1}', "one", "x"), _piece(0, '{"b":2}', "two", "y")))

    assert deltas[:2] == [Call(name="one", arguments={"a": 1}), Call(name="two", arguments={"b": 2})]


async def test_a_name_or_a_new_id_in_every_delta_makes_no_second_call() -> None:
    named = await heard(_calls(_piece(0, '{"a":', "one", "x"), _piece(0, "1}", "one", "x")))
    renumbered = await heard(_calls(_piece(0, '{"a":', "one", "x"), _piece(0, "1}", None, "y")))

    assert named == renumbered == [Call(name="one", arguments={"a": 1}), Finished(reason="tool_calls")]


@pytest.mark.parametrize("written", ["", None, "  ", "{}"])
async def test_a_call_without_arguments_is_a_call(written: str | None) -> None:
    assert (await heard(_calls(_piece(0, written, "status"))))[0] == Call(name="status", arguments={})


@pytest.mark.parametrize("written", ['{"a": ', "[1]", '"{}"', "a=1", '{"a": NaN}', '{"a": "\\ud83d"}', "[" * 100_000])
async def test_arguments_that_cannot_be_read_are_a_fault(written: str) -> None:
    [call, finished] = await heard(_calls(_piece(0, written, "search")))

    assert isinstance(call, Call)
    assert "JSON" in call.fault
    assert call.arguments == {}
    assert finished == Finished(reason="tool_calls")


async def test_a_call_cut_by_the_length_limit_is_a_fault_even_if_it_parses() -> None:
    [call, _] = await heard(_calls(_piece(0, '{"text": "회의"}', "search"), finish="length"))

    assert isinstance(call, Call)
    assert "길이 한도" in call.fault


async def test_an_answer_cut_by_the_length_limit_says_so() -> None:
    assert (await heard(sends(event({"content": "긴"}), ends("length"))))[-1] == Finished(reason="length")


async def test_usage_is_told_once_with_its_details() -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 70}, "completion_tokens_details": {"reasoning_tokens": 4}}
    usage = {"prompt_tokens": 90, "completion_tokens": 9, "total_tokens": 99} | details
    growing = event({"content": "답"}, usage={"prompt_tokens": 90, "completion_tokens": 1, "total_tokens": 91})

    deltas = await heard(sends(growing, event({}, finish="stop"), event(usage=usage), b"data: [DONE]\n\n"))

    tokens = Tokens(input_tokens=90, output_tokens=9, cached_tokens=70, reasoning_tokens=4)
    assert deltas == [Text(text="답"), tokens, Finished(reason="stop")]


@pytest.mark.parametrize("usage", [{}, {"usage": None}, {"usage": {"prompt_tokens": 3, "prompt_tokens_details": None}}])
async def test_missing_usage_is_no_fault(usage: dict[str, Any]) -> None:
    deltas = await heard(sends(event({"content": "답"}), event({}, finish="stop", **usage), b"data: [DONE]\n\n"))

    assert deltas[0] == Text(text="답")
    assert deltas[-1] == Finished(reason="stop")


async def test_odd_chunks_are_read_over() -> None:
    odd = event(choices=None), event({"content": None, "tool_calls": None}), b": ping\n\n", event({"tool_calls": []})

    assert await heard(sends(*odd, event({"content": "답"}), ends())) == [Text(text="답"), Finished(reason="stop")]


async def test_half_an_emoji_is_dropped_because_it_cannot_be_stored() -> None:
    half = event({"content": "답@"}).replace(b"@", b"\\ud83d")

    assert joined(await heard(sends(half, ends())), Text) == "답"


async def test_korean_survives_packets_that_end_inside_a_syllable() -> None:
    stream = event({"reasoning": "생각"}) + event({"content": "가나다 🙂"}) + ends()

    deltas = await heard(sends(*(stream[n : n + 1] for n in range(len(stream)))))

    assert (joined(deltas, Reasoning), joined(deltas, Text)) == ("생각", "가나다 🙂")


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("401 Unauthorized", "MODU_API_KEY"),
        ("404 Not Found", "/v1"),
        ("400 Bad Request", "context_tokens"),
        ("500 Internal Server Error", "로그"),
        ("503 Service Unavailable", "올리는 중"),
    ],
)
async def test_an_error_status_is_told_with_a_hint(status: str, hint: str) -> None:
    with pytest.raises(ModelFailed, match="까닭") as failed:
        await heard(fails(status, {"error": {"message": "까닭", "type": "x"}}))

    assert status[:3] in str(failed.value)
    assert hint in failed.value.hint


async def test_a_refused_connection_means_that_no_model_is_there() -> None:
    client = AsyncOpenAI(base_url="http://127.0.0.1:9/v1", api_key="none", max_retries=0)

    with pytest.raises(ModelUnavailable) as failed:
        async for _ in OpenAIChat(client, "served", Profile()).stream(REQUEST):
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
        await heard(sends(event({"tool_calls": [_piece(0, "{}", "delete")]})))


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

    assert joined(deltas, Text) == "끝"
    assert deltas[-1] == Finished(reason="stop")
