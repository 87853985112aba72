"""Personal data in Korean text: what is found, what is left alone, and that every text comes back as it was."""

import json
import random
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.finding import find
from agent.privacy.masking import Masking
from agent.privacy.spans import Span
from agent.privacy.streaming import Restorer

TEXTS = Path(__file__).with_name("privacy_ko.jsonl")
CERTAIN = ("주민등록번호", "전화번호", "이메일", "카드번호", "계좌번호")
LEFT_OVER = 0.4
"""A value counts as masked if no larger share of its letters and digits can still be read."""


class Labelled(NamedTuple):
    text: str
    spans: tuple[tuple[int, int, str], ...]


@cache
def labelled() -> tuple[Labelled, ...]:
    rows = map(json.loads, TEXTS.read_text(encoding="utf-8").splitlines())
    return tuple(Labelled(row["text"], tuple((start, end, name) for start, end, name in row["spans"])) for row in rows)


def is_hidden(text: str, start: int, end: int, found: tuple[Span, ...]) -> bool:
    letters = [place for place in range(start, end) if text[place].isalnum()]
    readable = [place for place in letters if not any(span.start <= place < span.end for span in found)]
    return len(readable) <= LEFT_OVER * len(letters)


@cache
def found_in(text: str) -> tuple[Span, ...]:
    return tuple(find(text))


def values(text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.category) for span in find(text)]


def test_the_labelled_texts_are_many_and_their_spans_lie_on_values() -> None:
    texts = labelled()

    assert len({row.text for row in texts}) == len(texts) >= 750
    assert sum(not row.spans for row in texts) >= 200
    for row in texts:
        assert all(0 <= start < end <= len(row.text) for start, end, _ in row.spans)
        assert all(row.text[start:end].strip() == row.text[start:end] for start, end, _ in row.spans)


@pytest.mark.parametrize("category", CERTAIN)
def test_of_a_hundred_values_at_least_ninety_nine_are_hidden(category: str) -> None:
    hidden = [
        is_hidden(row.text, start, end, found_in(row.text))
        for row in labelled()
        for start, end, name in row.spans
        if name == category
    ]

    assert len(hidden) >= 50
    assert sum(hidden) >= 0.99 * len(hidden)


def test_of_a_hundred_found_fewer_than_two_touch_no_value() -> None:
    found = [(row, span) for row in labelled() for span in found_in(row.text)]
    false = [
        row.text[span.start : span.end]
        for row, span in found
        if not any(span.start < end and start < span.end for start, end, _ in row.spans)
    ]

    assert len(false) < 0.02 * len(found), false


def test_the_category_is_mostly_the_right_one() -> None:
    right: Counter[bool] = Counter()
    for row in labelled():
        found = {(span.start, span.category) for span in found_in(row.text)}
        right.update((start, name) in found for start, _, name in row.spans)

    assert right[True] >= 0.95 * right.total()


