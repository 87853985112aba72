"""Text in normal form, piece by piece, and the watch over a model that repeats itself."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.reading.characters import Characters, cleaned
from agent.model.reading.faults import Looping
from agent.model.reading.repetition import LONGEST_ANSWER, Repetition
from tests.agent.reading_wire import STEADY


def passed(text: str, size: int) -> str:
    characters = Characters()
    return "".join(characters.feed(text[at : at + size]) for at in range(0, len(text), size)) + characters.finish()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_decomposed_hangul_is_composed_wherever_it_is_cut(size: int) -> None:
    written = "각을 쟀다 — 뷁! 가까이"

    assert passed(unicodedata.normalize("NFD", written), size) == written


@pytest.mark.parametrize("text", ["안녕하세요. 3시!", "print('x')\n\tif a < b:", "ㅋㅋㅋ 🙂 漢字", ""])
def test_ordinary_text_waits_for_nothing(text: str) -> None:
    assert Characters().feed(text) == text


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["\ud83d", "\ude42"], "🙂"),
        (["답\ud83d", "끝"], "답끝"),
        (["\ude42"], ""),
        (["a\r", "\nb\r", "c"], "a\nb\nc"),
        (["a\x00\x1b[1m\x7fb"], "a[1mb"),
        (["a\ud83d"], "a"),
        (["한", "\u1100", "\u1161", "\u11a8", "!"], "한각!"),
    ],
)
def test_halves_and_controls_never_pass(pieces: list[str], text: str) -> None:
    characters = Characters()

    assert "".join(map(characters.feed, pieces)) + characters.finish() == text


@STEADY
@given(st.text(st.characters(exclude_categories=()), max_size=40), st.integers(1, 4))
def test_what_passes_can_be_stored_and_is_the_same_in_any_pieces(text: str, size: int) -> None:
    whole, pieces = passed(text, 100), passed(text, size)

    assert cleaned(whole).encode().decode() == whole
    assert unicodedata.normalize("NFC", pieces) == whole


def fed(text: str, size: int = 3) -> None:
    watch = Repetition()
    for at in range(0, len(text), size):
        watch.feed(text[at : at + size])


@pytest.mark.parametrize(
    "passage",
    [
        "회의는 오후 3시에 있습니다.\n",
        "네, ",
        "\n",
        " \n\t",
        '{"a": 1}, ',
        "".join(f"{n}번째 줄은 앞의 줄과 다르게 씁니다.\n" for n in range(30)),
    ],
)
def test_a_passage_without_end_is_noticed(passage: str) -> None:
    with pytest.raises(Looping):
        fed("처음에는 괜찮았다. " + passage * (60_000 // len(passage)))


@pytest.mark.parametrize(
    "text",
    [
        "ㅋ" * 500,
        "-" * 200 + "\n" + "=" * 200,
        "".join(f"- {n}월 {n % 28 + 1}일: 팀 회의, 오후 3시\n" for n in range(2_000)),
        "".join(f"| {n} | 회의 {n} | 3층 |\n" for n in range(2_000)),
        "".join(f"    assert total({n}) == {n * n}\n" for n in range(2_000)),
        "|" + " --- |" * 60,
        "한 줄\n" * 20,
        "하나 둘 셋 " * 9,
        " " * 500,
    ],
)
def test_lists_tables_code_and_laughter_are_no_repetition(text: str) -> None:
    fed(text)


def test_where_a_loop_is_noticed_does_not_depend_on_the_pieces() -> None:
    def length(size: int) -> int:
        watch, text = Repetition(), "반복합니다. " * 3_000
        for at in range(0, len(text), size):
            try:
                watch.feed(text[at : at + size])
            except Looping:
                return at + size
        return 0

    assert 0 <= length(1_000) - length(1) < 1_000


def test_no_answer_is_longer_than_any_answer() -> None:
    text = " ".join(map(str, range(LONGEST_ANSWER // 5)))

    fed(text[:LONGEST_ANSWER], 1_000)
    with pytest.raises(Looping):
        fed(text[: LONGEST_ANSWER + 1_000], 1_000)
