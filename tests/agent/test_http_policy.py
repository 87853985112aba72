"""What the client does about errors, as pure decisions: what is refused, what is tried again, what is said twice."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract import Thinking
from agent.errors import ModelFailed, ModelUnavailable
from agent.model.contract import Call, ChatRequest, Delta, Finished, Reasoning, Restarted, Text
from agent.model.http.continuity import Continuity
from agent.model.http.faults import Fault
from agent.model.http.memory import ServerMemory
from agent.model.http.options import options
from agent.model.http.recovery import Patience, Recovery
from agent.model.http.refusals import refused_fields, too_long, window
from agent.model.servers.contract import Kind, Server
from agent.settings import Profile, Sampling
from agent.settings.profile import ThinkingSwitch

SENT = ("temperature", "top_p", "stream", "stream_options", "chat_template_kwargs", "max_tokens")


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        (
            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4900 in the "
            "messages, 100 in the completion). Please reduce the length of the messages or completion.",
            4096,
        ),
        ("the request exceeds the available context size (4096 tokens), try increasing it", 4096),
        (
            '{"code": 400, "message": "...", "type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 512}',
            512,
        ),
        ("The input (7000 tokens) is longer than the model's context length (2048 tokens).", 2048),
        ("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 3000", 2048),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200_000),
        ("This model's maximum context length is 131,072 tokens.", 131_072),
        ("You passed 40000 input tokens. The model's context length is only 32768 tokens", 32_768),
        ("Requested token count exceeds the model's maximum context length of 16384 tokens.", 16_384),
        ("context_length_exceeded", None),
    ],
)
def test_an_overflow_is_told_from_its_wording_and_the_window_read(message: str, limit: int | None) -> None:
    assert too_long(message)
    assert window(message) == limit


@pytest.mark.parametrize(
    "message",
    ["Invalid API key", "Unrecognized request argument supplied: top_k", "model 'x' not found", "Rate limit reached"],
)
def test_other_errors_are_no_overflow(message: str) -> None:
    assert not too_long(message)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("Unrecognized request argument supplied: chat_template_kwargs", {"chat_template_kwargs"}),
        ("[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs'}]", {"stream_options"}),
        ("body.temperature: unexpected", {"temperature"}),
        ("temperature and top_p cannot both be given", {"temperature", "top_p"}),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", {"max_tokens"}),
        ("streaming is not supported, set stream to false", {"stream"}),
        ("stream_options is only allowed when stream is true", {"stream_options"}),
        ("messages.1.reasoning_content: Extra inputs are not permitted", {"reasoning"}),
        ('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', {"tools"}),
        ("registry.ollama.ai/library/gemma:2b does not support tools", {"tools"}),
        ("tools param requires --jinja flag", {"tools"}),
        ("Unrecognized request argument supplied: tools", {"tools"}),
        ("Conversation roles must alternate user/assistant/user/assistant/...", {"tools"}),
        ("System role not supported", {"system"}),
        ("The model `x` does not exist.", set()),
    ],
)
def test_what_a_server_refuses_is_read_from_its_message(message: str, named: set[str]) -> None:
    assert refused_fields(message, SENT, has_tools=True, echoes_reasoning=True) == named


def test_what_was_refused_is_known_to_the_next_process_but_not_of_another_server(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "servers.json"
    ServerMemory(file).refuse("a", frozenset({"top_k"}))
    ServerMemory(file).refuse("b", frozenset({"tools"}))

    remembered = ServerMemory(file)

    assert remembered.refused("a") == {"top_k"}
    assert remembered.refused("b") == {"tools"}
    assert remembered.refused("c") == frozenset()


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": {"b": "c"}}', "\x00"])
def test_a_broken_memory_is_an_empty_one(tmp_path: Path, content: str) -> None:
    file = tmp_path / "servers.json"
    file.write_text(content, encoding="utf-8")

    memory = ServerMemory(file)
    memory.refuse("a", frozenset({"top_k"}))

    assert ServerMemory(file).refused("a") == {"top_k"}


def test_a_server_that_keeps_failing_is_given_up_with_its_own_words() -> None:
    recovery = Recovery(Patience(), "http://a/v1")
    delays = [recovery.after(Fault("busy", "500 oops", 500)).delay for _ in range(5)]

    with pytest.raises(ModelFailed, match="500 oops"):
        recovery.after(Fault("busy", "500 oops", 500))

    assert delays == sorted(delays)
    assert delays[0] >= 0.5


def test_retry_after_is_kept_to_up_to_a_minute() -> None:
    recovery = Recovery(Patience(), "http://a/v1")

    assert recovery.after(Fault("busy", "429", 429, retry_after=7)).delay == 7
    with pytest.raises(ModelFailed, match="600초"):
        recovery.after(Fault("busy", "429", 429, retry_after=600))


def test_a_dead_server_is_unavailable_and_a_refusal_is_said_at_once() -> None:
    recovery = Recovery(Patience(), "http://a/v1")
    for _ in range(5):
        recovery.after(Fault("unreachable"))

    with pytest.raises(ModelUnavailable, match="http://a/v1"):
        recovery.after(Fault("unreachable"))
    with pytest.raises(ModelFailed, match="no such model") as failed:
        recovery.after(Fault("fatal", "no such model", 404, hint="이름"))
    assert failed.value.hint == "이름"


def test_the_second_silence_is_borne_longer_than_the_first() -> None:
    recovery = Recovery(Patience(silence=120, stall=30), "a")
    assert recovery.stall == 30

    recovery.after(Fault("silent"))

    assert recovery.stall == 120
    with pytest.raises(ModelFailed, match="제때"):
        recovery.after(Fault("silent"))


THINKER = Profile(
    sampling=Sampling(temperature=0.7),
    sampling_thinking=Sampling(temperature=0.6, top_k=20),
    thinking=ThinkingSwitch(switch="kwarg", kwarg="enable_thinking", default=True),
)


@pytest.mark.parametrize(
    ("profile", "wanted", "kind", "expected"),
    [
        (THINKER, None, "vllm", {"chat_template_kwargs": {"enable_thinking": True}, "temperature": 0.6, "top_k": 20}),
        (THINKER, "off", "vllm", {"chat_template_kwargs": {"enable_thinking": False}, "temperature": 0.7}),
        (
            THINKER,
            500,
            "vllm",
            {
                "chat_template_kwargs": {"enable_thinking": True},
                "thinking_token_budget": 500,
                "temperature": 0.6,
                "top_k": 20,
            },
        ),
        (THINKER, "off", "ollama", {"reasoning_effort": "none", "temperature": 0.7}),
        (Profile(), None, "vllm", {}),
        (Profile(), "on", "openai", {"chat_template_kwargs": {"enable_thinking": True}}),
        (Profile(temperature=0.1, max_output_tokens=9), None, "vllm", {"temperature": 0.1, "max_tokens": 9}),
    ],
)
def test_thinking_and_sampling_follow_profile_and_request(
    profile: Profile, wanted: Thinking | None, kind: Kind, expected: dict[str, Any]
) -> None:
    request = ChatRequest(messages=(), thinking=wanted)

    found = options(request, profile, Server(url="u", kind=kind), frozenset())

    assert found == expected | {"stream": True, "stream_options": {"include_usage": True}}


def test_refused_fields_are_not_sent_again() -> None:
    refused = frozenset({"temperature", "stream", "stream_options", "max_tokens"})

    found = options(ChatRequest(messages=()), Profile(temperature=1, max_output_tokens=9), Server(url="u"), refused)

    assert found == {"stream": False, "max_completion_tokens": 9}


def through(*attempts: list[Delta]) -> list[Delta]:
    continuity, shown = Continuity(), list[Delta]()
    for number, attempt in enumerate(attempts):
        if number:
            continuity.again()
        shown += [one for delta in attempt for one in continuity.take(delta)]
    return shown


def seen(deltas: list[Delta]) -> tuple[str, str]:
    """What a reader who obeys `Restarted` has in the end."""
    said = {Text: "", Reasoning: ""}
    for delta in deltas:
        match delta:
            case Restarted():
                said = {Text: "", Reasoning: ""}
            case Text() | Reasoning():
                said[type(delta)] += delta.text
    return said[Reasoning], said[Text]


DONE = Finished(reason="stop")


def test_the_same_answer_once_more_is_not_said_twice() -> None:
    first: list[Delta] = [Reasoning(text="생각"), Text(text="안녕하"), Text(text="세")]
    second: list[Delta] = [Reasoning(text="생"), Reasoning(text="각"), Text(text="안녕하세요"), Text(text="."), DONE]

    assert through(first, second) == [*first, Text(text="요"), Text(text="."), DONE]


def test_another_answer_voids_the_first() -> None:
    shown = through([Text(text="안녕")], [Text(text="반갑"), Text(text="습니다"), DONE])

    assert shown == [Text(text="안녕"), Restarted(), Text(text="반갑"), Text(text="습니다"), DONE]


def test_a_shorter_answer_voids_the_first() -> None:
    call = Call(name="x", arguments={})

    assert through([Text(text="안녕하세요")], [Text(text="안녕"), call]) == [
        Text(text="안녕하세요"),
        Restarted(),
        Text(text="안녕"),
        call,
    ]


PIECES = st.lists(st.sampled_from(["가", "나", "가나", "다"]).flatmap(
    lambda text: st.sampled_from([Text(text=text), Reasoning(text=text)])), max_size=5)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=4))
def test_whatever_breaks_off_the_reader_ends_with_the_last_attempt(attempts: list[list[Delta]]) -> None:
    attempts[-1] = [*attempts[-1], DONE]

    assert seen(through(*attempts)) == seen(attempts[-1])
