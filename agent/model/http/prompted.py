"""Tools for a server that has none: described in the prompt, called in text, answered by the user."""

import json
from collections.abc import Callable, Iterable, Iterator

from agent.model.contract import AssistantMessage, CallMessage, Message, ToolMessage, ToolSpec, UserMessage
from agent.prompts import render as prompt

Mark = Callable[[str], str]


def instructions(tools: Iterable[ToolSpec]) -> str:
    """What the model must know to call tools, as part of the system prompt."""
    return prompt("tools_in_prompt", tools="\n".join(_described(tool) for tool in tools))


def as_text(messages: Iterable[Message], mark: Mark) -> Iterator[Message]:
    """Calls and results as plain messages; outside text keeps its marks."""
    for message in messages:
        match message:
            case AssistantMessage(text=text, calls=calls) if calls:
                yield AssistantMessage(text="\n".join([*([text] if text else []), *map(_written, calls)]))
            case ToolMessage() as result:
                yield UserMessage(text=_response(result, mark))
            case _:
                yield message


def _described(tool: ToolSpec) -> str:
    shown = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def _written(call: CallMessage) -> str:
    made = {"name": call.name, "arguments": call.arguments}
    return f"<tool_call>\n{json.dumps(made, ensure_ascii=False)}\n</tool_call>"


def _response(result: ToolMessage, mark: Mark) -> str:
    text = mark(result.text) if result.outside else result.text
    return f'<tool_response name="{result.tool}">\n{"[실패] " if result.failed else ""}{text}\n</tool_response>'
