"""Rows: the conversation no longer fits the window, in the words of each server."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.faults.conversation import UNDONE, Post
from tests.faults.row import Failing, Row
from tests.faults.rows_http import error, flat, in_stream, page, sse_error
from tests.faults.rows_refused_limits import LIMITS
from tests.faults.rows_templates import alternating
from tests.faults.server import Do, Script, answers
from tests.faults.styles import plain

WINDOW = 8192
STORY = tuple(f"{n}번째 메모. " + "오늘 회의에서 나온 이야기를 적어 둔다. " * 110 for n in range(3))
"""Three earlier requests of about 6 KB each."""
Words = Callable[[int], Do]


def tokens(body: dict[str, Any]) -> int:
    """Of a tokenizer that knows little Korean: two bytes each."""
    return len(json.dumps([body["messages"], body.get("tools")], ensure_ascii=False).encode()) // 2


def full(words: Words, window: int = WINDOW) -> Script:
    """Too long is refused; the earlier turns came from another server and were not."""

    def script(post: Post) -> Do:
        counted = tokens(post.body)
        fits = post.stage == "other" or counted <= window
        return plain(post.reply) if fits else words(counted)

    return script


def overflows(name: str, does: str, words: Words, **more: Any) -> Row:
    """Older turns leave the context, the request is made again."""
    given: dict[str, Any] = {"script": full(words), "before": STORY, "extra": None, "most": 3, "rewrites": 3}
    return Row(name, does, **given | more)


def vllm(n: int) -> Do:
    return error(
        "400 Bad Request",
        f"This model's maximum context length is {WINDOW} tokens. However, your prompt contains {n} input "
        "tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input "
        "prompt.",
        "BadRequestError",
        param="input_tokens",
    )


def vllm_at_least(_n: int) -> Do:
    return error(
        "400 Bad Request",
        f"This model's maximum context length is {WINDOW} tokens. However, your prompt contains at least "
        f"{WINDOW + 1} input tokens, which exceeds this limit even without any output tokens. Please reduce the length "
        "of the "
        "input prompt.",
        "BadRequestError",
        param="input_tokens",
    )


def vllm_old(n: int) -> Do:
    return flat(
        "400 Bad Request",
        f"This model's maximum context length is {WINDOW} tokens. However, you requested {n} tokens in the "
        "messages, Please reduce the length of the messages.",
    )


def llama(n: int) -> Do:
    said = f"request ({n} tokens) exceeds the available context size ({WINDOW} tokens), try increasing it"
    return error("400 Bad Request", said, "exceed_context_size_error", n_prompt_tokens=n, n_ctx=WINDOW)


def llama_bare(_n: int) -> Do:
    """Before it told its numbers."""
    said = "the request exceeds the available context size. try increasing the context size or enable context shift"
    return error("400 Bad Request", said, "exceed_context_size_error")


def llama_in_stream(_n: int) -> Do:
    return in_stream(
        value={"error": {"code": 500, "message": "Context size has been exceeded.", "type": "server_error"}}
    )


def openai(n: int) -> Do:
    return error(
        "400 Bad Request",
        f"This model's maximum context length is {WINDOW} tokens. However, your messages resulted in {n} tokens. "
        "Please reduce the length of the messages.",
        "invalid_request_error",
        param="messages",
        code="context_length_exceeded",
    )


def sglang(n: int) -> Do:
    return flat(
        "400 Bad Request", f"The input ({n} tokens) is longer than the model's context length ({WINDOW} tokens)."
    )


def sglang_total(n: int) -> Do:
    return flat(
        "400 Bad Request",
        f"Requested token count exceeds the model's maximum context length of {WINDOW} tokens. You requested a "
        f"total of {n + 512} tokens: {n} tokens from the input messages and 512 tokens for the completion. Please "
        "reduce the number "
        "of tokens in the input messages or the completion to fit within the limit.",
    )


def tgi(n: int) -> Do:
    said = (
        f"Input validation error: `inputs` tokens + `max_new_tokens` must be <= {WINDOW}. "
        f"Given: {n} `inputs` tokens and 512 `max_new_tokens`"
    )
    return answers({"error": said, "error_type": "validation"}, status="422 Unprocessable Entity")


def tgi_in_stream(n: int) -> Do:
    """With status 200 (GenAIInfra #487)."""
    said = f"Input validation error: `inputs` must have less than {WINDOW} tokens. Given: {n}"
    return in_stream(value={"error": said, "error_type": "validation"})


def lm_studio(n: int) -> Do:
    said = (
        f"Trying to keep the first {n} tokens when context the overflows. However, the model is loaded with context "
        f"length of only {WINDOW} tokens, which is not enough. Try to load the model with a larger context length, or "
        "provide a shorter input"
    )
    return sse_error({"error": {"message": said}})


def anthropic(n: int) -> Do:
    return error("400 Bad Request", f"prompt is too long: {n} tokens > {WINDOW} maximum", "invalid_request_error")


def mistral(n: int) -> Do:
    said = f"Prompt contains {n} tokens and 0 draft tokens, too large for model with {WINDOW} maximum context length"
    return answers(
        {"object": "error", "message": said, "type": "invalid_request_prompt", "code": "3051"}, status="400 Bad Request"
    )


def too_large(_n: int) -> Do:
    """A proxy counts bytes, not tokens, and says so in its page."""
    return page("413 Request Entity Too Large", "<html><head><title>413 Request Entity Too Large</title></head></html>")


def room_for_the_answer(post: Post) -> Do:
    """vLLM: prompt and answer together must fit; here only the answer is too long."""
    asked = post.body.get("max_tokens") or post.body.get("max_completion_tokens") or 0
    counted = tokens(post.body)
    said = (
        f"'max_tokens' or 'max_completion_tokens' is too large: {asked}. This model's maximum context length is "
        f"{WINDOW} tokens and your "
        f"request has {counted} input tokens ({asked} > {WINDOW} - {counted})."
    )
    return flat("400 Bad Request", said) if asked + counted > WINDOW else plain(post.reply)


def never_too_long(posts: Sequence[Post]) -> list[str]:
    """Of a tokenizer as good as the client thinks."""
    sizes = [tokens(post.body) * 4 // 7 for post in posts]
    return [f"request {n + 1} had {size} tokens" for n, size in enumerate(sizes) if size > 6144]


def stays_within(posts: Sequence[Post]) -> list[str]:
    """Once told, the window is known: the requests after the last refusal all fit."""
    refused = [n for n, post in enumerate(posts) if post.stage != "other" and tokens(post.body) > WINDOW]
    return [] if len(refused) <= 2 else [f"{len(refused)} requests were too long"]


def alternating_and_full(post: Post) -> Do:
    return full(llama)(post) if tokens(post.body) > WINDOW else alternating(post)


LONG_ANSWERS = {"model": "faulty", "profiles": {"faulty": {"max_output_tokens": 7000}}}
NO_ROOM = "문맥"

ROWS = [
    overflows("overflow-vllm", "400 in vLLM's words", vllm, inspect=stays_within),
    overflows("overflow-vllm-at-least", "vLLM that stopped counting", vllm_at_least),
    overflows("overflow-vllm-old", "vLLM before 0.9", vllm_old),
    overflows("overflow-llama", "llama.cpp's exceed_context_size_error", llama, inspect=stays_within),
    overflows("overflow-llama-bare", "llama.cpp without numbers", llama_bare),
    overflows("overflow-llama-in-stream", "llama.cpp in the stream: Context size has been exceeded.", llama_in_stream),
    overflows("overflow-openai", "OpenAI's context_length_exceeded", openai),
    overflows("overflow-sglang", "SGLang's words", sglang),
    overflows("overflow-sglang-total", "SGLang with the completion counted in", sglang_total),
    overflows("overflow-tgi", "TGI with 422", tgi),
    overflows("overflow-tgi-in-stream", "TGI with 200 and an error in the stream", tgi_in_stream),
    overflows("overflow-lm-studio", "LM Studio: Trying to keep the first tokens", lm_studio),
    overflows("overflow-anthropic", "prompt is too long", anthropic),
    overflows("overflow-mistral", "Mistral's words", mistral),
    overflows("overflow-413", "a proxy's page with 413", too_large),
    overflows(
        "overflow-and-order-of-roles",
        "after the compaction the template insists on roles in turns",
        llama,
        script=alternating_and_full,
        most=4,
    ),
    overflows(
        "window-listed",
        "/v1/models says max_model_len: no request is too long for it",
        llama,
        listed={"max_model_len": 6144},
        script=lambda post: plain(post.reply),
        inspect=never_too_long,
        extra=0,
    ),
    Row(
        "max-tokens-do-not-fit",
        "vLLM: max_tokens and prompt together exceed the window",
        room_for_the_answer,
        settings=LONG_ANSWERS,
        loses=LIMITS,
        extra=1,
    ),
    Row(
        "max-tokens-do-not-fit-the-listed-window",
        "the same, and /v1/models had said how long the window is",
        room_for_the_answer,
        settings=LONG_ANSWERS,
        loses=LIMITS,
        listed={"max_model_len": WINDOW},
        extra=None,
        most=1,
    ),
    Row(
        "window-too-small-for-anything",
        "a window that holds not even the first request",
        full(llama, 500),
        task=UNDONE,
        fails=Failing(mentions=(NO_ROOM,)),
        most=3,
    ),
]
