"""Particles fit the sound of the word before them, however it is written."""

import pytest

from agent.josa import josa


@pytest.mark.parametrize(
    ("word", "pair", "whole"),
    [
        ("회의", "을/를", "회의를"),
        ("일정", "을/를", "일정을"),
        ("3", "으로/로", "3으로"),
        ("7", "으로/로", "7로"),
        ("8시", "으로/로", "8시로"),
        ("10", "이/가", "10이"),
        ("12,480", "은/는", "12,480은"),
        ("2026", "은/는", "2026은"),
        ("서울", "으로/로", "서울로"),
        ("부산", "으로/로", "부산으로"),
        ("API", "을/를", "API를"),
        ("URL", "을/를", "URL을"),
        ("PDF", "은/는", "PDF는"),
        ("README.md", "을/를", "README.md를"),
        ("inventory.py", "이/가", "inventory.py가"),
        ("app", "과/와", "app과"),
        ("Slack", "으로/로", "Slack으로"),
        ("email", "으로/로", "email로"),
        ("test", "을/를", "test를"),
        ("phone", "은/는", "phone은"),
        ("'디자인 리뷰'", "을/를", "'디자인 리뷰'를"),
        ("“예산안”", "이/가", "“예산안”이"),
        ("서울(Seoul)", "은/는", "서울(Seoul)은"),
        ("50%", "을/를", "50%를"),
        ("100", "으로/로", "100으로"),
        ("0", "이/가", "0이"),
        ("", "을/를", "를"),
    ],
)
def test_a_particle_fits_the_word_before_it(word: str, pair: str, whole: str) -> None:
    assert josa(word, pair) == whole
