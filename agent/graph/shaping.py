"""The answer of a turn once more, as JSON that fits the schema the user gave.

A request of its own, without tools: under `tool_choice: auto` a response format makes servers drop the calls
(vLLM issue #39929).
"""

import json
from contextlib import aclosing
from typing import Any

from agent.errors import ModelFailed
from agent.events import Usage
from agent.graph.listening import crossed, whole
from agent.graph.state import Turn
from agent.model.context import request
from agent.model.contract import AssistantMessage, ChatRequest, Crossing, Delta, Message, Tokens, UserMessage
from agent.model.reading.answers import parsed
from agent.prompts import render as prompt
from agent.text import one_line

_TRIES = 2
"""The answer, and one repair."""


async def shaped(turn: int, step: int, schema: dict[str, Any], runtime: Turn) -> Any:
    """JSON that fits the schema.

    Raises:
        ModelFailed: the model did not manage it, also after one repair.
    """
    written = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    added: tuple[Message, ...] = (UserMessage(text=prompt("answer_as_json", schema=written)),)
    fault = ""
    for attempt in range(_TRIES):
        # Steps of their own in the audit trail.
        text = await _answer(added, schema, turn, step + 1 + attempt, runtime)
        value, fault = _checked(text, schema)
        if not fault:
            return value
        added = (*added, AssistantMessage(text=text or "{}"), UserMessage(text=prompt("repair_json", fault=fault)))
    raise ModelFailed(
        f"모델의 답이 --schema 에 맞지 않습니다: {fault}", hint="스키마를 단순하게 하거나 다른 모델로 다시 하세요."
    )


async def _answer(added: tuple[Message, ...], schema: dict[str, Any], turn: int, step: int, runtime: Turn) -> str:
    context = runtime.context
    base = request(context.ledger.session.workspace, context.ledger.rows, (), context.settings)
    asked: ChatRequest = base.model_copy(update={"messages": (*base.messages, *added), "answer_schema": schema})
    deltas: list[Delta] = []
    async with aclosing(context.model.stream(asked)) as stream:
        async for delta in stream:
            match delta:
                case Crossing():
                    await context.ledger.append(turn, crossed(delta, step, len(deltas)))
                case Tokens():
                    runtime.stream_writer(Usage(model=context.model.name, **delta.model_dump()))
            deltas.append(delta)
    return whole(deltas)


def _checked(text: str, schema: dict[str, Any]) -> tuple[Any, str]:
    """The value and what is wrong with it."""
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        value = parsed(text)
    except ValueError as error:
        return None, f"JSON 이 아닙니다({one_line(str(error), 120)})"
    try:
        kind = validator_for(schema, default=Draft202012Validator)
        fault = best_match(kind(schema, registry=Registry()).iter_errors(value))
    except (SchemaError, Unresolvable, RecursionError) as error:
        return None, f"스키마가 올바르지 않습니다({one_line(str(error), 120)})"
    if fault is None:
        return value, ""
    place = ".".join(map(str, fault.absolute_path)) or "전체"
    return None, f"{place}: {one_line(fault.message, 200)}"
