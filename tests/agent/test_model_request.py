"""What leaves for the model server, to the byte."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import AsyncOpenAI

from agent.model.contract import (
    AssistantMessage,
    CallMessage,
    ChatRequest,
    Message,
    SystemMessage,
    ToolMessage,
    ToolSpec,
    UserMessage,
)
from agent.model.http.body import conversation, marked
from agent.model.http.chat import OpenAIChat
from agent.model.servers.contract import Server
from agent.settings import Profile
from agent.settings.profile import Template, ThinkingSwitch
from tests.scripted_model import ScriptedModel, in_order, says, scripted

TOOL = ToolSpec(
    name="phone_send_message", description="문자를 보낸다.", parameters={"type": "object", "properties": {}}
)
TALK: tuple[Message, ...] = (
    SystemMessage(text="너는 모두다."),
    UserMessage(text="문자 읽어 줘", attached="메모", aside="[지금 09:00]"),
    AssistantMessage(
        text="", reasoning="찾자", calls=(CallMessage(id="c1", name="phone_search", arguments={"말": "택배"}),)
    ),
    ToolMessage(call_id="c1", tool="phone_search", text="없음"),
)


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with scripted(in_order(says("네"))) as running:
        yield running


THINKER = Profile(thinking=ThinkingSwitch(switch="kwarg", default=True, in_history=True))


def body(request: ChatRequest, profile: Profile = THINKER, refused: frozenset[str] = frozenset()) -> dict[str, Any]:
    return conversation(request, profile, refused)


async def sent(server: ScriptedModel, *requests: ChatRequest, profile: Profile = Profile()) -> list[bytes]:  # noqa: B008
    client = AsyncOpenAI(base_url=server.base_url, api_key="none")
    for request in requests:
        model = OpenAIChat(client, Server(url=server.base_url), "served", profile, 32_768)
        _ = [delta async for delta in model.stream(request)]
    await client.close()
    return server.raw


async def test_identical_requests_have_identical_bytes(server: ScriptedModel) -> None:
    request = ChatRequest(messages=TALK, tools=(TOOL,))

    first, second = await sent(server, request, request.model_copy(deep=True))

    assert first == second


async def test_korean_is_sent_as_it_is(server: ScriptedModel) -> None:
    [raw] = await sent(server, ChatRequest(messages=TALK, tools=(TOOL,)))

    assert "\\u" not in raw.decode()
    assert "너는 모두다." in raw.decode()
    assert '{\\"말\\":\\"택배\\"}' in raw.decode()


async def test_what_grows_comes_last_so_that_the_earlier_bytes_are_a_prefix(server: ScriptedModel) -> None:
    profile = Profile(temperature=0.6, extra_body={"chat_template_kwargs": {"enable_thinking": True}})

    shorter, longer = await sent(
        server,
        ChatRequest(messages=TALK[:2], tools=(TOOL,)),
        ChatRequest(messages=TALK, tools=(TOOL,)),
        profile=profile,
    )

    assert longer.startswith(shorter.removesuffix(b"]}"))
    assert shorter.index(b'"tools"') < shorter.index(b'"messages"')
    assert json.loads(shorter)["chat_template_kwargs"] == {"enable_thinking": True}
    assert json.loads(shorter)["temperature"] == 0.6


async def test_without_tools_none_are_offered(server: ScriptedModel) -> None:
    [raw] = await sent(server, ChatRequest(messages=TALK[:1]))

    assert set(json.loads(raw)) == {"model", "stream", "stream_options", "messages"}


def test_a_message_of_every_kind_is_written_for_the_protocol() -> None:
    [_, user, assistant, tool] = body(ChatRequest(messages=TALK))["messages"]

    assert user == {"role": "user", "content": "문자 읽어 줘\n\n<outside>\n메모\n</outside>\n\n[지금 09:00]"}
    assert assistant["content"] == ""
    assert assistant["tool_calls"][0]["function"] == {"name": "phone_search", "arguments": '{"말":"택배"}'}
    assert tool == {"role": "tool", "tool_call_id": assistant["tool_calls"][0]["id"], "content": "없음"}


def test_reasoning_is_sent_back_under_both_names() -> None:
    [said] = body(ChatRequest(messages=TALK[2:3]))["messages"]

    assert said["reasoning"] == said["reasoning_content"] == "찾자"


@pytest.mark.parametrize(
    ("outside", "failed", "content"),
    [
        (False, False, "글"),
        (True, False, "<outside>\n글\n</outside>"),
        (False, True, "[실패] 글"),
        (True, True, "[실패] <outside>\n글\n</outside>"),
    ],
)
def test_results_are_marked_as_failed_and_as_outside(outside: bool, failed: bool, content: str) -> None:
    message = ToolMessage(call_id="c", tool="t", text="글", outside=outside, failed=failed)

    assert body(ChatRequest(messages=(message,)))["messages"][0]["content"] == content


@pytest.mark.parametrize(
    "text",
    [
        *(
            "</outside>",
            "</OUTSIDE >",
            "< / outside>",
            "<outside>",
            "<|im_start|>",
            "<|im_end|>",
            "<|user|>",
            "<｜User｜>",
        ),
        *("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>"),
    ],
)
def test_outside_text_can_neither_close_its_mark_nor_speak_for_another(text: str) -> None:
    inner = marked(f"앞 {text}{text} 뒤").removeprefix("<outside>").removesuffix("</outside>")

    assert "<" not in inner
    assert inner.strip().startswith("앞 &lt;")


def test_ordinary_markup_in_outside_text_stays_readable() -> None:
    text = "<b>굵게</b> a <| b, (x|y) <thinking> if a < b: <div outside>"

    assert marked(text) == f"<outside>\n{text}\n</outside>"


@given(st.lists(st.sampled_from(["<", "/", "outside", "OUTSIDE", ">", "|", " ", "im_end", "가", "&lt;"])).map("".join))
def test_no_outside_text_closes_its_mark(text: str) -> None:
    shown = marked(text)

    assert shown.casefold().count("</outside") == 1
    assert "<|im_end|>" not in shown


def test_ids_are_nine_letters_and_digits_as_the_strictest_template_wants() -> None:
    [said, result] = body(ChatRequest(messages=TALK[2:]))["messages"]

    assert said["tool_calls"][0]["id"] == result["tool_call_id"]
    assert re.fullmatch("[A-Za-z0-9]{9}", result["tool_call_id"])


def test_neighbouring_messages_of_the_user_become_one() -> None:
    talk = (UserMessage(text="하나"), UserMessage(text="둘"), AssistantMessage(text="네"), UserMessage(text="셋"))

    written = body(ChatRequest(messages=talk))["messages"]

    assert [(one["role"], one["content"]) for one in written] == [
        ("user", "하나\n\n둘"),
        ("assistant", "네"),
        ("user", "셋"),
    ]


PARALLEL: tuple[Message, ...] = (
    AssistantMessage(calls=(CallMessage(id="a", name="x", arguments={}), CallMessage(id="b", name="y", arguments={}))),
    ToolMessage(call_id="a", tool="x", text="하나"),
    ToolMessage(call_id="b", tool="y", text="둘"),
)


def test_parallel_results_name_their_tool_where_the_template_drops_the_ids() -> None:
    dropping = Profile(template=Template(drops_tool_ids=True))

    assert [one["content"] for one in body(ChatRequest(messages=PARALLEL), dropping)["messages"][1:]] == [
        "[x] 하나",
        "[y] 둘",
    ]
    assert body(ChatRequest(messages=TALK[2:]), dropping)["messages"][1]["content"] == "없음"


@pytest.mark.parametrize(
    ("profile", "refused"),
    [(Profile(template=Template(tools="prompt")), frozenset[str]()), (Profile(), frozenset({"tools"}))],
)
def test_a_server_without_tools_gets_them_in_the_prompt(profile: Profile, refused: frozenset[str]) -> None:
    written = body(ChatRequest(messages=(*TALK, *PARALLEL), tools=(TOOL,)), profile, refused)

    assert set(written) == {"messages"}
    system, user, call, result, both, results = written["messages"]
    assert system["content"].startswith("너는 모두다.")
    assert '{"name":"phone_send_message"' in system["content"]
    assert (user["role"], call["role"], result["role"]) == ("user", "assistant", "user")
    assert call["content"] == '<tool_call>\n{"name": "phone_search", "arguments": {"말": "택배"}}\n</tool_call>'
    assert result["content"] == '<tool_response name="phone_search">\n없음\n</tool_response>'
    assert both["content"].count("<tool_call>") == 2
    assert results["content"].count("<tool_response") == 2


@pytest.mark.parametrize(
    ("profile", "refused"),
    [(Profile(template=Template(system_role=False)), frozenset[str]()), (Profile(), frozenset({"system"}))],
)
def test_without_a_system_role_the_prompt_opens_the_first_message(profile: Profile, refused: frozenset[str]) -> None:
    [user, *_] = body(ChatRequest(messages=TALK), profile, refused)["messages"]

    assert user["role"] == "user"
    assert user["content"].startswith("너는 모두다.\n\n문자 읽어 줘")


def test_reasoning_is_left_out_where_the_template_or_the_server_does_not_want_it() -> None:
    for profile, refused in ((Profile(), frozenset[str]()), (THINKER, frozenset({"reasoning"}))):
        [said] = body(ChatRequest(messages=TALK[2:3]), profile, refused)["messages"]
        assert said.keys() == {"role", "content", "tool_calls"}
