import time
import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcp_servers.calendar.korean_time import parse, parse_duration, reading, resolve, resolve_interval

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 18, 10, 30, tzinfo=SEOUL)
"""A Wednesday."""


def at(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("내일 오후 3시", at(11, 19, 15), None),
        ("낼 3시", at(11, 19, 15), None),
        ("낼모레 9시", at(11, 20, 9), None),
        ("모레 저녁 7시", at(11, 20, 19), None),
        ("다음 주 화요일 오후 3시 반", at(11, 24, 15, 30), None),
        ("다음주화욜세시반", at(11, 24, 15, 30), None),
        ("다음주화요일3시30분", at(11, 24, 15, 30), None),
        ("담주 월욜 10시", at(11, 23, 10), None),
        ("담달 3일 두시", at(12, 3, 14), None),
        ("11월23일오후3시반", at(11, 23, 15, 30), None),
        ("11/23 15:00", at(11, 23, 15), None),
        ("23일 11시", at(11, 23, 11), None),
        ("이번 주 금요일 낮 12시", at(11, 20, 12), None),
        ("금요일 12시 반", at(11, 20, 12, 30), None),
        ("내일 아침 7시", at(11, 19, 7), None),
        ("내일 밤 10시", at(11, 19, 22), None),
        ("내일 정오", at(11, 19, 12), None),
        ("다다음 주 수요일 16시 30분", at(12, 2, 16, 30), None),
        ("글피 여섯 시", at(11, 21, 18), None),
        ("두 시간 뒤", at(11, 18, 12, 30), None),
        ("30분 후에", at(11, 18, 11), None),
        ("2026-11-24T15:00", at(11, 24, 15), None),
        ("2026-11-24 15:00", at(11, 24, 15), None),
        ("2026-11-24T15:00:00+09:00", at(11, 24, 15), None),
        ("2026-11-24T06:00:00Z", at(11, 24, 15), None),
        ("2026-11-24T15:00/2026-11-24T16:30", at(11, 24, 15), at(11, 24, 16, 30)),
        ("내일 3시부터 5시까지", at(11, 19, 15), at(11, 19, 17)),
        ("내일 15시-16시", at(11, 19, 15), at(11, 19, 16)),
        ("모레 저녁 7시부터 두 시간", at(11, 20, 19), at(11, 20, 21)),
        ("내일 3시에 한 시간", at(11, 19, 15), at(11, 19, 16)),
        ("내일 3시부터 한 시간 반", at(11, 19, 15), at(11, 19, 16, 30)),
        ("내일 3시부터두시간", at(11, 19, 15), at(11, 19, 17)),
        ("12월 1일부터 사흘간", at(12, 1), at(12, 4)),
        ("12월 1일부터 3일까지", at(12, 1), at(12, 4)),
        ("내일 3시에 30분 동안", at(11, 19, 15), at(11, 19, 15, 30)),
        ("내일 3시에 삼십 분", at(11, 19, 15), at(11, 19, 15, 30)),
        ("내일 3시 30분에", at(11, 19, 15, 30), None),
        ("내일", at(11, 19), at(11, 20)),
        ("2026-11-24", at(11, 24), at(11, 25)),
        ("다음 주 화요일", at(11, 24), at(11, 25)),
        ("이번 주", at(11, 16), at(11, 23)),
        ("다음주", at(11, 23), at(11, 30)),
        ("11월", at(11, 1), at(12, 1)),
        ("다음 달", at(12, 1), at(1, 1, year=2027)),
        ("내년 1월", at(1, 1, year=2027), at(2, 1, year=2027)),
        ("크리스마스", at(12, 25), at(12, 26)),
        ("다음 달 셋째 목요일", at(12, 17), at(12, 18)),
        ("앞으로 두 시간", at(11, 18, 10, 30), at(11, 18, 12, 30)),
        ("다음 사흘 동안", at(11, 19), at(11, 22)),
        ("금요일까지", at(11, 18, 10, 30), at(11, 21)),
        ("내일 오후 3시부터", at(11, 19, 15), None),
    ],
)
def test_a_plan_is_read_as_people_mean_it(text: str, start: datetime, end: datetime | None) -> None:
    assert resolve_interval(text, NOW) == (start, end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("월요일", at(11, 16), at(11, 17)),
        ("10월", at(10, 1), at(11, 1)),
        ("지난주", at(11, 9), at(11, 16)),
        ("지난 3일간", at(11, 15), at(11, 18)),
        ("지난 두 시간 동안", at(11, 18, 8, 30), at(11, 18, 10, 30)),
    ],
)
def test_records_are_looked_for_in_the_past(text: str, start: datetime, end: datetime) -> None:
    assert resolve_interval(text, NOW, toward="past") == (start, end)


