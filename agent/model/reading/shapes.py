"""JSON that says "call this tool", in every shape that models were trained to write."""

from collections.abc import Mapping
from typing import Any

from agent.model.reading.raw import Raw

NAME_KEYS = ("name", "tool", "tool_name", "function_name", "function", "action")
ARGUMENT_KEYS = ("arguments", "parameters", "args", "input", "tool_input", "action_input", "params", "kwargs")
WRAPPING_KEYS = ("tool_calls", "tool_call", "function_call", "calls")
_BESIDES = {"id", "type", "index", "call_id", "tool_call_id"}


def calls_of(value: Any) -> list[Raw]:
    """The calls a value stands for; none if any part of it is something else."""
    found: list[Raw] = []
    waiting = [value]
    while waiting:
        match waiting.pop():
            case list(values) if values:
                waiting.extend(reversed(values))
            case dict(member) if (inner := _wrapped(member)) is not None:
                waiting.append(inner)
            case dict(member) if (call := _call(member)) is not None:
                found.append(call)
            case _:
                return []
    return found


def _wrapped(member: Mapping[str, Any]) -> Any:
    for key in WRAPPING_KEYS:
        if isinstance(member.get(key), list | dict):
            return member[key]
    return member["function"] if isinstance(member.get("function"), dict) else None


def _call(member: Mapping[str, Any]) -> Raw | None:
    name_key = next((key for key in NAME_KEYS if isinstance(member.get(key), str) and member[key].strip()), None)
    if name_key is None or (name_key == "function" and set(member) == {"type", "function"}):
        return None
    name = member[name_key]
    key = next((key for key in ARGUMENT_KEYS if key in member and key != name_key), None)
    if key is None:
        others = {other: value for other, value in member.items() if other not in {name_key, *_BESIDES}}
        return Raw(name, others, repaired=bool(others), said_arguments=False)
    arguments = member[key]
    return Raw(name, arguments if isinstance(arguments, str | dict) else "" if arguments is None else "[]")
