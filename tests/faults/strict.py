"""What the strictest servers and chat templates refuse in a request: vLLM, llama.cpp, mistral-common, OpenAI.

Sources: vLLM `chat_completion/protocol.py`, llama.cpp `common/chat.cpp`, mistral-common's request validator, the
pattern of function names in OpenAI's reference.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_ROLES = ("system", "user", "assistant", "tool")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass
class Strict:
    """Reads the requests of one session in order: each must begin with the one before."""

    model: str
    rewrites: int = 0
    """How often a request may start anew: after a compaction, after a refused field."""
    _last: dict[str, Any] = field(default_factory=dict)

    def read(self, raw: bytes) -> tuple[dict[str, Any], list[str]]:
        """The body, and what is wrong with it."""
        twice: list[str] = []

        def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            names = [name for name, _ in pairs]
            twice.extend(name for name in set(names) if names.count(name) > 1)
            return dict(pairs)

        try:
            body = json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_constant=_no_number)
        except ValueError as error:
            return {}, [f"no JSON in UTF-8: {error}"]
        if not isinstance(body, dict):
            return {}, ["no JSON object"]
        return body, [*(f"{name!r} stands twice" for name in twice), *self._faults(body)]

    def _faults(self, body: dict[str, Any]) -> Iterator[str]:
        if body.get("model") != self.model:
            yield f"the model is {body.get('model')!r}, not {self.model!r}"
        if _SURROGATE.search(json.dumps(body, ensure_ascii=False)):
            yield "half a surrogate pair"
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            yield "no messages"
            return
        yield from _tools(body.get("tools"))
        for number, message in enumerate(messages):
            yield from (f"message {number}: {fault}" for fault in _message(message, number))
        yield from _order(messages)
        yield from self._prefix(body)

    def _prefix(self, body: dict[str, Any]) -> Iterator[str]:
        last, self._last = self._last, body
        broken = _first_difference(last, body)
        if broken and self.rewrites:
            self.rewrites -= 1
        elif broken:
            yield f"the earlier request is no prefix: {broken}"


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _first_difference(last: dict[str, Any], body: dict[str, Any]) -> str:
    earlier, now = last.get("messages", []), body["messages"]
    if last and json.dumps(last.get("tools")) != json.dumps(body.get("tools")):
        return "other tools"
    for number, message in enumerate(earlier):
        if number >= len(now):
            return f"{len(earlier) - number} messages fewer"
        if (old := json.dumps(message, ensure_ascii=False)) != (new := json.dumps(now[number], ensure_ascii=False)):
            return f"message {number} was {old[:160]}, is {new[:160]}"
    return ""


def _message(message: Any, number: int) -> Iterator[str]:
    role = message.get("role")
    if role not in _ROLES:
        yield f"role {role!r}"
    if role == "system" and number:
        yield "a system message that is not the first"
    if not isinstance(message.get("content"), str):
        yield f"content is {message.get('content')!r}, no string"
    elif not message["content"] and role != "tool" and not message.get("tool_calls"):
        yield f"an empty {role} message"
    if "tool_calls" in message and not message["tool_calls"]:
        yield "an empty list of calls"
    for call in message.get("tool_calls", ()):
        yield from _call(call)


def _call(call: dict[str, Any]) -> Iterator[str]:
    name, arguments = call["function"].get("name"), call["function"].get("arguments")
    if call.get("type") != "function":
        yield f"a call of type {call.get('type')!r}"
    if not isinstance(call.get("id"), str) or not call["id"]:
        yield f"a call with the id {call.get('id')!r}"
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"{name!r} is no function name"
    if not isinstance(arguments, str) or not _is_object(arguments):
        yield f"arguments {arguments!r} are no JSON object in a string"


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text, parse_constant=_no_number), dict)
    except ValueError:
        return False


def _order(messages: list[dict[str, Any]]) -> Iterator[str]:
    """Every call is answered directly after its message, in order, once."""
    due: list[str] = []
    seen: set[str] = set()
    for number, message in enumerate(messages):
        if message.get("role") == "tool":
            if due[:1] != [message.get("tool_call_id")]:
                yield f"message {number} answers {message.get('tool_call_id')!r}, next in turn is {due[:1]}"
            due = due[1:]
            continue
        if due:
            yield f"message {number} comes before the results of {due}"
        due = [call.get("id") for call in message.get("tool_calls", ())]
        if seen & set(due) or len(set(due)) < len(due):
            yield f"an id of {due} stands twice"
        seen |= set(due)
    if due:
        yield f"no results of {due}"
    if messages[-1].get("role") not in ("user", "tool"):
        yield f"the last message is of role {messages[-1].get('role')!r}"


def _tools(tools: Any) -> Iterator[str]:
    if tools is None:
        return
    if not isinstance(tools, list) or not tools:
        yield f"tools are {tools!r}"
        return
    names = [tool["function"]["name"] for tool in tools]
    if len(set(names)) < len(names):
        yield "two tools of one name"
    for tool in tools:
        function = tool["function"]
        if tool.get("type") != "function" or not _NAME.fullmatch(function["name"]):
            yield f"{function['name']!r} is no tool"
        schema = function.get("parameters")
        if not isinstance(schema, dict) or schema.get("type") != "object" or "properties" not in schema:
            yield f"{function['name']}: no schema of an object"
