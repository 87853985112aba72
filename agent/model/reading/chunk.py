"""One JSON object of a stream as the few fields that matter, under whatever names and in whatever shape they come."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent.model.reading.faults import Cut, Looping, ReplyFault, ServerSaid
from agent.text import one_line

_REASONING = ("reasoning", "reasoning_content", "thinking")
"""vLLM >= 0.16 and Ollama; SGLang, llama.cpp and older vLLM; Ollama's own protocol."""
_LENGTH = {"length", "max_tokens", "max_output_tokens", "model_length"}
_NO_REASON = {"", "null", "none"}
_SUMMARY = 8
"""Characters from which a last chunk that repeats all that came is a summary and no chance."""


@dataclass(slots=True)
class Piece:
    """What one chunk adds."""

    text: str = ""
    thought: str = ""
    calls: tuple[Any, ...] = ()
    reason: str = ""
    """How the reply ends, `length` or anything else; empty while it goes on."""
    whole: bool = False
    """The chunk held a message, not a change to one."""


class ChunkReader:
    """Reads the chunks of one reply in order."""

    def __init__(self) -> None:
        self._choice: Any = None
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._calls = False
        self._changes = False

    def read(self, chunk: Mapping[str, Any]) -> Piece | None:
        """None if the chunk says nothing of the reply. Raises `ServerSaid`, `Cut` or `Looping`."""
        if fault := _reported(chunk):
            raise fault
        choice = self._chosen(chunk)
        if choice is None:
            return None
        change, message = choice.get("delta"), choice.get("message")
        said = change if isinstance(change, dict) and change else message
        piece = _piece(said) if isinstance(said, dict) else Piece(text=_text(choice.get("text")))
        piece.reason = _reason(choice)
        piece.whole = isinstance(message, dict)
        self._drop_repeated(piece, is_change=said is change)
        return piece

    def _chosen(self, chunk: Mapping[str, Any]) -> Mapping[str, Any] | None:
        choices = chunk.get("choices")
        if isinstance(choices, list):
            for choice in choices:
                if isinstance(choice, dict) and self._is_ours(choice):
                    return choice
        # Ollama's own protocol has no choices.
        return {"finish_reason": _ollama_reason(chunk), **chunk} if isinstance(chunk.get("message"), dict) else None

    def _is_ours(self, choice: Mapping[str, Any]) -> bool:
        index = choice.get("index") or 0
        if self._choice is None:
            self._choice = index
        return bool(index == self._choice)

    def _drop_repeated(self, piece: Piece, *, is_change: bool) -> None:
        """Some servers send the whole message once more at the end."""
        if not is_change and self._changes:
            piece.text = "" if self._texts else piece.text
            piece.thought = "" if self._thoughts else piece.thought
            piece.calls = () if self._calls else piece.calls
        elif piece.reason:
            piece.text = "" if _repeats(piece.text, self._texts) else piece.text
            piece.thought = "" if _repeats(piece.thought, self._thoughts) else piece.thought
        self._changes = self._changes or is_change
        self._calls = self._calls or bool(piece.calls)
        if piece.text:
            self._texts.append(piece.text)
        if piece.thought:
            self._thoughts.append(piece.thought)


def _repeats(piece: str, earlier: list[str]) -> bool:
    return len(piece) >= _SUMMARY and bool(earlier) and piece == "".join(earlier)


def _piece(said: Mapping[str, Any]) -> Piece:
    content = said.get("content")
    calls = _listed(said.get("tool_calls"))
    if legacy := said.get("function_call"):
        calls = (*calls, {"index": -1, "function": legacy})
    if content is None or isinstance(content, str):
        return Piece(content or _text(said.get("refusal")), _thought(said), calls)
    parts = list(_parts(content))
    return Piece(
        "".join(text for kind, text in parts if kind == "text"),
        _thought(said) or "".join(text for kind, text in parts if kind == "thought"),
        calls,
    )


def _listed(calls: Any) -> tuple[Any, ...]:
    return tuple(calls) if isinstance(calls, list) else (calls,) if isinstance(calls, dict) else ()


def _thought(said: Mapping[str, Any]) -> str:
    for name in _REASONING:
        if value := said.get(name):
            return value if isinstance(value, str) else _text(value)
    return _text(said.get("reasoning_details")) if "reasoning_details" in said else ""


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(text for _, text in _parts(content))


def _parts(content: Any) -> Iterator[tuple[str, str]]:
    """Kind (`text` or `thought`) and text of every part of a content that is no plain string."""
    for part in content if isinstance(content, list) else [content]:
        match part:
            case str():
                yield "text", part
            case {"type": str(kind)} if kind.startswith(("thinking", "reasoning")):
                yield (
                    "thought",
                    _flat(next((part[key] for key in (*_REASONING, "text", "summary") if part.get(key)), "")),
                )
            case dict():
                yield "text", _flat(part.get("text") or part.get("content") or part.get("refusal"))


def _flat(inner: Any) -> str:
    """Mistral puts a list of texts into a thinking part."""
    parts = inner if isinstance(inner, list) else [inner]
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


def _ollama_reason(chunk: Mapping[str, Any]) -> str:
    return str(chunk.get("done_reason") or "stop") if chunk.get("done") is True else ""


def _reason(choice: Mapping[str, Any]) -> str:
    """Raises what makes the reply unusable."""
    if error := choice.get("error"):
        raise _said(error)
    reported = choice.get("finish_reason")
    if isinstance(reported, dict):
        reported = reported.get("type")
    reason = reported.lower() if isinstance(reported, str) else ""
    match reason:
        case "error":
            raise ServerSaid("the server ended the reply with an error")
        case "abort":
            raise Cut("the server gave the reply up")
        case "content_filter":
            raise ServerSaid("the server's content filter has withheld the reply")
        case "repetition":
            raise Looping("repetition")
    return "" if reason in _NO_REASON else "length" if reason in _LENGTH else "stop"


def _reported(chunk: Mapping[str, Any]) -> ReplyFault | None:
    """The error that stands where a piece of the answer should be."""
    if error := chunk.get("error"):
        return _said(error)
    if chunk.get("object") == "error":
        return _said(chunk)
    message = chunk.get("detail") or chunk.get("message")
    if "choices" not in chunk and message and (not isinstance(message, dict) or "detail" in chunk):
        return _said({**chunk, "message": message})
    return None


def _said(error: Any) -> ServerSaid:
    if isinstance(error, dict) and isinstance(error.get("error"), dict):
        error = error["error"]
    if not isinstance(error, dict):
        return ServerSaid(one_line(str(error), 500))
    message = next((error[key] for key in ("message", "msg", "detail", "error", "type") if error.get(key)), error)
    codes = (_status(error.get(key)) for key in ("code", "status", "status_code", "http_code"))
    return ServerSaid(one_line(str(message), 500), next((code for code in codes if code), 0))


def _status(value: Any) -> int:
    number = (
        int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) == 3 else value
    )
    return number if isinstance(number, int) and 400 <= number <= 599 else 0
