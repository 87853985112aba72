"""Korean time, whatever the text: what is read back reads the same, and the way of writing changes no meaning."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_servers.calendar.korean_time import Expression, parse, reading

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 18, 10, 30, tzinfo=SEOUL)
NATIVE = ("한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두")
TENS, ONES = ("", "십", "이십", "삼십", "사십", "오십"), ("", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구")

few = settings(max_examples=60, deadline=None, derandomize=True)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2040, 12, 31)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=SEOUL)
)
days = st.sampled_from(
    [
        "내일",
        "모레",
        "글피",
        "다음 주 월요일",
        "이번 주 금요일",
        "12월 25일",
        "다음 달 3일",
        "올해 크리스마스",
        "사흘 뒤",
    ]
)
parts = st.sampled_from(["", "오전 ", "오후 "])
hours = st.integers(1, 12)
minutes = st.integers(0, 59)
weekdays = st.sampled_from(["월", "화", "수", "목", "금", "토", "일"])


def meaning(text: str) -> list[tuple[object, ...]]:
    return [(one.kind, one.start, one.end, one.duration, one.rrule, one.open) for one in parse(text, NOW)]


def sino(number: int) -> str:
    return TENS[number // 10] + ONES[number % 10]


def clock(hour: int, minute: int) -> str:
    return f"{hour}시 {minute}분" if minute else f"{hour}시"


def best(text: str) -> Expression:
    return parse(text, NOW)[0]


@few
@given(moments)
def test_an_instant_read_back_is_the_same_instant(moment: datetime) -> None:
    assert best(reading(moment, None, False, NOW)).start == moment


@few
@given(moments, st.integers(5, 60 * 10))
def test_an_interval_read_back_is_the_same_interval(moment: datetime, length: int) -> None:
    end = moment + timedelta(minutes=length)

    found = best(reading(moment, end, False, NOW))

    assert (found.start, found.end) == (moment, end)


@few
@given(moments, st.integers(1, 200))
def test_whole_days_read_back_are_the_same_days(moment: datetime, count: int) -> None:
    start = moment.replace(hour=0, minute=0)
    end = start + timedelta(days=count)

    found = best(reading(start, end, True, NOW).removesuffix(" 하루 종일"))

    assert (found.start, found.end) == (start, end)


@few
@given(st.lists(weekdays, min_size=1, max_size=4, unique=True), parts, hours, minutes)
def test_a_recurrence_read_back_is_the_same_rule(letters: list[str], part: str, hour: int, minute: int) -> None:
    letters = sorted(letters, key="월화수목금토일".index)
    found = best(f"매주 {'·'.join(letters)} {part}{clock(hour, minute)}")

    again = best(found.reading)

    assert (again.rrule, again.start) == (found.rrule, found.start)


@few
@given(days, parts, hours, minutes)
def test_spaces_do_not_change_the_meaning(day: str, part: str, hour: int, minute: int) -> None:
    text = f"{day} {part}{clock(hour, minute)}"

    assert meaning(text.replace(" ", "")) == meaning(text.replace(" ", "   ")) == meaning(text)


@few
@given(
    days, parts, hours, minutes, st.sampled_from(["에", "에는", "은", "으로", "로", "쯤", "이요", "입니다", "에요?"])
)
def test_particles_do_not_change_the_meaning(day: str, part: str, hour: int, minute: int, particle: str) -> None:
    text = f"{day} {part}{clock(hour, minute)}"

    assert meaning(f"{text}{particle}") == meaning(f"회의는 {text}{particle} 시작") == meaning(text)


@few
@given(days, parts, hours, minutes)
def test_numerals_do_not_change_the_meaning(day: str, part: str, hour: int, minute: int) -> None:
    digits = f"{day} {part}{clock(hour, minute)}"
    native = f"{day} {part}{NATIVE[hour - 1]} 시" + (f" {sino(minute)} 분" if minute else "")

    assert meaning(native) == meaning(digits)


@few
@given(st.integers(1, 12), st.integers(1, 28))
def test_dates_mean_the_same_in_every_writing(month: int, day: int) -> None:
    irregular = {6: "유", 10: "시"}.get(month) or sino(month)
    spelled = [
        f"{month}월 {day}일",
        f"{month}/{day}",
        f"{month}.{day}.",
        f"{irregular}월 {sino(day)}일",
        f"{month}월{day}일",
    ]

    found = [meaning(text) for text in spelled]

    assert found == [found[0]] * len(found)


@few
@given(st.text(alphabet=st.sampled_from("일이삼월화수요주년시분초다음지난 0123456789-./:~매부터까지전뒤"), max_size=40))
def test_no_text_breaks_the_reader_and_every_span_is_its_text(text: str) -> None:
    for one in parse(text, NOW):
        assert text[slice(*one.span)] == one.text
        assert re.search(r"\S", one.reading)
