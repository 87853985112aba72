"""Rows: fields that a server does not know. Each is left out, the request made again, and it never comes back."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.conversation import Post
from tests.faults.row import Row
from tests.faults.rows_http import detail, empty, error
from tests.faults.server import Do, Script
from tests.faults.styles import Style, plain

Body = dict[str, Any]
Sends = Callable[[Body], bool]
EVERYTHING: dict[str, Any] = {
    "model": "faulty",
    "profiles": {
        "faulty": {
            "context_tokens": 32_768,
            "max_output_tokens": 20_000,
            "sampling": {"temperature": 0.6, "top_p": 0.95, "top_k": 20, "min_p": 0.05, "repetition_penalty": 1.05},
            "thinking": {"switch": "kwarg", "default": True, "in_history": True},
            "extra_body": {"parallel_tool_calls": False, "seed": 7},
        }
    },
}
"""A profile that sends all that can be sent."""


def has(*names: str) -> Sends:
    return lambda body: all(name in body for name in names)


def in_messages(*names: str) -> Sends:
    return lambda body: any(name in message for message in body["messages"] for name in names)


def refusing(sends: Sends, refusal: Do, style: Style = plain) -> Script:
    return lambda post: refusal if sends(post.body) else style(post.reply)


def only_once(sends: Sends) -> Callable[[Sequence[Post]], list[str]]:
    """It was sent and refused, and that was all."""

    def inspect(posts: Sequence[Post]) -> list[str]:
        times = sum(sends(post.body) for post in posts)
        return [] if times == 1 else [f"what is refused was sent {times} times"]

    return inspect


def refused(name: str, does: str, names: tuple[str, ...], refusal: Do, **more: Any) -> Row:
    """These fields, and no other, are gone from then on. `sends`: whether a request is refused."""
    sends: Sends = more.pop("sends", has(*names))
    given: dict[str, Any] = {
        "script": refusing(sends, refusal),
        "inspect": only_once(sends),
        "settings": EVERYTHING,
        "extra": 1,
        "loses": names,
    }
    return Row(name, does, **given | more)


def unsupported(name: str, instead: str = "") -> Do:
    """OpenAI's words."""
    hint = f" Use '{instead}' instead." if instead else ""
    message = f"Unsupported parameter: '{name}' is not supported with this model.{hint}"
    return error("400 Bad Request", message, "invalid_request_error", param=name, code="unsupported_parameter")


def unrecognized(*names: str) -> Do:
    message = f"Unrecognized request argument{'s' if len(names) > 1 else ''} supplied: {', '.join(names)}"
    return error("400 Bad Request", message, "invalid_request_error", param=None, code=None)


def forbidden(*names: str) -> Do:
    """pydantic's words behind FastAPI, as Mistral's API."""
    return detail(
        "422 Unprocessable Entity",
        [
            {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 1}
            for name in names
        ],
    )


BOTH = "The `temperature` and `top_p` cannot both be specified for this model. Please use only one."

SAMPLERS = ("top_k", "min_p", "repetition_penalty")
OPTIONAL = (
    "stream_options",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "seed",
    "parallel_tool_calls",
    "chat_template_kwargs",
)


ROWS = [
    refused(
        "stream-options-refused",
        "400 for stream_options, as Fireworks",
        ("stream_options",),
        error(
            "400 Bad Request",
            "Extra inputs are not permitted, field: 'stream_options', value: {'include_usage': True}",
            "invalid_request_error",
        ),
        settings={},
    ),
    refused(
        "stream-options-forbidden",
        "422 for it in pydantic's words",
        ("stream_options",),
        forbidden("stream_options"),
        settings={},
    ),
    refused(
        "temperature-refused",
        "400 for temperature, as OpenAI's reasoning models",
        ("temperature",),
        error(
            "400 Bad Request",
            "Unsupported value: 'temperature' does not support 0.6 with this model. "
            "Only the default (1) value is supported.",
            "invalid_request_error",
            param="temperature",
            code="unsupported_value",
        ),
    ),
    refused("top-p-refused", "400 for top_p", ("top_p",), unsupported("top_p")),
    refused(
        "temperature-and-top-p",
        "400 for temperature and top_p together",
        ("temperature", "top_p"),
        error("400 Bad Request", BOTH, "invalid_request_error"),
    ),
    refused(
        "chat-template-kwargs-refused",
        "400 for chat_template_kwargs, as OpenAI",
        ("chat_template_kwargs",),
        unrecognized("chat_template_kwargs"),
    ),
    refused(
        "chat-template-kwargs-mistral",
        "400 for it, as vLLM with a Mistral tokenizer",
        ("chat_template_kwargs",),
        error(
            "400 Bad Request",
            "chat_template is not supported for Mistral tokenizers.",
            "BadRequestError",
            param="chat_template",
        ),
    ),
    refused(
        "samplers-refused",
        "400 for three fields at once",
        SAMPLERS,
        unrecognized(*SAMPLERS),
        sends=lambda body: bool(body.keys() & set(SAMPLERS)),
    ),
    refused(
        "samplers-forbidden",
        "422 for three fields at once",
        SAMPLERS,
        forbidden(*SAMPLERS),
        sends=lambda body: bool(body.keys() & set(SAMPLERS)),
    ),
    refused(
        "parallel-tool-calls-refused",
        "400 for parallel_tool_calls",
        ("parallel_tool_calls",),
        unsupported("parallel_tool_calls"),
    ),
    refused("seed-refused", "400 for a field of the user's own", ("seed",), unrecognized("seed")),
    Row(
        "tool-choice-refused",
        "400 for tool_choice",
        refusing(has("tool_choice"), unsupported("tool_choice")),
        extra=None,
        inspect=lambda posts: [] if sum("tool_choice" in post.body for post in posts) <= 1 else ["it was sent again"],
    ),
    refused(
        "refused-without-words",
        "400 with an empty body while stream_options is there (qwen-code #11045)",
        ("stream_options",),
        empty("400 Bad Request"),
        settings={},
    ),
    refused(
        "nine-fields-refused-in-turn",
        "one unknown field after the other",
        OPTIONAL,
        unrecognized("x"),
        extra=None,
        most=12,
        script=lambda post: next((unrecognized(name) for name in OPTIONAL if name in post.body), plain(post.reply)),
        inspect=lambda posts: [
            f"{name} was sent {times} times"
            for name in OPTIONAL
            if (times := sum(name in post.body for post in posts)) > len(OPTIONAL)
        ],
    ),
]