@pytest.mark.parametrize(
    ("text", "value", "category"),
    [
        ("주민번호: 930906 - 2922816", "930906 - 2922816", "주민등록번호"),
        ("외국인등록번호 ８５０１０１－５１２３４５６", "８５０１０１－５１２３４５６", "주민등록번호"),
        ("930906–2922816 확인", "930906–2922816", "주민등록번호"),
        ("RRN=9309062922816", "9309062922816", "주민등록번호"),
        ("국민은행 123456-78-901234", "123456-78-901234", "계좌번호"),
        ("계좌 1002-345-678901", "1002-345-678901", "계좌번호"),
        ("110-123-456789(신한)", "110-123-456789", "계좌번호"),
        ('{"bankAccount":"110123456789"}', "110123456789", "계좌번호"),
        ("상담원: 계좌번호 불러주세요\n고객: 110123456789요", "110123456789", "계좌번호"),
        ("T. 02)123-4567", "02)123-4567", "전화번호"),
        ("+82 10-1234-5678", "+82 10-1234-5678", "전화번호"),
        ("번호는010-1234-5678이고요", "010-1234-5678", "전화번호"),
        ("공일공에 일이삼사에 오육칠팔이에요", "공일공에 일이삼사에 오육칠팔", "전화번호"),
        ('{"text":"전화\\n010-1234-5678"}', "010-1234-5678", "전화번호"),
        ("고객센터 1588-1600", "1588-1600", "전화번호"),
        ("통화녹음_01012345678_20261120.m4a", "01012345678", "전화번호"),
        ("https://example.com/call?phone=01012345678", "01012345678", "전화번호"),
        ("메일:kim@naver.com으로", "kim@naver.com", "이메일"),
        ("kim(at)naver.com", "kim(at)naver.com", "이메일"),
        ("4111 1111 1111 1111", "4111 1111 1111 1111", "카드번호"),
        ("카드번호는 1234-5678-1234-5678", "1234-5678-1234-5678", "카드번호"),
        ("3782-822463-10005", "3782-822463-10005", "카드번호"),
        ("사업자등록번호 123-45-67890", "123-45-67890", "사업자번호"),
        ("(주)한빛 220-81-62517", "220-81-62517", "사업자번호"),
        ("법인등록번호 110111-1234567", "110111-1234567", "법인번호"),
        ("여권번호 M12345678", "M12345678", "여권번호"),
        ("M123A4567 발급", "M123A4567", "여권번호"),
        ("면허 11-22-333333-44", "11-22-333333-44", "면허번호"),
        ("서울 12-345678-90", "서울 12-345678-90", "면허번호"),
        ("서울시 강남구 역삼동 123-45번지", "서울시 강남구 역삼동 123-45번지", "주소"),
        ("(06236) 서울 강남구 테헤란로 152, 10층 입니다", "서울 강남구 테헤란로 152, 10층", "주소"),
        ("\\uacc4\\uc88c \\uad6d\\ubbfc 12345678901234", "12345678901234", "계좌번호"),
    ],
)
def test_a_value_is_found_whole(text: str, value: str, category: str) -> None:
    assert values(text) == [(value, category)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24 14:00-15:30, 20261124153000",
        "1,234,567원 입금 예정, 이체한도 50,000,000원",
        "주문번호 01012345678",
        "운송장번호 688912345678",
        "제품 시리얼 4512-8876-2231-9087",
        "임진왜란 1592-1598, 회의 1600-1800",
        "v3.11.2, 192.168.0.24:8080, 37.566535, 126.977969",
        "978-89-01-12345-6, 880123456789",
        "ts=1795507200123 id=550e8400-e29b-41d4-a716-446655440000",
        "abc01012345678, 0x01012345678, 010123456789012",
        "git@github.com:a/b.git, icon@2x.png, @app.route",
        "010-****-5678, 930906-2******, 4518-****-****-9012",
        "서울 강남구 맛집 10곳, 앞으로 3년, 서울로 7017",
        "입금 1234567890원, 계좌 잔액 12345678901, 주민세 123456-1234567",
        "국민 5명, 우리 팀 12명, 하나 둘",
        "제02-1234-5678호",
        "https://example.com/files/2008/01-2008-2009-1234/1600-1280.jpg?id=4111111111111111",
    ],
)
def test_what_only_looks_like_a_value_is_left(text: str) -> None:
    assert values(text) == []


def test_an_account_in_a_record_without_headings_is_found() -> None:
    assert [category for _, category in values("김나래,930906-2922816,010-1234-5678,110-123-456789")] == [
        "주민등록번호",
        "전화번호",
        "계좌번호",
    ]


def test_a_number_is_known_again_without_the_words_that_gave_it_away() -> None:
    text = "국민은행 계좌 123456-78-901234 등록.\n\n{}\n12345678901234 확인".format("가" * 400)

    assert [category for _, category in values(text)] == ["계좌번호", "계좌번호"]


def test_a_number_of_an_earlier_message_is_known_again() -> None:
    masking = Masking()

    assert masking.mask("내 계좌는 국민 123456-78-901234") == "내 계좌는 국민 [계좌번호#1]"
    assert masking.mask("123456-78-901234 말이야") == "[계좌번호#1] 말이야"


def test_a_spelling_keeps_its_placeholder_and_another_spelling_gets_its_own() -> None:
    masking = Masking()

    masked = masking.mask("010-1234-5678, kim@naver.com, 01012345678, 010-1234-5678")

    assert masked == "[전화번호#1], [이메일#1], [전화번호#2], [전화번호#1]"
    assert masking.counts == {"전화번호": 2, "이메일": 1}


@pytest.mark.parametrize(
    "written",
    [
        "[전화번호#1]",
        "[전화번호 #1]",
        "[전화번호#1 ]",
        "[ 전화번호 # 1 ]",
        "［전화번호＃１］",
        "【전화번호#1】",
        "[\\uc804\\ud654\\ubc88\\ud638#1]",
    ],
)
def test_a_placeholder_is_restored_however_a_model_writes_it(written: str) -> None:
    masking = Masking()
    masking.mask("010-1234-5678")

    assert masking.restore(f"{written}로 걸까요?") == "010-1234-5678로 걸까요?"
    assert masking.restore("[전화번호#2] [전화#1] [메모#1]") == "[전화번호#2] [전화#1] [메모#1]"


