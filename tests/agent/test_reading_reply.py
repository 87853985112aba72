"""Whole replies, from the bytes that servers have been seen to send to clean deltas."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.model.contract import Call, Finished, Reasoning, Restarted, Text, Tokens
from agent.model.reading.faults import Looping, ReplyFault
from agent.model.reading.reply import Reply
from tests.agent.reading_recordings import FAULTS, RECORDINGS, TRANSPORT, WRITTEN
from tests.agent.reading_wire import (
    CALLED,
    DONE,
    LENGTH,
    NEVER,
    OUTSIDE,
    REQUEST,
    STATUS,
    STEADY,
    STOP,
    THINKING,
    Recording,
    event,
    expected,
    outcome,
    piece,
    said,
    thought,
)

READABLE = [recording for recording in RECORDINGS if recording not in (*TRANSPORT, *FAULTS)]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
def test_a_recorded_reply_means_the_same_however_its_bytes_are_cut(recording: Recording) -> None:
    body = recording.body

    whole = outcome(recording.reply(), [body])
    single = outcome(recording.reply(), [body[at : at + 1] for at in range(len(body))])

    if recording.fault:
        assert whole.fault == single.fault == recording.fault.__name__
    else:
        assert whole == expected(recording)
        assert single == whole


@STEADY
@given(st.sampled_from(RECORDINGS), st.lists(st.integers(0, 3_000), max_size=8))
def test_any_pieces_of_any_recording_give_the_same_reply(recording: Recording, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(recording.body)) for cut in cuts), len(recording.body)]
    pieces = [recording.body[start:end] for start, end in pairwise(edges)]

    assert outcome(recording.reply(), pieces) == outcome(recording.reply(), [recording.body])


@STEADY
@given(st.sampled_from(READABLE), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_any_dealing_of_the_text_over_deltas_gives_the_same_reply(recording: Recording, sizes: list[int]) -> None:
    dealt = b"".join(_dealt(recording.body, sizes))

    assert outcome(recording.reply(), [dealt]) == outcome(recording.reply(), [recording.body])


def _dealt(body: bytes, sizes: list[int]) -> Iterator[bytes]:
    """The same stream with neighbouring pieces of text joined and cut anew."""
    held = ""
    for one in body.split(b"\n\n"):
        text = _only_text(one)
        held += text
        if not text:
            for number in range(len(held)):
                size = sizes[number % len(sizes)]
                if held:
                    yield event({"content": held[:size]})
                held = held[size:]
            yield one + b"\n\n"


def _only_text(one: bytes) -> str:
    try:
        [choice] = json.loads(one.removeprefix(b"data: "))["choices"]
    except (ValueError, KeyError, TypeError):
        return ""
    delta = choice.get("delta")
    plain = isinstance(delta, dict) and delta.keys() == {"content"} and not choice.get("finish_reason")
    text = delta["content"] if plain else ""
    return text if isinstance(text, str) and not any("\ud800" <= one <= "\udfff" for one in text) else ""


@settings(STEADY, max_examples=200)
@given(
    st.sampled_from(RECORDINGS), st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 9), st.binary(max_size=3)))
)
def test_no_damage_to_a_recording_raises_anything_but_a_fault(
    recording: Recording, damage: list[tuple[int, int, bytes]]
) -> None:
    body = recording.body
    for at, gone, put in damage:
        body = body[:at] + put + body[at + gone :]

    got = outcome(recording.reply(), [body])

    assert (got.text + got.thought).encode().decode() == got.text + got.thought
    assert got.fault or isinstance(got.others[-1], Finished)


@STEADY
@given(st.binary(max_size=200), st.sampled_from(["text/event-stream", "application/json", "text/html", ""]))
def test_no_bytes_raise_anything_but_a_fault(body: bytes, content_type: str) -> None:
    assert outcome(Reply(REQUEST, THINKING, content_type), [body]).fault


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)
FIELDS = (
    "choices", "delta", "message", "content", "tool_calls", "function", "name", "arguments", "index", "id", "type",
    "text", "finish_reason", "usage", "error", "reasoning", "timings", "prompt_tokens_details", "code", "detail",
    "object", "function_call", "refusal", "done",
)  # fmt: skip
FIELD = st.sampled_from(FIELDS)
CHUNK = st.dictionaries(
    FIELD,
    JSON | st.lists(st.dictionaries(FIELD, JSON | st.dictionaries(FIELD, JSON, max_size=3), max_size=3), max_size=2),
)


@settings(STEADY, max_examples=200)
@given(st.lists(CHUNK, max_size=3))
def test_no_shape_of_a_chunk_raises_anything_but_a_fault(chunks: list[dict[str, Any]]) -> None:
    body = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)

    for choices in (body, b"".join(event(chunk) for chunk in chunks)):
        got = outcome(Reply(REQUEST, THINKING), [choices + STOP])
        assert got.fault or isinstance(got.others[-1], Finished)


WORDS = st.text(st.sampled_from("가나다 abc.,!?()*#-\n\t1234<>|:=/&'\"") | st.sampled_from("🙂漢ㅋ"), max_size=120)


@STEADY
@given(WORDS.filter(lambda text: text.strip() and "assistant" not in text), st.integers(1, 7))
def test_text_without_machinery_passes_unchanged(text: str, size: int) -> None:
    assert outcome(Reply(REQUEST, NEVER), [said(text, step=size)]).text == text


def test_text_leaves_with_the_delta_that_brought_it() -> None:
    reply = Reply(REQUEST, THINKING)

    assert [list(reply.feed(event({"content": text}))) for text in ("안녕", "하세요", " 네")] == [
        [Text(text="안녕")],
        [Text(text="하세요")],
        [Text(text=" 네")],
    ]


def test_reasoning_leaves_with_the_delta_that_brought_it() -> None:
    reply = Reply(REQUEST, THINKING)
    deltas = [{"reasoning": "음"}, {"reasoning": " 네"}, {"content": "\n\n"}, {"content": "답"}]

    assert [list(reply.feed(event(delta))) for delta in deltas] == [
        [Reasoning(text="음")],
        [Reasoning(text=" 네")],
        [],
        [Text(text="답")],
    ]


def test_what_was_said_before_the_end_of_thinking_is_taken_back() -> None:
    reply = Reply(REQUEST, THINKING)

    deltas = [*reply.feed(said("음 네\n</think>\n\n답", step=100)), *reply.finish()]

    assert deltas == [
        Text(text="음 네"),
        Restarted(),
        Reasoning(text="음 네"),
        Text(text="답"),
        Finished(reason="stop"),
    ]


def test_calls_come_last_and_only_at_the_end() -> None:
    reply = Reply(REQUEST, THINKING)
    usage = event(usage={"prompt_tokens": 3})

    early = [*reply.feed(said("네.", piece("{}", "status", "1")) + CALLED.replace(DONE, usage + DONE))]

    assert early == [Text(text="네.")]
    assert list(reply.finish()) == [STATUS, Tokens(input_tokens=3), Finished(reason="tool_calls")]


def test_the_end_is_told_apart_from_the_end_of_everything() -> None:
    reply = Reply(REQUEST, THINKING)

    told = [
        (list(reply.feed(data)), reply.complete) for data in (event({"content": "답"}), event({}, finish="stop"), DONE)
    ]

    assert [complete for _, complete in told] == [False, True, True]


@pytest.mark.parametrize(
    "delta",
    [
        lambda text: {"content": text},
        lambda text: {"reasoning": text},
        lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]},
    ],
)
@pytest.mark.parametrize("text", ["네, 알겠습니다. ", "\n"])
def test_a_model_that_repeats_itself_is_stopped_while_it_does(delta: Any, text: str) -> None:
    reply = Reply(REQUEST, THINKING)

    with pytest.raises(Looping):
        [*reply.feed(event(delta("처음")) + event(delta(text)) * 20_000)]


def test_a_call_in_the_text_is_not_believed_blindly_once_outside_text_was_read() -> None:
    body = said(f"<tool_call>{WRITTEN}</tool_call>")

    [call, _] = outcome(Reply(OUTSIDE, THINKING), [body]).others

    assert isinstance(call, Call)
    assert call.repaired


@pytest.mark.parametrize("body", [said(WRITTEN[:-4], LENGTH), said("<tool_call>" + WRITTEN[:-4], LENGTH)])
def test_a_call_in_the_text_that_the_limit_cut_is_neither_made_nor_shown(body: bytes) -> None:
    got = outcome(Reply(REQUEST, THINKING), [body])

    assert got.text == ""
    assert [("길이 한도" in call.fault, call.name) for call in got.others if isinstance(call, Call)] == [
        (True, "calendar_search_events")
    ]


def test_a_fault_comes_behind_what_was_certain_before_it() -> None:
    reply, heard = Reply(REQUEST, THINKING), []

    with pytest.raises(ReplyFault):
        heard += reply.feed(event({"content": "답"}) + b'data: {"error": "x"}\n\n')

    assert heard == [Text(text="답")]


def test_reasoning_of_a_server_may_stand_beside_tags() -> None:
    body = thought("음") + said("<think>네</think>답")

    assert outcome(Reply(REQUEST, THINKING), [body]).text == "답"
