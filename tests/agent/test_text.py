"""Text at the boundary: what comes in, what a terminal is shown, and bytes of unknown encoding."""

import errno
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.text import clean, clip, decode, one_line, printable, refusal


def test_decomposed_hangul_becomes_whole() -> None:
    assert clean(unicodedata.normalize("NFD", "한글 요청")) == "한글 요청"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("가\r\n나\r다\n라\t마", "가\n나\n다\n라\t마"),
        ("\x1b[31m빨강\x1b[0m\x07", "[31m빨강[0m"),
        ("\x9b31m", "31m"),
        ("한\x00글\ud800", "한글"),
        ("보내기\u202e기내보", "보내기기내보"),
        ("👩‍💻", "👩‍💻"),
    ],
)
def test_what_terminals_act_on_is_dropped(written: str, kept: str) -> None:
    assert clean(written) == kept


def test_a_terminal_is_shown_text_that_it_does_not_obey() -> None:
    assert printable("가\r나\x1b]0;제목\x07\n다") == "가나]0;제목\n다"


@given(st.text(), st.integers(1, 40))
def test_a_cut_is_never_longer_than_asked(text: str, limit: int) -> None:
    assert len(clip(text, limit)) <= limit
    assert "\n" not in one_line(text)


@given(st.text(st.characters(blacklist_categories=("Cc", "Cs", "Cf"))))
def test_utf8_is_read_as_it_was_written(text: str) -> None:
    assert decode(text.encode()) == (clean(text), "utf-8")


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ("\ufeff한글".encode(), ("한글", "utf-8")),
        ("한글".encode("utf-16"), ("한글", "utf-16")),
        ("한글 요청 똠방각하".encode("cp949"), ("한글 요청 똠방각하", "cp949")),
        ("보고서 끝".encode()[:-1], ("보고서 ", "utf-8")),
        ("\x1b[1m굵게".encode("cp949"), ("[1m굵게", "cp949")),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", None),
        (b"\x1f\x8b\x08\x08\xb0\xa1", None),
        (b"MZ\x00\x01", None),
        (b"\xff\xfe\x00", None),
        (b"\xff\xff\xff\xff", None),
        (b"", ("", "utf-8")),
    ],
)
def test_bytes_are_text_in_a_known_encoding_or_none(data: bytes, read: tuple[str, str] | None) -> None:
    assert decode(data) == read


def test_the_system_s_refusal_is_said_in_korean() -> None:
    assert refusal(OSError(errno.ENOSPC, "No space left on device")) == "디스크가 가득 찼습니다"
    assert refusal(OSError(errno.ELOOP, "Too many links")) == "Too many links"
    assert refusal(OSError("odd")) == "odd"
