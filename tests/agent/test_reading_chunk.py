"""One chunk: fields under every name, faults, usage."""

from typing import Any

import pytest

from agent.model.contract import Tokens
from agent.model.reading.chunk import ChunkReader, Piece
from agent.model.reading.faults import Cut, Looping, ReplyFault, ServerSaid
from agent.model.reading.usage import UsageReader


def chunk(delta: Any = None, **choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, **choice}]}


@pytest.mark.parametrize(
    ("delta", "text", "thought"),
    [
        ({"content": "답"}, "답", ""),
        ({"content": None}, "", ""),
        ({"content": 5}, "", ""),
        ({"content": {"type": "text", "text": "답"}}, "답", ""),
        ({"content": ["가", {"type": "text", "text": "나"}, {"type": "image"}, 3]}, "가나", ""),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "음"}]}]}, "", "음"),
        ({"content": [{"type": "reasoning", "text": "음"}, {"type": "text", "text": "답"}]}, "답", "음"),
        ({"refusal": "안 됩니다"}, "안 됩니다", ""),
        ({"reasoning": "음"}, "", "음"),
        ({"reasoning_content": "음", "reasoning": ""}, "", "음"),
        ({"reasoning": "음", "reasoning_content": "음", "thinking": "음"}, "", "음"),
        ({"thinking": "음"}, "", "음"),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "음"}]}, "", "음"),
        ({}, "", ""),
        (None, "", ""),
        ("답", "", ""),
    ],
)
def test_text_and_reasoning_are_found_in_every_shape(delta: Any, text: str, thought: str) -> None:
    piece = ChunkReader().read(chunk(delta))

    assert isinstance(piece, Piece)
    assert (piece.text, piece.thought) == (text, thought)


@pytest.mark.parametrize(
    ("reported", "reason"),
    [
        ("stop", "stop"),
        ("tool_calls", "stop"),
        ("function_call", "stop"),
        ("eos", "stop"),
        ("LENGTH", "length"),
        ("max_tokens", "length"),
        ({"type": "length"}, "length"),
        ("", ""),
        ("null", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_reply_ends_by_the_limit_or_otherwise(reported: Any, reason: str) -> None:
    piece = ChunkReader().read(chunk({}, finish_reason=reported))

    assert piece is not None
    assert piece.reason == reason


@pytest.mark.parametrize(
    ("said", "fault", "words", "status"),
    [
        ({"error": {"message": "CUDA OOM", "code": 500}}, ServerSaid, "CUDA OOM", 500),
        ({"error": {"message": "x", "code": "429"}}, ServerSaid, "x", 429),
        ({"error": {"error": {"message": "x", "status": 503}}}, ServerSaid, "x", 503),
        ({"error": "model\n not found"}, ServerSaid, "model not found", 0),
        ({"error": {"type": "BadRequest", "code": None}}, ServerSaid, "BadRequest", 0),
        ({"error": ["x"]}, ServerSaid, "x", 0),
        ({"object": "error", "message": "x", "code": 400}, ServerSaid, "x", 400),
        ({"detail": "Not Found"}, ServerSaid, "Not Found", 0),
        ({"code": 401, "message": "no key"}, ServerSaid, "no key", 401),
        (chunk({}, error={"message": "x", "code": 502}), ServerSaid, "x", 502),
        (chunk({}, finish_reason="error"), ServerSaid, "error", 0),
        (chunk({}, finish_reason="content_filter"), ServerSaid, "filter", 0),
        (chunk({}, finish_reason="abort"), Cut, "gave", None),
        (chunk({}, finish_reason="repetition"), Looping, "repetition", None),
    ],
)
def test_what_makes_a_reply_unusable_is_raised(
    said: dict[str, Any], fault: type[ReplyFault], words: str, status: int | None
) -> None:
    with pytest.raises(fault, match=words) as raised:
        ChunkReader().read(said)

    assert getattr(raised.value, "status", None) == status


@pytest.mark.parametrize(
    "said", [{}, {"choices": None}, {"choices": []}, {"choices": [None]}, {"usage": {}}, {"error": None, "id": "1"}]
)
def test_a_chunk_that_says_nothing_is_no_piece(said: dict[str, Any]) -> None:
    assert ChunkReader().read(said) is None


def test_only_the_first_choice_is_read() -> None:
    reader = ChunkReader()
    said = [chunk({"content": text}, index=index) for text, index in (("가", 1), ("x", 0), ("나", 1))]

    assert [piece and piece.text for piece in map(reader.read, said)] == ["가", None, "나"]


@pytest.mark.parametrize("summary", ["delta", "message"])
def test_a_last_chunk_that_repeats_everything_adds_nothing(summary: str) -> None:
    reader = ChunkReader()
    for text in ("안녕하세요, ", "반갑습니다"):
        reader.read(chunk({"content": text, "reasoning": text}))
    last = {"content": "안녕하세요, 반갑습니다", "reasoning": "안녕하세요, 반갑습니다"}

    piece = reader.read({"choices": [{summary: last, "finish_reason": "stop"}]})

    assert piece is not None
    assert (piece.text, piece.thought, piece.reason) == ("", "", "stop")


def test_a_short_last_piece_may_equal_the_first() -> None:
    reader = ChunkReader()
    reader.read(chunk({"content": "하"}))

    assert reader.read(chunk({"content": "하"}, finish_reason="stop")) == Piece(text="하", reason="stop")


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ([{"usage": {"prompt_tokens": 9, "completion_tokens": 4}}], (9, 4, 0, 0)),
        ([{"usage": {"prompt_tokens": "9", "completion_tokens": 4.0}}], (9, 4, 0, 0)),
        ([{"usage": {"prompt_tokens": 9}}, {"usage": None}, {"usage": {"completion_tokens": 4}}], (9, 4, 0, 0)),
        ([{"usage": {"prompt_tokens": 9, "completion_tokens": n}} for n in (1, 2, 4)], (9, 4, 0, 0)),
        ([{"usage": {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 7}}}], (9, 0, 7, 0)),
        ([{"usage": {"prompt_tokens": 9, "prompt_tokens_details": None, "cached_tokens": 7}}], (9, 0, 7, 0)),
        ([{"usage": {"completion_tokens": 9, "completion_tokens_details": {"reasoning_tokens": 3}}}], (0, 9, 0, 3)),
        ([{"usage": {"input_tokens": 9, "output_tokens": 4}}], (9, 4, 0, 0)),
        ([{"prompt_eval_count": 9, "eval_count": 4}], (9, 4, 0, 0)),
        ([{"timings": {"prompt_n": 3, "cache_n": 30, "predicted_n": 5}}], (33, 5, 30, 0)),
        ([{"usage": {"prompt_tokens": 33}, "timings": {"prompt_n": 3, "cache_n": 30}}], (33, 0, 30, 0)),
    ],
)
def test_usage_is_read_in_the_words_of_every_server(
    said: list[dict[str, Any]], tokens: tuple[int, int, int, int]
) -> None:
    usage = UsageReader()

    for one in said:
        usage.read(one)

    names = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
    assert usage.tokens == Tokens(**dict(zip(names, tokens, strict=True)))


@pytest.mark.parametrize(
    "usage", [None, [], "9", {}, {"prompt_tokens": -9}, {"prompt_tokens": True}, {"prompt_tokens": 1e300}]
)
def test_usage_that_says_nothing_is_none(usage: Any) -> None:
    reader = UsageReader()

    reader.read({"usage": usage})

    assert reader.tokens is None
