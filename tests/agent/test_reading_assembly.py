"""Calls from pieces, whoever counts them and how."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.reading.assembly import CallAssembly
from agent.model.reading.faults import Looping
from agent.model.reading.names import Names
from tests.agent.reading_wire import STEADY

NAMES = Names(["search_all", "list_all", "status"])
A, B = '{"a": 1}', '{"b": 2}'


def piece(arguments: Any = None, name: Any = None, call_id: Any = None, index: Any = 0) -> dict[str, Any]:
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}


def put_together(*pieces: Any) -> list[tuple[str, Any]]:
    assembly = CallAssembly(NAMES)
    for one in pieces:
        assembly.add(one)
    return [(raw.name, raw.arguments) for raw in assembly.finish()]


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        ([piece("", "status", "1"), piece('{"a"'), piece(": 1}")], [("status", A)]),
        ([piece('{"a"', "status", "1"), piece(B, "list_all", "2", 1), piece(": 1}")], [("status", A), ("list_all", B)]),
        ([piece(A, "status", "1"), piece(B, "list_all", "2")], [("status", A), ("list_all", B)]),
        ([piece(A, "status", "1"), piece(B, "status", "2")], [("status", A), ("status", B)]),
        ([piece(A, "status"), piece(B, "status")], [("status", A), ("status", B)]),
        ([piece("", "status", "1"), piece("", "list_all", "2")], [("status", ""), ("list_all", "")]),
        ([piece("", "status"), piece("", "list_all")], [("status", ""), ("list_all", "")]),
        ([piece('{"a"', "status", "1"), piece(": 1}", "status", "1")], [("status", A)]),
        ([piece('{"a"', "status", "1"), piece(": 1}", None, "2")], [("status", A)]),
        ([piece('{"a"', "status", "1"), piece(": 1}", "status", "2")], [("status", A)]),
        ([piece('{"a"', "status", "1"), piece(": 1}", "", "")], [("status", A)]),
        ([piece(A, "status", "1", None), piece(B, "list_all", "2", None)], [("status", A), ("list_all", B)]),
        ([piece('{"a"', "status", "1", None), piece(": 1}", index=None)], [("status", A)]),
        ([piece('{"a"', "status", "1", None), piece(B, "list_all", "2", None), piece(": 1}", None, "1", None)],
         [("status", A), ("list_all", B)]),
        ([piece('{"a"', "status", "1", "0"), piece(": 1}", index=0)], [("status", A)]),
        ([piece(None, "search", "1"), piece(A, "_all")], [("search_all", A)]),
        ([piece(None, "search", "1"), piece(A, "search_all")], [("search_all", A)]),
        ([piece(None, "search_all", "1"), piece(A, "search_all")], [("search_all", A)]),
        ([piece(None, "wea", "1"), piece(A, "ther")], [("weather", A)]),
        ([piece({"a": 1}, "status")], [("status", A)]),
        ([piece([], "status")], [("status", "[]")]),
        ([piece('{"a"', "status", "1"), piece(": 1}"), piece(A, "status", "1")], [("status", A)]),
        ([piece('{"a"', "status", "1"), piece(":1}"), piece(A, "status", "1")], [("status", '{"a":1}')]),
        ([piece(A, "status", "1", 1), piece(B, "list_all", "2", 0)], [("list_all", B), ("status", A)]),
        ([{"index": 0, "name": "status", "arguments": A}], [("status", A)]),
        ([None, 5, {}, {"function": None}, piece(index=3)], []),
    ],
)  # fmt: skip
def test_pieces_become_whole_calls(pieces: list[Any], calls: list[tuple[str, str]]) -> None:
    assert put_together(*pieces) == calls


@STEADY
@given(st.lists(st.integers(0, 40), max_size=6), st.booleans())
def test_arguments_are_the_same_in_any_pieces(cuts: list[int], named: bool) -> None:
    written = '{"text": "회의 {1}", "n": [1, 2]}'
    edges = [0, *sorted(min(cut, len(written)) for cut in cuts), len(written)]
    pieces = [piece(written[a:b], "status" if named else None) for a, b in pairwise(edges)]

    assert put_together(piece("", "status", "1"), *pieces) == [("status", written)]


def test_calls_without_end_are_noticed() -> None:
    assembly = CallAssembly(NAMES)

    with pytest.raises(Looping):
        [*map(assembly.add, (piece("{}", "status", str(index), index) for index in range(10_000)))]
