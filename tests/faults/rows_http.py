"""Rows: statuses, pages and errors that come once and go away."""

import json
from collections.abc import Sequence
from typing import Any

from tests.faults.conversation import CREATE, Post, Reply
from tests.faults.row import Row
from tests.faults.server import MODEL, Do, Script, answers, sends
from tests.faults.styles import DONE, chunk, deltas, event, first, plain, stream, styled

PAGE = (
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center></body></html>"
)


def page(status: str, text: str = PAGE) -> Do:
    """What a proxy shows when the model server is away."""
    body = text.encode()
    head = f"HTTP/1.1 {status}\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
    return sends(head.encode(), body)


def error(status: str, message: str, kind: str = "server_error", headers: str = "", **more: Any) -> Do:
    code = int(status[:3])
    return answers(
        {"error": {"message": message, "type": kind, "param": None, "code": code} | more},
        status=status,
        headers=headers,
    )


def flat(status: str, message: str, kind: str = "BadRequestError") -> Do:
    """The shape of vLLM before 0.10 and of SGLang."""
    return answers(
        {"object": "error", "message": message, "type": kind, "param": None, "code": int(status[:3])}, status=status
    )


def detail(status: str, value: Any) -> Do:
    """The shape of FastAPI."""
    return answers({"detail": value}, status=status)


def empty(status: str) -> Do:
    return sends(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())


def in_stream(*before: dict[str, Any], value: Any) -> Do:
    """An error object where the next delta should be."""
    return stream(*(event(chunk(one)) for one in before), event(value), DONE)


def sse_error(value: Any) -> Do:
    """The same under an event name of its own, as SGLang's router and TGI."""
    return stream(b"event: error\ndata: " + json.dumps(value).encode() + b"\n\n")


def once(name: str, does: str, do: Do, **more: Any) -> Row:
    """Once instead of the call, then all is well."""
    return Row(name, does, first(do), **{"extra": 1} | more)


def at_both(do: Do) -> Script:
    """Once at every stage: before the call, before the answer, in the next turn."""

    def script(post: Post) -> Do:
        return do if post.nth == 1 else plain(post.reply)

    return script


def came_back_after_a_second(posts: Sequence[Post]) -> list[str]:
    """The least that was asked for, no measure of speed."""
    waited = posts[1].at - posts[0].at
    return [] if waited >= 0.95 else [f"came back after {waited:.2f} s"]


def unlisted(name: str, does: str, models: Do) -> Row:
    """The list of models is no help; the profile knows the name."""
    named = {"model": "faulty", "profiles": {"faulty": {"served_name": MODEL}}}
    return Row(name, does, styled(plain), models=models, settings=named)


OOM = {"error": {"message": "CUDA out of memory", "type": "InternalServerError", "param": None, "code": 500}}
ENGINE = {"object": "error", "message": "EngineCore encountered an issue", "type": "InternalServerError", "code": 500}
SAID = deltas(Reply(CREATE.answer))
CALLED = deltas(Reply(calls=CREATE.calls))

ROWS = [
    unlisted("models-404", "no /v1/models", detail("404 Not Found", "Not Found")),
    unlisted("models-500", "500 for /v1/models", error("500 Internal Server Error", "Internal server error")),
    unlisted("models-page", "a page for /v1/models", page("200 OK")),
    unlisted("models-empty", "an empty list of models", answers({"object": "list", "data": []})),
    unlisted("models-null", "null for the list of models", answers({"object": "list", "data": None})),
    unlisted("models-reset", "the connection is reset at /v1/models", sends(ends="reset")),
    once("html-502", "a proxy's page with 502, once", page("502 Bad Gateway")),
    once("html-200", "a proxy's page with 200, once", page("200 OK")),
    once("html-504", "a page with 504, once", page("504 Gateway Time-out")),
    once("empty-200", "200 and nothing at all, once", empty("200 OK")),
    once("no-content", "204, once", sends(b"HTTP/1.1 204 No Content\r\n\r\n")),
    once("null-json", "the JSON null, once", answers(None)),
    once(
        "text-200",
        "a sentence that is no JSON, once",
        sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\nupstream is starting"),
    ),
    once(
        "429-with-retry-after",
        "429 with Retry-After: 1",
        error("429 Too Many Requests", "Rate limit", headers="Retry-After: 1\r\n"),
        inspect=came_back_after_a_second,
    ),
    once("429-without", "429 without", error("429 Too Many Requests", "Rate limit reached", "requests")),
    once(
        "429-with-date",
        "429 with a date in the past",
        error("429 Too Many Requests", "Slow down", headers="Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
    ),
    once("500-once", "500, once", error("500 Internal Server Error", "Internal server error")),
    once(
        "500-text",
        "500 without JSON, once",
        sends(
            b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\r\n",
            b"Internal Server Error",
        ),
    ),
    once("502-once", "502 in JSON, once", error("502 Bad Gateway", "Bad gateway")),
    once(
        "503-once",
        "503, once",
        error("503 Service Unavailable", "The server is overloaded", headers="Retry-After: 0\r\n"),
    ),
    once("529-overloaded", "529, once", error("529 Overloaded", "Overloaded", "overloaded_error")),
    once("408-once", "408, once", error("408 Request Timeout", "Request timed out")),
    Row(
        "loading-twice",
        "503 Loading model, twice, as llama.cpp",
        first(*[error("503 Service Unavailable", "Loading model", "unavailable_error")] * 2),
        extra=2,
    ),
    Row(
        "500-at-every-stage",
        "500 once before every answer",
        at_both(error("500 Internal Server Error", "Internal server error")),
        extra=2,
        rewrites=0,
    ),
    once("error-event-first", "an error object as first event, once", in_stream(value=OOM)),
    once("error-event-flat", "the same in vLLM's older shape", in_stream(value=ENGINE)),
    once(
        "error-event-string",
        "TGI: the error is a string",
        in_stream(
            value={"error": "Request failed during generation: Server error: CUDA error", "error_type": "generation"}
        ),
    ),
    once("error-event-named", "under `event: error`", sse_error({"message": "upstream connect error", "code": 502})),
    once("error-json-200", "an error object with status 200, no stream", answers(OOM)),
    Row(
        "error-event-in-text",
        "an error object in the middle of the answer, once",
        first(in_stream(*SAID[:3], value=OOM), stage="answer"),
        extra=1,
    ),
    once("error-event-in-call", "in the middle of a call, once", in_stream(*CALLED[:2], value=OOM)),
    once("error-event-after-call", "after a whole call, before its finish_reason, once", in_stream(*CALLED, value=OOM)),
    Row(
        "finish-error",
        "finish_reason error in the middle of the answer, once, as OpenRouter",
        first(stream(*(event(chunk(one)) for one in SAID[:3]), event(chunk({}, "error")), DONE), stage="answer"),
        extra=1,
    ),
    once(
        "abort",
        "finish_reason abort with nothing said, once, as vLLM when its engine restarts",
        stream(event(chunk({"role": "assistant", "content": ""})), event(chunk({}, "abort")), DONE),
    ),
]
