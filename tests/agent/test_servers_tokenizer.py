"""Prompt tokens by the server's own tokenizer."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.model.servers.contract import Kind, Server
from agent.model.servers.fetch import Http, client
from agent.model.servers.tokenizer import count
from tests.fake_servers import (
    NOT_FOUND,
    RECORDED,
    FakeServer,
    Routes,
    llamacpp,
    recorded,
    serving,
    sglang,
    silence,
    speaking,
    vllm,
)

NOBODY = "http://127.0.0.1:9/v1"
TOOL = {"type": "function", "function": {"name": "t", "description": "d", "parameters": {"type": "object"}}}
BODY: dict[str, Any] = {
    "tools": [TOOL],
    "messages": [{"role": "system", "content": "너는 비서다."}, {"role": "user", "content": "안녕"}],
    "chat_template_kwargs": {"enable_thinking": False},
    "reasoning_effort": "none",
}
TEMPLATED: Routes = {
    **llamacpp(),
    "/v1/chat/completions/input_tokens": NOT_FOUND,
    "/apply-template": lambda body: (200, {"prompt": "".join(one["content"] for one in body["messages"])}),
    "/tokenize": lambda body: (200, {"tokens": list(range(len(body["content"])))}),
}


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with client(NOBODY) as opened:
        yield opened


def server(running: FakeServer, kind: Kind) -> Server:
    return Server(running.url, kind)


async def test_real_answers_are_understood(http: Http) -> None:
    said = {engine: RECORDED / engine for engine in ("vllm", "llamacpp")}
    without = {**recorded("llamacpp"), "/v1/chat/completions/input_tokens": NOT_FOUND}
    with serving(recorded("vllm")) as vllm_, serving(recorded("llamacpp")) as llama, serving(without) as older:
        counted = await count(http, server(vllm_, "vllm"), "tiny", BODY)
        asked_whole = await count(http, server(llama, "llamacpp"), "m", BODY)
        asked_in_parts = await count(http, server(older, "llamacpp"), "m", BODY)

    assert counted == json.loads((said["vllm"] / "tokenize.json").read_bytes())["count"]
    assert asked_whole == json.loads((said["llamacpp"] / "input_tokens.json").read_bytes())["input_tokens"]
    assert asked_in_parts == len(json.loads((said["llamacpp"] / "tokenize.json").read_bytes())["tokens"])


async def test_vllm_counts_what_will_be_sent(http: Http) -> None:
    with serving(vllm()) as running:
        assert await count(http, server(running, "vllm"), "m", BODY) == 20

        [(method, path, body)] = running.asked
        wanted = {key: BODY[key] for key in ("tools", "messages", "chat_template_kwargs")}
        assert (method, path) == ("POST", "/tokenize")
        assert body == {"model": "m", **wanted, "add_generation_prompt": True}


async def test_sglang_counts_messages_where_its_version_takes_them(http: Http) -> None:
    refusing: Routes = {"/tokenize": (400, {"message": "Invalid prompt type: <class 'NoneType'>"})}
    absent: set[str] = set()
    with serving(sglang()) as newer, serving(refusing) as older:
        assert await count(http, server(newer, "sglang"), "m", BODY) == 20
        assert await count(http, server(older, "sglang"), "m", BODY, absent) is None
        assert await count(http, server(older, "sglang"), "m", BODY, absent) is None

        assert len(older.asked) == 1


async def test_llamacpp_counts_a_whole_request(http: Http) -> None:
    with serving(llamacpp()) as running:
        assert await count(http, server(running, "llamacpp"), "m", BODY) == 22

        assert running.paths == ["/v1/chat/completions/input_tokens"]
        assert running.asked[0][2]["model"] == "m"


async def test_an_older_llamacpp_counts_the_rendered_template(http: Http) -> None:
    absent: set[str] = set()
    with serving(TEMPLATED) as running:
        assert await count(http, server(running, "llamacpp"), "m", BODY, absent) == len("너는 비서다.안녕")
        assert await count(http, server(running, "llamacpp"), "m", BODY, absent) == len("너는 비서다.안녕")

        text = running.asked[2][2]
        assert running.paths.count("/v1/chat/completions/input_tokens") == 1
        assert (text["add_special"], text["parse_special"]) == (True, True)
        assert running.asked[1][2]["chat_template_kwargs"] == BODY["chat_template_kwargs"]


@pytest.mark.parametrize("kind", ["ollama", "lmstudio", "openai"])
async def test_others_are_not_asked(http: Http, kind: Kind) -> None:
    with serving({"*": (200, {"count": 3})}) as running:
        assert await count(http, server(running, kind), "m", BODY) is None
        assert running.asked == []


@pytest.mark.parametrize("kind", ["vllm", "sglang", "llamacpp"])
@pytest.mark.parametrize(
    "answer",
    [
        (200, {"count": "20", "input_tokens": 3.5}),
        (200, {"count": -1, "input_tokens": True}),
        (200, []),
        (200, "<html>"),
        (404, "no"),
        (500, "oops"),
        (503, {"error": "loading"}),
    ],
)
async def test_an_answer_that_is_no_count_is_none(http: Http, kind: Kind, answer: Any) -> None:
    with serving({"*": answer}) as running:
        assert await count(http, server(running, kind), "m", BODY) is None


async def test_a_server_that_fails_once_is_asked_again(http: Http) -> None:
    absent: set[str] = set()
    with serving({"/tokenize": (500, "oops")}) as running:
        assert await count(http, server(running, "vllm"), "m", BODY, absent) is None
        running.routes = dict(vllm())
        assert await count(http, server(running, "vllm"), "m", BODY, absent) == 20


async def test_nobody_and_silence_are_none(http: Http) -> None:
    with speaking(silence) as hanging:
        assert await count(http, Server(hanging.url, "llamacpp"), "m", BODY, seconds=0.2) is None
    assert await count(http, Server(NOBODY, "vllm"), "m", BODY) is None


async def test_what_cannot_be_written_as_json_is_not_counted(http: Http) -> None:
    with serving(vllm()) as running:
        broken = {"messages": [{"role": "user", "content": "\ud83d"}]}
        assert await count(http, server(running, "vllm"), "m", broken) is None
