"""Rows: limits of the answer, reasoning in messages and streaming, refused by name."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.conversation import Post, Reply
from tests.faults.row import Row
from tests.faults.rows_http import error, flat
from tests.faults.rows_refused import (
    EVERYTHING,
    Sends,
    has,
    in_messages,
    only_once,
    refused,
    refusing,
    unrecognized,
    unsupported,
)
from tests.faults.server import Do, Script, answers
from tests.faults.styles import deltas, plain, streams, whole


def thinking(reply: Reply) -> Do:
    """Reasons, so that there is something to send back."""
    return streams({"reasoning": "내일은 월요일이다."}, *deltas(reply), finish=reply.finish)


def not_streamed(post: Post) -> Do:
    return plain(post.reply) if post.body.get("stream") else answers(whole(post.reply))


def no_stream(refusal: Do) -> Script:
    return lambda post: refusal if post.body.get("stream") else not_streamed(post)


def larger_than(most: int) -> Sends:
    return lambda body: max(body.get("max_tokens") or 0, body.get("max_completion_tokens") or 0) > most


def at_most_twice(sends: Sends) -> Callable[[Sequence[Post]], list[str]]:
    """Once under each name of the limit."""

    def inspect(posts: Sequence[Post]) -> list[str]:
        times = sum(sends(post.body) for post in posts)
        return [] if 1 <= times <= 2 else [f"what is refused was sent {times} times"]

    return inspect


def lacks(name: str, others: Sequence[str]) -> Callable[[Sequence[Post]], list[str]]:
    """It was sent once, and what took its place from then on."""

    def inspect(posts: Sequence[Post]) -> list[str]:
        wrong = only_once(has(name))(posts)
        return wrong + [
            f"no {one} in a later request" for one in others if not all(one in post.body for post in posts[1:])
        ]

    return inspect


LIMITS = ("max_tokens", "max_completion_tokens")
GROQ = (
    "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property '%s' is unsupported)]"
)
CEREBRAS = "messages.2.assistant.%s: property 'messages.2.assistant.%s' is unsupported"
TOO_LARGE = (
    "max_tokens is too large: 20000. This model supports at most 4096 completion tokens, whereas you provided 20000."
)


def echoed(name: str, does: str, refusal: Do, *fields: str, **more: Any) -> Row:
    """The reasoning of earlier replies is refused: their messages change once."""
    sends = in_messages(*fields)
    return refused(
        name, does, (), refusal, **{"sends": sends, "script": refusing(sends, refusal, thinking), "rewrites": 1} | more
    )


ROWS = [
    refused(
        "max-tokens-refused",
        "400 for max_tokens: use max_completion_tokens",
        ("max_tokens",),
        unsupported("max_tokens", "max_completion_tokens"),
        inspect=lacks("max_tokens", ["max_completion_tokens"]),
    ),
    Row(
        "max-completion-tokens-refused",
        "400 for max_completion_tokens, as old vLLM",
        refusing(
            has("max_completion_tokens"),
            flat(
                "400 Bad Request",
                "[{'type': 'extra_forbidden', 'loc': ('body', 'max_completion_tokens'), "
                "'msg': 'Extra inputs are not permitted', 'input': 800}]",
            ),
        ),
        extra=None,
        settings=EVERYTHING,
        loses=LIMITS,
        inspect=lambda posts: (
            [] if sum("max_completion_tokens" in post.body for post in posts) <= 1 else ["it was sent again"]
        ),
    ),
    refused(
        "max-tokens-both-refused",
        "400 first for max_tokens, then for max_completion_tokens",
        ("max_tokens",),
        unsupported("max_tokens", "max_completion_tokens"),
        extra=None,
        most=3,
        inspect=lambda _posts: [],
        loses=LIMITS,
        script=lambda post: (
            unsupported("max_tokens", "max_completion_tokens")
            if "max_tokens" in post.body
            else unrecognized("max_completion_tokens")
            if "max_completion_tokens" in post.body
            else plain(post.reply)
        ),
    ),
    refused(
        "max-tokens-too-large",
        "400: at most 4096 completion tokens",
        LIMITS,
        error("400 Bad Request", TOO_LARGE, "invalid_request_error", param="max_tokens", code="invalid_value"),
        sends=larger_than(4096),
        extra=None,
        most=2,
        inspect=at_most_twice(larger_than(4096)),
    ),
    refused(
        "max-tokens-range",
        "400: the valid range is [1, 8192], as DeepSeek",
        LIMITS,
        error(
            "400 Bad Request",
            "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
            "invalid_request_error",
        ),
        sends=larger_than(8192),
        extra=None,
        most=2,
        inspect=at_most_twice(larger_than(8192)),
    ),
    echoed(
        "reasoning-content-refused",
        "400 for reasoning_content in messages, as Groq",
        error("400 Bad Request", GROQ % "reasoning_content", "invalid_request_error"),
        "reasoning_content",
    ),
    echoed(
        "reasoning-content-cerebras",
        "400 for it without the usual envelope, as Cerebras",
        answers(
            {
                "message": CEREBRAS % (("reasoning_content",) * 2),
                "type": "invalid_request_error",
                "param": "validation_error",
                "code": "wrong_api_format",
            },
            status="400 Bad Request",
        ),
        "reasoning_content",
    ),
    echoed(
        "reasoning-refused",
        "400 for `reasoning` in messages",
        error(
            "400 Bad Request", "messages.2.assistant.reasoning: Extra inputs are not permitted", "invalid_request_error"
        ),
        "reasoning",
    ),
    echoed(
        "reasoning-both-refused",
        "400 for both names, one after the other",
        error("400 Bad Request", GROQ % "reasoning_content", "invalid_request_error"),
        "reasoning_content",
        "reasoning",
        rewrites=2,
        extra=None,
        script=lambda post: (
            error("400 Bad Request", GROQ % "reasoning_content", "invalid_request_error")
            if in_messages("reasoning_content")(post.body)
            else error("400 Bad Request", GROQ % "reasoning", "invalid_request_error")
            if in_messages("reasoning")(post.body)
            else thinking(post.reply)
        ),
        inspect=lambda posts: (
            []
            if sum(in_messages("reasoning", "reasoning_content")(post.body) for post in posts) <= 2
            else ["sent again"]
        ),
    ),
    Row(
        "stream-refused",
        "400: streaming is not supported",
        no_stream(
            error(
                "400 Bad Request", "Streaming is not supported for this model", "invalid_request_error", param="stream"
            )
        ),
        extra=1,
        loses=("stream_options",),
    ),
    Row(
        "stream-with-tools-refused",
        "500 Cannot use tools with stream, as llama.cpp of 2025",
        no_stream(error("500 Internal Server Error", "Cannot use tools with stream")),
        extra=None,
        most=3,
        loses=("stream_options",),
    ),
]
