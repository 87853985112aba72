"""What templates leave at the ends of an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.reading.edges import Edges, trimmed
from tests.agent.reading_wire import STEADY


def passed(text: str, size: int) -> str:
    edges = Edges()
    return "".join(edges.feed(text[at : at + size]) for at in range(0, len(text), size)) + edges.finish()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("답<|im_end|>", "답"),
        ("답\n</s>\n<|endoftext|> ", "답"),
        ("답[|endofturn|]<|extra_id_13|>", "답"),
        ("<|im_start|>assistant\n답", "답"),
        ("<|im_start|><|assistant|>답", "답"),
        ("<s> <|im_start|>assistant</s>답", "답"),
        ("assistant\n\n답", "답"),
        ("답<｜end▁of▁sentence｜>", "답"),
        ("<|im_end|>", ""),
        ("<|im_start|>assistant", ""),
        ("답 <|im_e", "답 <|im_e"),
        ("앞<|x|>뒤", "앞<|x|>뒤"),
        ("assistant", "assistant"),
        ("assistants\n", "assistants\n"),
        ("  들여쓴 답\n\n", "  들여쓴 답\n\n"),
        ("a < b [c] <d> ", "a < b [c] <d> "),
        (" \n", " \n"),
        ("", ""),
    ],
)
def test_tokens_and_roles_are_trimmed_at_the_ends_only(written: str, text: str, size: int) -> None:
    assert passed(written, size) == text


@pytest.mark.parametrize(
    ("before", "behind", "text"),
    [
        ("앞\n\n", "", "앞"),
        ("", "\n\n  뒤", "  뒤"),
        ("앞\n", "\n뒤", "앞\n뒤"),
        ("앞 ", " 뒤", "앞  뒤"),
        ("", "", ""),
    ],
)
def test_lines_round_what_was_cut_out_go_with_it(before: str, behind: str, text: str) -> None:
    edges = Edges()

    said = edges.feed(before)
    edges.cut_out()

    assert said + edges.feed(behind) + edges.finish() == text


def test_text_that_can_be_no_edge_waits_for_nothing() -> None:
    edges = Edges()

    assert [edges.feed(piece) for piece in ("안녕", "하세요", ". 3 < 4")] == ["안녕", "하세요", ". 3 < 4"]
    assert [edges.feed(piece) for piece in (" ", "끝", "<", "b>")] == ["", " 끝", "", "<b>"]


@STEADY
@given(st.text(st.sampled_from(" \n<|>[]/sabc답"), max_size=60), st.integers(1, 5))
def test_any_pieces_leave_the_same_text(text: str, size: int) -> None:
    assert passed(text, size) == passed(text, 100)


def test_a_whole_text_is_trimmed_all_round() -> None:
    assert trimmed("\n\n 답 \n<|im_end|>") == " 답"


def test_endless_tokens_are_given_out_after_a_while() -> None:
    assert len(passed("<|x|>" * 400, 4)) > 1_000