def test_a_text_that_looks_like_a_placeholder_survives() -> None:
    masking = Masking()
    text = "[전화번호#1] 자리에 010-1234-5678 넣고 【표기 #1】은 그대로"

    masked = masking.mask(text)

    assert masked == "[표기#1] 자리에 [전화번호#1] 넣고 [표기#2]은 그대로"
    assert masking.restore(masked) == text
    assert masking.counts == {"전화번호": 1}


def test_a_number_of_json_is_replaced_by_a_string_and_comes_back_as_a_number() -> None:
    masking = Masking()
    text = '{"account": 110123456789, "memo": "계좌 110123456789", "n": [-3, 4.5]}'

    masked = masking.mask(text)

    assert json.loads(masked) == {"account": "[계좌번호#1]", "memo": "계좌 [계좌번호#2]", "n": [-3, 4.5]}
    assert masking.restore(masked) == text


VALUES = (
    "010-1234-5678",
    "주민번호 930906 - 2922816",
    "계좌 국민 123456-78-901234",
    "kim@naver.com",
    "카드 4111 1111 1111 1111",
    "서울 강남구 테헤란로 152, 3층",
    "account 110123456789",
    "공일공 일이삼사 오육칠팔",
)
TRICKS = (
    "[전화번호#1]",
    '"[계좌번호#1]"',
    "[표기#",
    "#1]",
    "【",
    "［주소＃１］",
    "[",
    "]",
    '"',
    "\\",
    "\\n",
    "\\u0030",
    "\\uc804",
    " ",
    "-",
    "1",
)
TEXT = st.lists(st.one_of(st.sampled_from(VALUES + TRICKS), st.text(max_size=4)), max_size=12).map("".join)
JSON = st.recursive(
    st.one_of(TEXT, st.integers(), st.sampled_from([9309062922816, 110123456789, 4111111111111111, 352.12345678])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["계좌", "account", "t"]), inner)
    ),
    max_leaves=6,
)


@given(TEXT, TEXT)
def test_every_text_comes_back_as_it_was(first: str, second: str) -> None:
    masking = Masking()
    for text in (first, second):
        masked = masking.mask(text)

        assert masking.restore(masked) == text
        assert masking.mask(masking.restore(masked)) == masked


@given(TEXT)
def test_spans_are_in_order_and_apart(text: str) -> None:
    found = find(text)

    assert all(0 <= span.start < span.end <= len(text) for span in found)
    assert all(before.end <= after.start for before, after in pairwise(found))


@given(JSON, st.booleans())
def test_json_stays_json(value: Any, ascii_only: bool) -> None:
    masking = Masking()
    text = json.dumps({"account": value}, ensure_ascii=ascii_only)

    masked = masking.mask(text)

    json.loads(masked)
    assert masking.restore(masked) == text


@given(TEXT, st.booleans())
def test_values_restored_into_json_keep_it_valid(text: str, ascii_only: bool) -> None:
    masking = Masking()
    written = json.dumps({"to": masking.mask(text)}, ensure_ascii=ascii_only)

    json.loads(masking.restore(written))


@given(TEXT, TEXT, st.lists(st.integers(0, 60)))
def test_a_stream_says_the_same_in_any_pieces(known: str, added: str, cuts: list[int]) -> None:
    masking = Masking()
    stream = f'{masking.mask(known)}{added}"[전화번호#1]"[계좌번호 #1]"'
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    restorer = Restorer(masking)

    told = [restorer.feed(stream[start:end]) for start, end in pairwise(places)]

    assert "".join([*told, restorer.flush()]) == masking.restore(stream)


def test_a_stream_waits_for_nothing_that_is_no_placeholder() -> None:
    masking = Masking()
    masking.mask("010-1234-5678")
    restorer = Restorer(masking)

    assert [restorer.feed(delta) for delta in ("배열 a[0]과 ", "[전화", "번호#", "1", "]로", " [x")] == [
        "배열 a[0]과 ",
        "",
        "",
        "",
        "010-1234-5678로",
        " [x",
    ]


def test_a_million_digits_hyphens_and_blanks_are_read_to_the_end() -> None:
    text = "".join(random.Random(1).choices("0123456789- ", k=1_000_000))

    assert Masking().mask(text)


@pytest.mark.parametrize(
    "unit", ["7", "0-", "010 ", "930906-", "a@", "a.", "강남구1", "계좌 1-", "\\u0030", "[주소#", '"']
)
def test_the_same_again_and_again_is_read_to_the_end(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    masking = Masking()

    assert masking.restore(masking.mask(text)) == text
