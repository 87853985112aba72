"""Everything that can go wrong with an attempt, sorted by what is to be done about it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from agent.model.http import refusals
from agent.model.reading.faults import Empty, Looping, NotAModel, ReplyFault, ServerSaid, Unfinished
from agent.text import one_line

Trouble = Literal[
    "unreachable", "busy", "loading", "stale", "cut", "silent", "said", "empty", "page", "looping", "thinking", "fatal"
]
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LOADING = re.compile(r"\bloading\b|\bload(?:s|ed)? the model|not (?:yet )?(?:loaded|ready)|starting up", re.IGNORECASE)
_SPENT = re.compile(
    r"insufficient_quota|exceeded your current quota|billing|out of credits?|no credits?", re.IGNORECASE
)
_SHOWN = 300
"""Characters of a server's message that a user is shown."""


class Stalled(Exception):
    """The server fell silent inside its answer."""


class ThoughtTooLong(Exception):
    """The model used up its budget of thinking, and the server does not hold it to that."""


FAULTS = (APIError, httpx2.HTTPError, httpx2.StreamError, ReplyFault, Stalled, ThoughtTooLong, json.JSONDecodeError)
"""What an attempt may raise; anything else is a bug."""


@dataclass(frozen=True)
class Fault:
    """One failed attempt. `said` is the server's message, `hint` overrides the usual advice."""

    trouble: Trouble
    said: str = ""
    status: int = 0
    retry_after: float | None = None
    hint: str = ""


def understood(error: Exception, key: str) -> Fault:
    """The fault behind an exception; `key` is kept out of what is shown, as a server that refuses it may repeat it."""
    fault = _sorted(error)
    said = fault.said.replace(key, "•••") if len(key) > len("none") else fault.said
    return Fault(fault.trouble, one_line(said, _SHOWN), fault.status, fault.retry_after, fault.hint)


def _sorted(error: Exception) -> Fault:
    match error:
        case APIStatusError():
            return _refused(error)
        case ServerSaid(status=status):
            return _reported(str(error), status)
        case APIConnectionError():
            return Fault(_lost(error), str(error.__cause__ or error))
    plain = (trouble for kind, trouble in _PLAIN.items() if isinstance(error, kind))
    return Fault(next(plain, "cut"), str(error) or type(error).__name__)


def _lost(error: APIConnectionError) -> Trouble:
    """What became of the connection before an answer began."""
    if isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout):
        return "unreachable"
    return "silent" if isinstance(error, APITimeoutError) else "stale"


_PLAIN: dict[type[Exception], Trouble] = {
    Stalled: "silent",
    httpx2.TimeoutException: "silent",
    NotAModel: "page",
    Empty: "empty",
    Looping: "looping",
    ThoughtTooLong: "thinking",
    Unfinished: "thinking",
}


def _reported(said: str, status: int) -> Fault:
    """An error inside an answer that began well: tried again unless it is about the request itself."""
    trouble: Trouble = "fatal" if 400 <= status < 500 and status not in _BUSY else "said"
    return Fault(trouble, said, status)


def _refused(error: APIStatusError) -> Fault:
    status, said = error.status_code, _message(error)
    shown = _title(said) if _is_page(error) else said
    if status == 503 and _LOADING.search(said):
        return Fault("loading", said, status, _retry_after(error.response.headers))
    if status == 429 and _SPENT.search(raw_message(error)):
        return Fault("fatal", shown, status, hint="남은 사용량과 결제를 확인하거나 다른 모델을 고르세요.")
    if status in _BUSY:
        return Fault("busy", shown, status, _retry_after(error.response.headers))
    return Fault("fatal", shown, status, hint=_HINTS.get(status, ""))


def _message(error: APIStatusError) -> str:
    body: Any = error.body
    if isinstance(body, dict):
        told = body.get("message") or body.get("detail") or body.get("error")
        return told if isinstance(told, str) else json.dumps(told or body, ensure_ascii=False)
    return str(body or error.message)


def raw_message(error: Exception) -> str:
    """All that the server said, for finding out what it means."""
    if not isinstance(error, APIStatusError):
        return str(error)
    return json.dumps(error.body, ensure_ascii=False) if isinstance(error.body, dict | list) else _message(error)


def _is_page(error: APIStatusError) -> bool:
    return "html" in error.response.headers.get("content-type", "") or "<html" in _message(error)[:500].casefold()


def _title(page: str) -> str:
    _, _, rest = page.partition("<title>")
    return rest.partition("</title>")[0].strip() or "웹 페이지"


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds; a date is left to the usual delays."""
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None


def is_overflow(error: Exception, body: Mapping[str, Any]) -> bool:
    """The request is longer than the window."""
    if not isinstance(error, APIStatusError | ServerSaid):
        return False
    status = error.status_code if isinstance(error, APIStatusError) else 400
    limits_answer = not body.keys().isdisjoint(refusals.LIMITS_OF_ANSWER)
    return status == 413 or (status != 429 and refusals.too_long(raw_message(error), limits_answer))


_HINTS = {
    401: "API 키를 MODU_API_KEY 로 주세요.",
    403: "이 키(MODU_API_KEY)로는 쓸 수 없는 모델입니다. 권한을 확인하거나 다른 모델을 고르세요.",
    404: "주소 끝이 /v1 인지, 모델 이름이 맞는지 확인하세요. (modu models)",
    400: "서버의 로그를 확인하거나 다른 프로필(--model)을 고르세요.",
}
