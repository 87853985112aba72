"""Text split into words, thinking and possible calls: what is held back, for how long, and how it comes out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.model.reading.flow import Span
from agent.model.reading.marks import marks
from agent.model.reading.names import Names
from agent.model.reading.scanner import Scanner
from tests.agent.reading_wire import STEADY

NAMES = Names(["calendar_search", "status"])
CALL = '{"name": "status", "arguments": {}}'


def scanner(*, tools: bool = True, thinks: bool = True) -> Scanner:
    names = NAMES if tools else Names(())
    return Scanner(marks("<think>", "</think>", tools), names, expects_thought=thinks)


def joined(spans: list[Span]) -> list[tuple[str, str]]:
    """Kind and text, neighbours of the same kind of words in one."""
    found: list[tuple[str, str]] = []
    for span in spans:
        if found and span.kind == found[-1][0] and span.kind in ("text", "thought"):
            found[-1] = (span.kind, found[-1][1] + span.text)
        else:
            found.append((span.kind, span.text))
    return found


def spans(text: str, size: int = 10_000, **how: bool) -> list[tuple[str, str]]:
    reading = scanner(**how)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return joined([*(span for piece in pieces for span in reading.feed(piece)), *reading.finish()])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("답", [("text", "답")]),
        ("<think>음</think>답", [("thought", "음"), ("cut", "</think>"), ("text", "답")]),
        ("<ThInK>음</tHiNk>", [("thought", "음"), ("cut", "</tHiNk>")]),
        ("음</think>답", [("text", "음"), ("restart", "</think>"), ("text", "답")]),
        ("`</think>`", [("text", "`"), ("restart", "</think>"), ("text", "`")]),
        ("앞 `<think>` 뒤", [("text", "앞 `<think>` 뒤")]),
        (f"<tool_call>{CALL}</tool_call>", [("call", f"<tool_call>{CALL}</tool_call>")]),
        (f"```json\n{CALL}\n```", [("block", f"```json\n{CALL}\n```")]),
        (f"``\n{CALL}", [("text", f"``\n{CALL}")]),
        (CALL, [("bare", CALL)]),
        ("Action: status\nAction Input: {}", [("action", "Action: status\nAction Input: {}")]),
        ("an Action: status", [("text", "an Action: status")]),
        ("답</tool_call>", [("text", "답"), ("cut", "</tool_call>")]),
        ("<tool_call> 태그", [("text", "<tool_call> 태그")]),
        ("```python\n<tool_call>\n```", [("text", "```python\n<tool_call>\n```")]),
        ("[calendar_search(", [("bare", "[calendar_search(")]),
        ("[calendar](x)", [("text", "[calendar](x)")]),
        ("<|channel|>final<|message|>답", [("cut", "<|channel|>final<|message|>"), ("text", "답")]),
        ("<|channel|> 라는 표", [("text", "<|channel|> 라는 표")]),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
def test_a_text_is_split_the_same_way_in_any_pieces(text: str, found: list[tuple[str, str]], size: int) -> None:
    assert spans(text, size) == found


@pytest.mark.parametrize("text", [f"<tool_call>{CALL}</tool_call>", CALL, f"```json\n{CALL}\n```", "Action: status\nx"])
def test_without_tools_everything_is_text(text: str) -> None:
    assert spans(text, tools=False) == [("text", text)]


@pytest.mark.parametrize("text", ["닫는 </think> 태그", "```\n</think>\n```"])
def test_a_model_that_never_thinks_may_write_of_tags(text: str) -> None:
    assert spans(text, thinks=False) == [("text", text)]


def given_out(*pieces: str) -> list[str]:
    """The text that leaves at each piece."""
    reading = scanner()
    return ["".join(span.text for span in reading.feed(piece)) for piece in pieces]


@pytest.mark.parametrize(
    ("pieces", "out"),
    [
        (["안녕", "하세요", " 3", " < 4"], ["안녕", "하세요", " 3", " < 4"]),
        (["a <", "b"], ["a ", "<b"]),
        (["a <th", "e>"], ["a ", "<the>"]),
        (["{", '"na', 'me": "홍'], ["", "", '{"name": "홍']),
        (["{", '"city": '], ["", '{"city": ']),
        (["[", "참고]"], ["", "[참고]"]),
        (["```json\n", "[1, "], ["", "```json\n[1, "]),
        (["```", "python\n", "x"], ["", "```python\n", "x"]),
        (["답\nAct", "ors"], ["답\n", "Actors"]),
        (["<tool_call>", " is", " a tag"], ["", "", "<tool_call> is a tag"]),
        (["<think>", "음", " 네"], ["", "음", " 네"]),
    ],
)
def test_text_is_held_back_only_while_it_may_be_something_else(pieces: list[str], out: list[str]) -> None:
    assert given_out(*pieces) == out


PIECES = [
    "<think>", "</think>", "<tool_call>", "</tool_call>", CALL, "{", "}", "[", "]", '"', "`", "```", "```json\n", "\n",
    " ", "답", "a", "<", ">", "<|channel|>", "analysis", " to=functions.status", "<|message|>", "<|end|>", "<|call|>",
    "Action: ", "status", "\nAction Input: ", "[TOOL_CALLS]", "<function=status>", "</function>", "status(", ")",
]  # fmt: skip


@settings(STEADY, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join), st.integers(1, 4), st.booleans())
def test_whatever_is_written_is_split_the_same_way_in_any_pieces(text: str, size: int, thinks: bool) -> None:
    assert spans(text, size, thinks=thinks) == spans(text, thinks=thinks)


@STEADY
@given(st.text(st.characters(exclude_characters="<[`{"), max_size=80), st.integers(1, 4))
def test_words_alone_pass_unchanged(text: str, size: int) -> None:
    written = text.replace("ction", "")

    assert spans(written, size) == ([("text", written)] if written else [])
