"""A `ChatRequest` as the JSON of the OpenAI chat protocol. Deterministic: the same request gives the same bytes."""

import json
import re
from typing import Any

from agent.model.contract import (
    AssistantMessage,
    ChatRequest,
    Message,
    SystemMessage,
    ToolMessage,
    ToolSpec,
    UserMessage,
)

_OPENS_A_MARK = re.compile(r"<(?=\s{0,3}/?\s{0,3}outside\b|[|｜][^\s<>|｜]{1,60}[|｜]>)", re.IGNORECASE)
"""Our own marks, and the tokens by which chat templates change the speaker: `<|im_start|>`."""


def body(request: ChatRequest) -> dict[str, Any]:
    """`tools` and `messages`; tools first, as chat templates render them."""
    tools = [_tool(tool) for tool in request.tools]
    return ({"tools": tools} if tools else {}) | {"messages": [_message(one) for one in request.messages]}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _message(message: Message) -> dict[str, Any]:
    match message:
        case SystemMessage(text=text):
            return {"role": "system", "content": text}
        case UserMessage(text=text, attached=attached, aside=aside):
            parts = (text, marked(attached) if attached else "", aside)
            return {"role": "user", "content": "\n\n".join(part for part in parts if part)}
        case AssistantMessage(text=text, reasoning=reasoning, calls=calls):
            said: dict[str, Any] = {"role": "assistant", "content": text}
            if reasoning:
                # Which of the two names a server reads depends on its version.
                said |= {"reasoning": reasoning, "reasoning_content": reasoning}
            if calls:
                said["tool_calls"] = [_call(call.id, call.name, call.arguments) for call in calls]
            return said
        case ToolMessage(call_id=call_id, text=text, outside=outside, failed=failed):
            content = f"{'[실패] ' if failed else ''}{marked(text) if outside else text}"
            return {"role": "tool", "tool_call_id": call_id, "content": content}


def _call(call_id: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    written = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": written}}


def marked(text: str) -> str:
    """Outside text in its marks; the text can neither close them nor speak for someone else."""
    return f"<outside>\n{_OPENS_A_MARK.sub('&lt;', text)}\n</outside>"
