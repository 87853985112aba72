"""A `ChatRequest` as the JSON of the OpenAI chat protocol. Deterministic: the same request gives the same bytes."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from agent.model.contract import (
    AssistantMessage,
    CallMessage,
    ChatRequest,
    Message,
    SystemMessage,
    ToolMessage,
    ToolSpec,
    UserMessage,
)
from agent.model.http.prompted import as_text, instructions
from agent.settings import Profile

Json = dict[str, Any]

_OPENS_A_MARK = re.compile(
    r"<(?=\s{0,3}/?\s{0,3}(?:outside|(?:think|tool_call|tool_response|tool_output)\b)|[|｜][^\s<>|｜]{1,60}[|｜]>)",
    re.IGNORECASE,
)
"""Our own marks, and the tokens by which chat templates change the speaker: `<|im_start|>`."""


def conversation(request: ChatRequest, profile: Profile, refused: frozenset[str]) -> Json:
    """`tools` and `messages`; tools first, as chat templates render them, and what grows last."""
    echoes = profile.thinking.in_history and "reasoning" not in refused
    if request.tools and (profile.template.tools == "prompt" or "tools" in refused):
        tools, messages = [], list(as_text(_opened(request), marked))
    else:
        tools = [_tool(tool) for tool in request.tools]
        messages = list(_with_tool_names(request.messages) if profile.template.drops_tool_ids else request.messages)
    written = _merged(_message(one, echoes) for one in _placed(messages, profile, refused))
    return ({"tools": tools} if tools else {}) | {"messages": written}


def _opened(request: ChatRequest) -> Iterable[Message]:
    """The tools are described where a server that knows no tools still reads them."""
    head, *rest = request.messages
    text = instructions(request.tools)
    if isinstance(head, SystemMessage):
        return (SystemMessage(text=f"{head.text}\n\n{text}"), *rest)
    return (SystemMessage(text=text), *request.messages)


def _placed(messages: Sequence[Message], profile: Profile, refused: frozenset[str]) -> Sequence[Message]:
    """Without a system role, the system prompt opens the first message of the user."""
    match messages:
        case [SystemMessage(text=system), UserMessage() as first, *rest] if (
            not profile.template.system_role or "system" in refused
        ):
            return [first.model_copy(update={"text": f"{system}\n\n{first.text}"}), *rest]
    return messages


def _with_tool_names(messages: Sequence[Message]) -> Sequence[Message]:
    """A template that drops the ids matches results by order; the name says what each one is."""
    parallel = {
        call.id
        for message in messages
        if isinstance(message, AssistantMessage) and len(message.calls) > 1
        for call in message.calls
    }
    return [
        message.model_copy(update={"text": f"[{message.tool}] {message.text}"})
        if isinstance(message, ToolMessage) and message.call_id in parallel
        else message
        for message in messages
    ]


def _merged(messages: Iterable[Json]) -> list[Json]:
    """Neighbouring messages of the user become one: templates want the roles to take turns."""
    merged: list[Json] = []
    for message in messages:
        if merged and merged[-1]["role"] == message["role"] == "user":
            merged[-1]["content"] += f"\n\n{message['content']}"
        else:
            merged.append(message)
    return merged


def _tool(tool: ToolSpec) -> Json:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _message(message: Message, echoes: bool) -> Json:
    match message:
        case SystemMessage(text=text):
            return {"role": "system", "content": text}
        case UserMessage(text=text, attached=attached, aside=aside):
            parts = (text, marked(attached) if attached else "", aside)
            return {"role": "user", "content": "\n\n".join(part for part in parts if part)}
        case AssistantMessage(text=text, reasoning=reasoning, calls=calls):
            said: Json = {"role": "assistant", "content": text}
            if reasoning and echoes:
                # Which of the two names a server reads depends on its version.
                said |= {"reasoning": reasoning, "reasoning_content": reasoning}
            if calls:
                said["tool_calls"] = [_call(call) for call in calls]
            return said
        case ToolMessage(call_id=call_id, text=text, outside=outside, failed=failed):
            content = f"{'[실패] ' if failed else ''}{marked(text) if outside else text}"
            return {"role": "tool", "tool_call_id": _short(call_id), "content": content}


def _call(call: CallMessage) -> Json:
    written = json.dumps(call.arguments, ensure_ascii=False, separators=(",", ":"))
    return {"id": _short(call.id), "type": "function", "function": {"name": _name(call.name), "arguments": written}}


def _name(called: str) -> str:
    """A model may call what is no name at all; servers refuse a history in which it stands as it was written."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", called)[:64] or "_"


def _short(call_id: str) -> str:
    """Nine letters and digits: Mistral's templates take no other id."""
    return hashlib.sha256(call_id.encode()).hexdigest()[:9]


def marked(text: str) -> str:
    """Outside text in its marks; the text can neither close them nor speak for someone else."""
    return f"<outside>\n{_OPENS_A_MARK.sub('&lt;', text)}\n</outside>"