@pytest.mark.parametrize(
    "text",
    [
        "전주에 다녀왔다",
        "오일 교환하러 가야 해",
        "낮은 가격이 좋다",
        "세 분이 오셨어요",
        "두 분 예약",
        "시간 있으세요?",
        "3명이 왔다",
        "회의록 정리해 줘",
        "2월 30일",
        "25시",
        "시너지를 낼 수 있다",
        "오늘의집에서 산 의자",
        "수금 담당자",
        "버전 3.11",
        "1234",
        "",
    ],
)
def test_what_is_no_time_gives_nothing(text: str) -> None:
    assert parse(text, NOW) == []


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("두 시간", "PT2H"),
        ("한 시간 반", "PT1H30M"),
        ("30분 동안", "PT30M"),
        ("1시간 30분", "PT1H30M"),
        ("사흘간", "P3D"),
        ("3일 동안", "P3D"),
        ("일주일", "P1W"),
        ("2주 동안", "P2W"),
        ("세 달", "P3M"),
        ("20년 동안", "P20Y"),
        ("열다섯 시간", "PT15H"),
        ("PT1H30M", "PT1H30M"),
    ],
)
def test_a_length_alone_is_a_duration(text: str, iso: str) -> None:
    [found] = parse(text, NOW)

    assert (found.kind, found.duration, found.start) == ("duration", iso, None)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1시간", 60), ("한시간", 60), ("한 시간 반", 90), ("삼십 분", 30), ("90분", 90), ("PT45M", 45),
        ("반 시간", 30), ("2시간 15분", 135), ("1.5시간", 90), ("하루", 1440), ("3일", 4320), ("한 시간 정도", 60),
    ],
)  # fmt: skip
def test_a_duration_argument_becomes_a_length(text: str, minutes: int) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "잠깐", "오후 3시", "두 분", "PT", "P"])
def test_what_is_no_length_gives_none(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("text", "rule", "start"),
    [
        ("매주 화요일 오전 10시", "FREQ=WEEKLY;BYDAY=TU;BYHOUR=10;BYMINUTE=0", at(11, 24, 10)),
        ("매주 화요일과 목요일 19시", "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=19;BYMINUTE=0", at(11, 19, 19)),
        ("월수금 오전 9시", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=9;BYMINUTE=0", at(11, 20, 9)),
        ("격주 금요일", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", at(11, 20)),
        ("2주마다", "FREQ=WEEKLY;INTERVAL=2", at(11, 18)),
        ("매월 25일", "FREQ=MONTHLY;BYMONTHDAY=25", at(11, 25)),
        ("매달 말일", "FREQ=MONTHLY;BYMONTHDAY=-1", at(11, 30)),
        ("매월 둘째 주 목요일", "FREQ=MONTHLY;BYDAY=2TH", at(12, 10)),
        ("매월 마지막 금요일 오후 4시", "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=16;BYMINUTE=0", at(11, 27, 16)),
        ("매일 아침 9시", "FREQ=DAILY;BYHOUR=9;BYMINUTE=0", at(11, 19, 9)),
        ("격일로", "FREQ=DAILY;INTERVAL=2", at(11, 18)),
        ("평일마다", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", at(11, 18)),
        ("일요일마다", "FREQ=WEEKLY;BYDAY=SU", at(11, 22)),
        ("월요일 오후 4시마다", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=16;BYMINUTE=0", at(11, 23, 16)),
        ("매년 3월 5일", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5", at(3, 5, year=2027)),
        ("일 년에 한 번", "FREQ=YEARLY", at(11, 18)),
    ],
)
def test_a_recurrence_is_a_rule_with_its_first_occurrence(text: str, rule: str, start: datetime) -> None:
    [found] = parse(text, NOW)

    assert (found.kind, found.rrule, found.start) == ("recurrence", rule, start)


def test_a_recurrence_with_a_length_ends() -> None:
    [found] = parse("매주 화요일 오전 10시부터 두 시간", NOW)

    assert (found.start, found.end) == (at(11, 24, 10), at(11, 24, 12))


@pytest.mark.parametrize(("text", "side"), [("내일부터", "after"), ("금요일까지", "before"), ("내일 3시", None)])
def test_an_open_side_is_said(text: str, side: str | None) -> None:
    assert parse(text, NOW)[0].open == side


def test_several_times_come_in_the_order_of_the_text_with_their_places() -> None:
    text = "회의는 내일 3시에 하고 회식은 모레 저녁 7시부터 두 시간"

    found = [one for one in parse(text, NOW) if one.rank == 0]

    assert [one.text for one in found] == ["내일 3시", "모레 저녁 7시부터 두 시간"]
    assert [text[slice(*one.span)] for one in found] == [one.text for one in found]


def test_the_next_bare_hour_counts_in_free_text_and_the_working_hour_in_plans() -> None:
    free = parse("8시", NOW)[0]
    planned = resolve("8시", NOW)

    assert planned is not None
    assert (free.start, planned.start) == (at(11, 18, 20), at(11, 19, 8))


def test_other_readings_follow_all_the_best_ones() -> None:
    found = parse("8시나 금요일", NOW)

    assert [(one.rank, one.start) for one in found] == [
        (0, at(11, 18, 20)),
        (0, at(11, 20)),
        (1, at(11, 19, 8)),
    ]


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("12시", [at(11, 18, 12), at(11, 19)]),
        ("다음 금요일", [at(11, 27), at(11, 20)]),
        ("이번 일요일", [at(11, 22), at(11, 15)]),
        ("월요일", [at(11, 23), at(11, 16)]),
        ("16일", [at(12, 16), at(11, 16)]),
        ("12월 첫째 주 금요일", [at(12, 4)]),
        ("내년 5월 첫째 주 금요일", [at(4, 30, year=2027), at(5, 7, year=2027)]),
        ("닷새 안에", [at(11, 18), at(11, 23)]),
    ],
)
def test_what_is_truly_ambiguous_has_several_readings_the_usual_first(text: str, starts: list[datetime]) -> None:
    assert [one.start for one in parse(text, NOW)] == starts


@pytest.mark.parametrize(
    ("text", "rule", "except_holidays", "exdates", "said"),
    [
        (
            "매주 화·목 10시, 공휴일 빼고, 12월까지",
            "FREQ=WEEKLY;BYDAY=TU,TH;BYHOUR=10;BYMINUTE=0;UNTIL=20261231T145959Z",
            True,
            [],
            "매주 화·목요일 오전 10시, 12월 31일까지, 공휴일 제외",
        ),
        ("격월 10일", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=10", False, [], "격월 10일"),
        ("주말 빼고 매일", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", False, [], "매주 월·화·수·목·금요일"),
        ("매주 금요일, 12월 25일 빼고", "FREQ=WEEKLY;BYDAY=FR", False, [(12, 25)], "매주 금요일, 12월 25일 제외"),
        ("매년 음력 8월 15일", "RSCALE=DANGI;FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=15", False, [], "매년 음력 8월 15일"),
        ("매년 음력 윤5월 5일", "RSCALE=DANGI;FREQ=YEARLY;BYMONTH=5L;BYMONTHDAY=5", False, [], "매년 음력 윤 5월 5일"),
        (
            "매주 금요일 자정",
            "FREQ=WEEKLY;BYDAY=SA;BYHOUR=0;BYMINUTE=0",
            False,
            [],
            "매주 토요일 오전 0시",
        ),
        (
            "다음 주부터 매주 월요일 10시에 10회",
            "FREQ=WEEKLY;BYDAY=MO;BYHOUR=10;BYMINUTE=0;COUNT=10",
            False,
            [],
            "매주 월요일 오전 10시, 10회",
        ),
    ],
)
def test_a_recurrence_has_its_limits_and_exceptions_and_is_read_back(
    text: str, rule: str, except_holidays: bool, exdates: list[tuple[int, int]], said: str
) -> None:
    [found] = parse(text, NOW)

    assert (found.rrule, found.except_holidays, found.reading) == (rule, except_holidays, said)
    assert [(day.month, day.day) for day in found.exdates] == exdates


def test_the_time_of_another_place_is_given_on_both_clocks() -> None:
    here, there = parse("뉴욕 시간으로 내일 오전 9시", NOW)

    assert here.start == there.start == at(11, 19, 23)
    assert there.first.hour == 9


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("추석 연휴 다음 날", at(9, 17, year=2027)),
        ("설 전날", at(2, 6, year=2027)),
        ("내년 한글날 대체공휴일", at(10, 11, year=2027)),
        ("음력 섣달그믐", at(2, 6, year=2027)),
        ("동지", at(12, 22)),
        ("올해 초복", at(7, 15)),
        ("3영업일 뒤", at(11, 23)),
        ("12월 첫 영업일", at(12, 1)),
        ("2026년 3월 1일생 아기 백일", at(6, 8)),
        ("크리스마스 다음 주 월요일", at(12, 28)),
    ],
)
def test_days_that_a_calendar_must_reckon(text: str, day: datetime) -> None:
    assert parse(text, NOW)[0].start == day


def test_what_the_speaker_takes_back_is_left_out() -> None:
    [found] = [one for one in parse("수요일 말고 금요일에 보자", NOW) if one.rank == 0]

    assert found.start == at(11, 20)


def test_the_place_of_an_expression_is_that_of_the_text_as_written() -> None:
    text = unicodedata.normalize("NFD", "회의는  다음  주 월요일") + " １０시"

    found = parse(text, NOW)[0]

    assert found.start == at(11, 23, 10)
    assert text[slice(*found.span)] == found.text == unicodedata.normalize("NFD", "다음  주 월요일") + " １０시"


@pytest.mark.parametrize(
    "text", ["999년 뒤의 9999년 999년 뒤", "음력 8월 15일 999년 뒤", "이맘때 12월 매월", "3세기 격주"]
)
def test_a_time_beyond_the_calendar_raises_nothing(text: str) -> None:
    late = datetime(9999, 12, 31, 23, 59, tzinfo=SEOUL)

    assert all(one.reading for one in parse(text, late))


def test_seconds_are_read() -> None:
    [found] = parse("오후 5시 49분 19초에", NOW)

    assert (found.start, found.grain) == (at(11, 18, 17, 49).replace(second=19), "second")


def test_decomposed_hangul_is_read_too() -> None:
    assert resolve_interval(unicodedata.normalize("NFD", "내일 오후 3시"), NOW) == (at(11, 19, 15), None)


@pytest.mark.parametrize(
    ("start", "end", "all_day", "said"),
    [
        (at(11, 23, 15), at(11, 23, 16), False, "11월 23일 월요일 오후 3시~4시"),
        (at(11, 23, 15, 30), at(11, 23, 17), False, "11월 23일 월요일 오후 3시 30분~5시"),
        (at(11, 23, 11), at(11, 23, 13), False, "11월 23일 월요일 오전 11시~오후 1시"),
        (at(11, 23, 12), at(11, 23, 13), False, "11월 23일 월요일 낮 12시~오후 1시"),
        (at(11, 23, 22), at(11, 24), False, "11월 23일 월요일 오후 10시~자정"),
        (at(11, 23, 22), at(11, 24, 1), False, "11월 23일 월요일 오후 10시~11월 24일 화요일 오전 1시"),
        (at(11, 23, 15), None, False, "11월 23일 월요일 오후 3시"),
        (at(11, 23), at(11, 24), True, "11월 23일 월요일 하루 종일"),
        (at(12, 31), at(1, 3, year=2027), True, "12월 31일 목요일~2027년 1월 2일 토요일"),
        (at(1, 4, 9, year=2027), at(1, 4, 10, year=2027), False, "2027년 1월 4일 월요일 오전 9시~10시"),
    ],
)
def test_a_time_is_read_back_with_its_weekday(start: datetime, end: datetime | None, all_day: bool, said: str) -> None:
    assert reading(start, end, all_day, NOW) == said


def test_an_instant_of_another_zone_is_read_back_in_the_users() -> None:
    paris = datetime(2026, 11, 23, 7, tzinfo=ZoneInfo("Europe/Paris"))

    assert reading(paris, None, False, NOW) == "11월 23일 월요일 오후 3시"


@pytest.mark.parametrize(
    "unit", ["월 ", "내일", "3시~", "1시간 ", "매주 ", "10일, ", "일", "다음 ", "2026-12-01T10:00 ", "뉴욕 시간 "]
)
def test_a_long_text_costs_no_more_than_its_parts(unit: str) -> None:
    def cost(count: int) -> float:
        begun = time.process_time()
        parse(unit * count, NOW)
        return time.process_time() - begun

    cost(10)

    assert cost(600) < 12 * (cost(150) + 0.02)
