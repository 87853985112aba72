"""What a request makes the model read, and how much of it the next request repeats."""

import json
from typing import Any

from tests.bench.peers.dialects import Json


def tool_names(body: Json) -> frozenset[str]:
    """Built-in tools have a type and no name."""
    tools = body.get("tools") or []
    return frozenset(tool.get("name") or tool.get("function", {}).get("name") or tool["type"] for tool in tools)


def rendered(body: Json) -> bytes:
    """Tools, then system, then messages, as chat templates order them; the order of keys is the sender's.

    What no template shows is left out: ids, marks for a provider's cache, how a text is cut into blocks.
    """
    lines = [json.dumps(tool, ensure_ascii=False) for tool in body.get("tools") or []]
    if system := body.get("instructions") or body.get("system"):
        lines.append(f"system: {_text(system)}")
    messages = body.get("messages") or body.get("input") or []
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    lines += map(_message, messages)
    return "\n".join([*lines, ""]).encode()


def repeated(earlier: bytes, later: bytes) -> float:
    """The share of the earlier prompt that the later one begins with, in percent."""
    return 100 * _parting(earlier, later) / len(earlier)


def where_they_part(earlier: bytes, later: bytes) -> str:
    """The last that two prompts have in common, and how each goes on."""
    place = _parting(earlier, later)
    shown = (earlier[max(place - 30, 0) : place], earlier[place : place + 20], later[place : place + 20])
    same, one, other = (text.decode(errors="ignore") for text in shown)
    return f"{same!r} goes on {one!r}, then {other!r}"


def _parting(earlier: bytes, later: bytes) -> int:
    shorter = min(len(earlier), len(later))
    return next((place for place in range(shorter) if earlier[place] != later[place]), shorter)


def _message(message: Json) -> str:
    role = message.get("role") or message.get("type")
    calls = "".join(_call(call["function"]) for call in message.get("tool_calls") or [])
    return f"{role}: {_text(message['content']) if 'content' in message else _part(message)}{calls}"


def _call(call: Json) -> str:
    arguments = call.get("arguments", call.get("input"))
    if isinstance(arguments, str):
        arguments = json.loads(arguments or "{}")
    return f"<call {call['name']} {json.dumps(arguments, ensure_ascii=False)}>"


def _text(content: Any) -> str:
    match content:
        case None:
            return ""
        case str():
            return content
        case list():
            return "".join(map(_text, content))
        case _:
            return _part(content)


def _part(part: Json) -> str:
    match part.get("type"):
        case "tool_use" | "function_call":
            return _call(part)
        case "tool_result":
            return _text(part.get("content"))
        case "function_call_output":
            return _text(part.get("output"))
        case _ if "text" in part:
            return str(part["text"])
        case _:
            return json.dumps(part, ensure_ascii=False)
