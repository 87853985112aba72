"""Arguments as models write them: read, mended where that is certain, fitted to the schema."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.reading.arguments import fit, read
from agent.model.reading.plausibility import plausible
from tests.agent.reading_wire import STEADY


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ("", {}),
        ("  \n", {}),
        ("null", {}),
        ("{}", {}),
        ('""', {}),
        ('{"a": 1}', {"a": 1}),
        (' {"a": 1}\n\n\n', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('"{}"', {}),
        (json.dumps(json.dumps('{"a": 1}')), {"a": 1}),
        ('{}{"a": 1}', {"a": 1}),
        ('{"a": 1}{"a": 1}', {"a": 1}),
        ('{"a": "\u1112\u1161\u11ab"}', {"a": "한"}),
        ('{"a": "줄\\r\\n"}', {"a": "줄\r\n"}),
        ('{"a": "\\u0000b"}', {"a": "b"}),
    ],
)
def test_what_can_be_read_is_not_called_mended(written: str, arguments: dict[str, Any]) -> None:
    assert read(written) == (arguments, False)


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ('{"a": 1}}', {"a": 1}),
        ('{"a": 1}</tool_call>', {"a": 1}),
        ('{"a": 1}<|im_end|>', {"a": 1}),
        ('{"a": 1}\n```', {"a": 1}),
        ('{"a": 1}\n이렇게 부릅니다.', {"a": 1}),
        ('[{"a": 1}]', {"a": 1}),
        ('{"a": 1,}', {"a": 1}),
        ("{'a': True, 'b': None, 'c': 'it\\'s'}", {"a": True, "b": None, "c": "it's"}),
        ("{a: 1}", {"a": 1}),
        ('{"a": "줄\n둘째"}', {"a": "줄\n둘째"}),
        ('{"a": "그는 "네"라고 했다", "b": true}', {"a": '그는 "네"라고 했다', "b": True}),
        ('{"a": "그는 "안녕", "잘 가" 라고 했다"}', {"a": '그는 "안녕", "잘 가" 라고 했다'}),
        ('{"a": "5" 모니터", "b": 1}', {"a": '5" 모니터', "b": 1}),
        ('{"a": [1, 2}', {"a": [1, 2]}),
        ('{"a": {"b": 1}', {"a": {"b": 1}}),
        ('{"a": "회의"', {"a": "회의"}),
        ('{"a": [true', {"a": [True]}),
        ('// 말\n{"a": 1, /* 말 */ "b": "http://x/y"}', {"a": 1, "b": "http://x/y"}),
        ('{"a": 01012345678}', {"a": "01012345678"}),
        ('{"a": 010-1234-5678}', {"a": "010-1234-5678"}),
        ('{"a": "C:\\Users\\김"}', {"a": "C:\\Users\\김"}),
        ('{"a": 0.10,}', {"a": 0.1}),
    ],
)
def test_what_is_certain_is_mended_and_says_so(written: str, arguments: dict[str, Any]) -> None:
    assert read(written) == (arguments, True)


@pytest.mark.parametrize(
    "written",
    [
        "회의",
        "5",
        "[1]",
        '"x"',
        "a=1",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud83d"}',
        '{"a": 1}{"b": 2}',
        '{"a": 1},"b": 2}',
        '{"a": 1} 그리고 {"b": 2}',
        '{"a": "회의',
        '{"a": "회의}',
        "{",
        '{"a": 1',
        '{"a": 1,',
        '{"a":',
        '{"a": tr',
        '{"a": 1, "b": }',
        '{"a": "b" garbage, "c": 1}',
        '{"a": 12:30}',
        '{"a": 10%}',
        '{"a": undefined}',
        '{"a": `b`}',
        "{broken}",
        "[" * 100_000,
        '{"a": ' * 100_000,
        '{"a": "' + '"b' * 100_000,
        '{"a":' + '{"a":' * 100 + "1" + "}" * 101,
    ],
)
def test_what_is_cut_off_or_uncertain_is_not_read(written: str) -> None:
    assert read(written)[0] is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@STEADY
@given(st.text(st.sampled_from("{}[]\",:'\\ \nab1가.-/*#`") | st.characters(exclude_categories=()), max_size=60))
def test_nothing_makes_reading_fail(written: str) -> None:
    arguments, _ = read('{"a": ' + written)

    assert arguments is None or json.dumps(arguments, allow_nan=False).encode()


@STEADY
@given(
    st.dictionaries(st.text(st.characters(categories=("L", "N"))), st.integers() | st.booleans(), min_size=1), st.data()
)
def test_no_value_of_an_object_that_ends_too_early_is_completed(value: dict[str, Any], data: st.DataObject) -> None:
    written = json.dumps({"a": "글", **value, "z": "끝"}, ensure_ascii=False)
    cut = data.draw(st.integers(1, len(written) - 2))

    arguments, _ = read(written[:cut])

    assert arguments is None or (arguments.items() <= {"a": "글", **value}.items() and arguments)


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "x": {"type": "number"},
        "s": {"type": "string"},
        "b": {"type": "boolean"},
        "list": {"type": "array", "items": {"type": "string"}},
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "o": {"type": "object", "properties": {"n": {"type": "integer"}}},
        "objects": {"type": "array", "items": {"$ref": "#/$defs/One"}},
        "kind": {"type": "string", "enum": ["meeting", "Holiday"]},
        "rank": {"enum": [1, 2]},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "either": {"type": ["string", "integer"]},
        "must": {"type": "string"},
        "self": {"$ref": "#"},
        "lost": {"$ref": "#/nowhere"},
        "any": {},
    },
    "required": ["must"],
    "$defs": {"One": {"type": "object", "properties": {"n": {"type": "integer"}}}},
}


@pytest.mark.parametrize(
    ("given_", "fitted"),
    [
        ({"n": "30"}, {"n": 30}),
        ({"n": " 30 "}, {"n": 30}),
        ({"n": "30.0"}, {"n": 30}),
        ({"n": 1.0}, {"n": 1}),
        ({"n": 1.5}, {"n": 1.5}),
        ({"n": "007"}, {"n": "007"}),
        ({"n": True}, {"n": True}),
        ({"n": None}, {}),
        ({"n": "null"}, {}),
        ({"x": "3.5"}, {"x": 3.5}),
        ({"x": "3"}, {"x": 3}),
        ({"x": "1e999"}, {"x": "1e999"}),
        ({"s": 30}, {"s": "30"}),
        ({"s": True}, {"s": "true"}),
        ({"s": "null"}, {"s": "null"}),
        ({"s": {"a": 1}}, {"s": {"a": 1}}),
        ({"b": "True"}, {"b": True}),
        ({"b": "no"}, {"b": "no"}),
        ({"list": "가"}, {"list": ["가"]}),
        ({"list": '["가", 1]'}, {"list": ["가", "1"]}),
        ({"list": ["가", 1]}, {"list": ["가", "1"]}),
        ({"list": None}, {}),
        ({"numbers": "3"}, {"numbers": [3]}),
        ({"numbers": 3}, {"numbers": [3]}),
        ({"numbers": "셋"}, {"numbers": "셋"}),
        ({"o": '{"n": "3"}'}, {"o": {"n": 3}}),
        ({"o": "{broken"}, {"o": "{broken"}),
        ({"objects": {"n": "3"}}, {"objects": [{"n": 3}]}),
        ({"kind": "MEETING"}, {"kind": "meeting"}),
        ({"kind": "party"}, {"kind": "party"}),
        ({"rank": "2"}, {"rank": 2}),
        ({"maybe": None}, {"maybe": None}),
        ({"maybe": "3"}, {"maybe": 3}),
        ({"either": 3}, {"either": 3}),
        ({"must": None}, {"must": None}),
        ({"self": {"self": {"n": "3"}}}, {"self": {"self": {"n": 3}}}),
        ({"lost": "3"}, {"lost": "3"}),
        ({"any": "3"}, {"any": "3"}),
        ({"unknown": "3", "none": None}, {"unknown": "3", "none": None}),
    ],
)
def test_arguments_take_the_type_that_is_asked_where_nothing_is_lost(
    given_: dict[str, Any], fitted: dict[str, Any]
) -> None:
    assert fit(given_, SCHEMA) == fitted


@STEADY
@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), JSON))
def test_fitting_twice_changes_nothing_more(arguments: dict[str, Any]) -> None:
    once = fit(arguments, SCHEMA)

    assert fit(once, SCHEMA) == once


KEYWORDS = st.sampled_from(["type", "properties", "items", "anyOf", "enum", "const", "required", "$ref", "a"])
VALUES = st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["#", "string", "array", "object", "a", "1"])
SCHEMAS = st.dictionaries(
    KEYWORDS, VALUES | st.lists(VALUES | st.dictionaries(KEYWORDS, VALUES, max_size=2), max_size=2), max_size=4
)


@STEADY
@given(st.dictionaries(st.sampled_from("ab"), VALUES | st.lists(VALUES), max_size=2), SCHEMAS, SCHEMAS)
def test_no_schema_makes_fitting_fail(arguments: dict[str, Any], schema: dict[str, Any], inner: dict[str, Any]) -> None:
    assert isinstance(fit(arguments, schema | {"properties": {"a": inner, "b": schema}}), dict)


@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        ({"must": "a"}, True),
        ({"must": "a", "n": 3}, True),
        ({}, False),
        ({"must": 3}, False),
        ({"must": "a", "시간": "3시"}, False),
    ],
)
def test_mended_arguments_must_fit_the_schema(arguments: dict[str, Any], fits: bool) -> None:
    schema = SCHEMA | {"properties": {key: SCHEMA["properties"][key] for key in ("must", "n")}}

    assert plausible(arguments, schema) is fits


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": 5},
        {"$ref": "#/nowhere"},
        {"$ref": "http://127.0.0.1:9/x"},
        {"properties": {"a": {"pattern": "("}}},
    ],
)
def test_a_broken_schema_rules_nothing_out(schema: dict[str, Any]) -> None:
    assert plausible({"a": "x"}, schema)
