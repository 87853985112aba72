"""The judge of the fault matrix sees what real servers refuse, and nothing else."""

import json
from typing import Any

import pytest

from tests.faults.strict import Strict

FUNCTION: dict[str, Any] = {"name": "calendar_add", "arguments": "{}"}
CALL = {"id": "c1", "type": "function", "function": FUNCTION}
SYSTEM, USER = {"role": "system", "content": "너는 비서다."}, {"role": "user", "content": "잡아줘"}
CALLED = {"role": "assistant", "content": "", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "{}"}
TOOL = {"type": "function", "function": {"name": "calendar_add", "parameters": {"type": "object", "properties": {}}}}
SOUND = [SYSTEM, USER, CALLED, RESULT]


def judged(*bodies: Any, rewrites: int = 0) -> list[str]:
    strict = Strict("m", rewrites)
    raw = (body if isinstance(body, bytes) else json.dumps({"model": "m"} | body).encode() for body in bodies)
    return [complaint for one in raw for complaint in strict.read(one)[1]]


def call(**changed: Any) -> dict[str, Any]:
    of_function = {key: changed.pop(key) for key in ("name", "arguments") if key in changed}
    return CALLED | {"tool_calls": [CALL | {"function": FUNCTION | of_function} | changed]}


def test_a_sound_request_is_not_complained_of() -> None:
    assert judged({"messages": SOUND, "tools": [TOOL]}) == []


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([USER, SYSTEM], "not the first"),
        ([SYSTEM, {"role": "developer", "content": "x"}], "role 'developer'"),
        ([SYSTEM, {"role": "user", "content": None}], "no string"),
        ([SYSTEM, {"role": "user", "content": ""}], "an empty user"),
        ([SYSTEM, {"role": "user", "content": "\ud83d"}], "surrogate"),
        ([USER, {"role": "assistant", "content": ""}, USER], "an empty assistant"),
        ([USER, {"role": "assistant", "content": "네"}], "the last message"),
        ([USER, CALLED], "no results"),
        ([USER, CALLED, USER], "before the results"),
        ([USER, RESULT], "answers 'c1'"),
        ([USER, CALLED, RESULT, RESULT], "answers 'c1'"),
        ([USER, CALLED, RESULT, CALLED, RESULT], "stands twice"),
        ([USER, call(name="일정 추가"), RESULT], "no function name"),
        ([USER, call(arguments="{"), RESULT], "no JSON object"),
        ([USER, call(arguments="[]"), RESULT], "no JSON object"),
        ([USER, call(arguments='{"n": NaN}'), RESULT], "no JSON object"),
        ([USER, call(type="tool"), RESULT], "of type"),
        ([USER, call(id=""), RESULT | {"tool_call_id": ""}], "the id ''"),
        ([], "no messages"),
    ],
)
def test_a_message_that_servers_refuse_is_complained_of(messages: list[Any], said: str) -> None:
    complaints = judged({"messages": messages})

    assert any(said in one for one in complaints), complaints


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "no JSON"),
        (b'{"model": "m", "model": "m", "messages": []}', "twice"),
        (b"\xff", "UTF-8"),
        ({"messages": SOUND, "model": "other"}, "the model is"),
        ({"messages": SOUND, "tools": []}, "tools are"),
        ({"messages": SOUND, "tools": [TOOL, TOOL]}, "one name"),
        ({"messages": SOUND, "tools": [TOOL | {"function": {"name": "x", "parameters": {}}}]}, "no schema"),
    ],
)
def test_a_body_that_servers_refuse_is_complained_of(body: Any, said: str) -> None:
    complaints = judged(body)

    assert any(said in one for one in complaints), complaints


def test_a_request_must_begin_with_the_one_before() -> None:
    first, other = {"messages": [SYSTEM, USER]}, {"messages": [SYSTEM | {"content": "아니다"}, USER]}

    assert judged(first, {"messages": SOUND}, {"messages": SOUND}) == []
    assert "no prefix: message 0" in judged(first, other)[0]
    assert "fewer" in judged({"messages": SOUND}, first)[0]
    assert "other tools" in judged(first, first | {"tools": [TOOL]})[0]
    assert judged(first, other, rewrites=1) == []
