"""Calls in every notation that models were trained to write."""

from typing import Any

import pytest

from agent.model.reading import pythonic, shapes
from agent.model.reading.arguments import read
from agent.model.reading.written import calls_in

ONE = '{"name": "f", "arguments": {"a": 1}}'
F = ("f", {"a": 1})
G: tuple[str, dict[str, Any]] = ("g", {})


def told(body: str) -> list[tuple[str, Any]]:
    """Name and arguments of every call, None for those that cannot be read."""
    return [
        (call.name, None if call.unreadable else call.arguments or {})
        if isinstance(call.arguments, dict) or call.unreadable
        else (call.name, read(call.arguments)[0])
        for call in calls_in(body).calls
    ]


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        (ONE, [F]),
        (f"\n{ONE}\n", [F]),
        (f"```json\n{ONE}\n```", [F]),
        (f"<tool_call>\n{ONE}\n</tool_call>", [F]),
        (f'{ONE}\n{{"name": "g"}}', [F, G]),
        (f'{ONE}; {{"name": "g", "parameters": {{}}}}', [F, G]),
        (f'[{ONE}, {{"name": "g", "arguments": null}}]', [F, G]),
        (ONE + "}", [F]),
        ('{"name": "f", "parameters": {"a": 1}}', [F]),
        ('{"tool": "f", "args": {"a": 1}}', [F]),
        ('{"tool_name": "f", "input": {"a": 1}}', [F]),
        ('{"action": "f", "action_input": {"a": 1}}', [F]),
        ('{"name": "f", "arguments": "{\\"a\\": 1}"}', [F]),
        ('{"arguments": {"name": "x"}, "name": "f"}', [("f", {"name": "x"})]),
        (f'{{"type": "function", "function": {ONE}}}', [F]),
        ('{"function": "f", "arguments": {"a": 1}}', [F]),
        (f'{{"tool_calls": [{{"id": "1", "function": {ONE}}}]}}', [F]),
        (f'{{"function_call": {ONE}}}', [F]),
        ('{"name": "f", "a": 1}', [F]),
        ('{"name": "f"}', [("f", {})]),
        ("{'name': 'f', 'arguments': {'a': 1}}", [F]),
        ('{"name": "f", "arguments": {"a": 1}', [F]),
        ('{"name": "f", "arguments": {"a": "회', [("f", None)]),
        ('{"name": "f"', [("f", None)]),
        (f'{ONE}\n{{"name": "g", "arg', [F, ("g", None)]),
        ('{"city": "서울"}', [("", None)]),
        ("<function=f>\n<parameter=a>\n1\n</parameter>\n</function>", [("f", {"a": "1"})]),
        ("<function=f><parameter=a>1\n2<parameter=b>3</parameter></function>", [("f", {"a": "1\n2", "b": "3"})]),
        ('<function=f>{"a": 1}</function>', [F]),
        ("<function=g></function><function=f><parameter=a>1</parameter></function>", [G, ("f", {"a": "1"})]),
        ("<function=f><parameter=a>1", [("f", None)]),
        ('<invoke name="f"><parameter name="a">1</parameter></invoke>', [("f", {"a": "1"})]),
        ("f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>", [("f", {"a": "1"})]),
        ("[f(a=1), g()]", [F, G]),
        ("f(a=1)", [F]),
        ("print(default_api.f(a=1))", [("default_api.f", {"a": 1})]),
        ("[f(a=[1, true, None], b={'c': null})]", [("f", {"a": [1, True, None], "b": {"c": None}})]),
        ('f{"a": 1}', [F]),
        ('functions.f:0 {"a": 1}', [("functions.f:0", {"a": 1})]),
        ('f[ARGS]{"a": 1}[TOOL_CALLS]g[ARGS]{}', [F, G]),
        ('f[CALL_ID]x1[ARGS]{"a": 1}', [F]),
        ('<｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{"a": 1}\n```<｜tool▁call▁end｜>', [F]),
        ('<｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a": 1}<｜tool▁call▁end｜>', [F]),
        ('functions.f:0<|tool_call_argument_begin|>{"a": 1}<|tool_call_end|>', [("functions.f:0", {"a": 1})]),
    ],
)
def test_a_call_is_read_in_every_notation(body: str, calls: list[tuple[str, Any]]) -> None:
    assert told(body) == calls


@pytest.mark.parametrize(
    "body", ["", "태그입니다", "two words", "f(1)", "f(x)", "f(a=1) + 1", "x = f(a=1)", "f(", "1 + 2", "()"]
)
def test_words_and_other_code_are_no_call(body: str) -> None:
    assert calls_in(body).calls == []


def test_what_follows_a_call_is_kept() -> None:
    assert calls_in(f"{ONE}\n끝입니다.").rest == "끝입니다."


@pytest.mark.parametrize(
    "value", [[], {}, None, 5, "f", [5], [{"name": "f"}, 5], {"function": {}}, {"name": 5}, {"name": ""}]
)
def test_other_json_is_no_call(value: Any) -> None:
    assert shapes.calls_of(value) == []


def test_members_beside_the_name_are_arguments_that_nobody_called_so() -> None:
    [call] = shapes.calls_of({"id": "1", "name": "f", "a": 1})

    assert (call.arguments, call.said_arguments, call.repaired) == ({"a": 1}, False, True)


@pytest.mark.parametrize(
    "code", ["f(a='\\d')", "f(" * 5_000, "f(a=" + "[" * 5_000, "f(a=1" + "0" * 5_000 + ")", "f(a='\\ud83d')"]
)
def test_no_code_makes_reading_fail_or_warn(code: str) -> None:
    assert all(call.name == "f" for call in pythonic.calls_of(code))
