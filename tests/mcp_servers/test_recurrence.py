"""Rules as clients write them, what the RFCs print of them, and bounds for hostile ones."""

import time
from datetime import UTC, date, datetime
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_servers.calendar.recurrence import InvalidRule, Rule, TooManyOccurrences, spoken, starts

START = datetime(1997, 9, 2, 9)
TOKENS = (
    "FREQ=", "YEARLY;", "MONTHLY;", "WEEKLY;", "SECONDLY;", "RSCALE=DANGI;", "BYMONTH=", "5L,", "12,", "2;", "BYDAY=",
    "-1MO,", "TU;", "BYMONTHDAY=", "31,", "-30;", "SKIP=FORWARD;", "COUNT=", "INTERVAL=", "UNTIL=20261231;",
    "BYSETPOS=", "-1;", "\n",
)  # fmt: skip


def first(text: str, dtstart: date, most: int) -> list[str]:
    """Month and day of the first occurrences, with the time if it is not that of DTSTART."""
    return [f"{moment:%Y-%m-%d}" for moment in islice(starts(Rule.parse(text), dtstart), most)]


@pytest.mark.parametrize(
    ("text", "dtstart", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", START, "1997-09-02 1997-09-03 1997-09-04"),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            datetime(1997, 8, 5, 9),
            "1997-08-05 1997-08-10 1997-08-19 1997-08-24",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            datetime(1997, 8, 5, 9),
            "1997-08-05 1997-08-17 1997-08-19 1997-08-31",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", datetime(1997, 9, 28, 9), "1997-09-28 1997-10-29 1997-11-28 1997-12-29"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", START, "1998-02-13 1998-03-13 1998-11-13"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            datetime(2007, 1, 15, 9),
            "2007-01-15 2007-01-30 2007-02-15 2007-03-15 2007-03-30",
        ),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", datetime(1997, 9, 4, 9), "1997-09-04 1997-10-07 1997-11-06"),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            datetime(1996, 11, 5, 9),
            "1996-11-05 2000-11-07 2004-11-02",
        ),
        ("FREQ=YEARLY;BYDAY=20MO", datetime(1997, 5, 19, 9), "1997-05-19 1998-05-18 1999-05-17"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", datetime(1997, 5, 12, 9), "1997-05-12 1998-05-11 1999-05-17"),
        (
            "FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200",
            datetime(1997, 1, 1, 9),
            "1997-01-01 1997-04-10 1997-07-19 2000-01-01",
        ),
    ],
)
def test_examples_of_rfc_5545_give_the_days_it_prints(text: str, dtstart: datetime, expected: str) -> None:
    assert first(text, dtstart, len(expected.split())) == expected.split()


@pytest.mark.parametrize(
    ("text", "dtstart", "expected"),
    [
        (
            "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;COUNT=4",
            date(2014, 1, 31),
            "2014-01-31 2014-02-28 2014-03-31 2014-04-30",
        ),
        ("RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD;COUNT=3", date(2016, 2, 29), "2016-02-29 2017-03-01 2018-03-01"),
        ("RSCALE=GREGORIAN;FREQ=YEARLY;COUNT=3", date(2016, 2, 29), "2016-02-29 2020-02-29 2024-02-29"),
        (
            "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=1,31;SKIP=FORWARD;COUNT=5",
            date(2014, 3, 31),
            "2014-03-31 2014-04-01 2014-05-01 2014-05-31 2014-06-01",
        ),
        ("RSCALE=DANGI;FREQ=YEARLY", date(2013, 2, 10), "2013-02-10 2014-01-31 2015-02-19 2016-02-08"),
        ("RSCALE=DANGI;FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=15", date(2026, 1, 1), "2026-09-25 2027-09-15 2028-10-03"),
        ("RSCALE=DANGI;FREQ=YEARLY;BYMONTH=6L;BYMONTHDAY=10", date(2017, 1, 1), "2025-08-03 2036-08-01"),
        (
            "RSCALE=DANGI;FREQ=YEARLY;BYMONTH=6L;BYMONTHDAY=10;SKIP=BACKWARD",
            date(2024, 1, 1),
            "2024-07-15 2025-08-03 2026-07-23",
        ),
        (
            "RSCALE=DANGI;FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30;SKIP=BACKWARD",
            date(2024, 1, 1),
            "2024-02-09 2025-01-28 2026-02-16",
        ),
        (
            "RSCALE=DANGI;FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30;SKIP=FORWARD",
            date(2024, 1, 1),
            "2024-02-09 2025-01-29 2026-02-17",
        ),
    ],
)
def test_non_gregorian_and_skipped_days_follow_rfc_7529(text: str, dtstart: date, expected: str) -> None:
    assert first(text, dtstart, len(expected.split())) == expected.split()


def test_a_day_moved_into_the_next_month_is_found_when_the_rule_is_entered_there() -> None:
    rule = Rule.parse("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD")

    assert next(starts(rule, date(2014, 1, 31), after=date(2026, 3, 1))) == date(2026, 3, 1)


def test_a_lunar_rule_ends_with_the_years_the_calendar_is_known_for() -> None:
    rule = Rule.parse("RSCALE=DANGI;FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1")

    assert [*starts(rule, date(2048, 1, 1))] == [date(2048, 2, 14), date(2049, 2, 2), date(2050, 1, 23)]
    assert [*starts(rule, date(2060, 1, 1))] == []


@pytest.mark.parametrize(
    ("text", "dtstart", "expected"),
    [
        ("FREQ=YEARLY;BYWEEKNO=20", START, "1998-05-12 1999-05-18"),
        ("FREQ=YEARLY;BYMONTHDAY=13", START, "1997-09-13 1998-09-13"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", datetime(2026, 12, 2, 9), "2026-12-07 2026-12-14"),
        ("FREQ=WEEKLY;BYDAY=2MO", datetime(2026, 12, 1, 9), "2026-12-07 2026-12-14"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=30", date(2026, 12, 1), "2026-12-01 2026-12-02"),
        ("FREQ=HOURLY;INTERVAL=48", date(2026, 12, 1), "2026-12-01 2026-12-03"),
        ("FREQ=MONTHLY;BYYEARDAY=1,32", datetime(2026, 1, 1), "2026-01-01 2026-02-01 2027-01-01"),
    ],
)
def test_what_a_rule_does_not_say_or_may_not_say_is_read_as_meant(text: str, dtstart: date, expected: str) -> None:
    assert first(text, dtstart, len(expected.split())) == expected.split()


def test_dtstart_is_an_occurrence_only_where_it_matches() -> None:
    assert first("FREQ=WEEKLY;BYDAY=WE;COUNT=2", START, 3) == ["1997-09-03", "1997-09-10"]


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("RRULE:freq=weekly; byday = mo ,we;", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("BYDAY=+1MO;FREQ=MONTHLY;INTERVAL=0;X-GOOGLE=1", "FREQ=MONTHLY;BYDAY=1MO"),
        ("FREQ=DAILY;UNTIL=2026-12-31T23:59:59Z;BYHOUR=", "FREQ=DAILY;UNTIL=20261231T235959Z"),
        ("FREQ=DAILY;UNTIL=20261231T2359", "FREQ=DAILY;UNTIL=20261231T235900"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,1,15;WKST=MO", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
        ("FREQ=YEARLY;COUNT=3;RSCALE=Dangi;BYMONTH=5l", "RSCALE=DANGI;FREQ=YEARLY;COUNT=3;BYMONTH=5L"),
        ("FREQ=YEARLY;SKIP=OMIT;RSCALE=GREGORIAN", "FREQ=YEARLY"),
        ("FREQ=MONTHLY;SKIP=FORWARD", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD"),
    ],
)
def test_slips_of_real_clients_are_read_and_written_right(written: str, canonical: str) -> None:
    assert str(Rule.parse(written)) == canonical


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "FREQ"),
        ("FREQ=FORTNIGHTLY", "YEARLY, MONTHLY"),
        ("FREQ=DAILY;BYFOO=1", "BYFOO"),
        ("FREQ=DAILY;COUNT=0", "1 이상"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL=-1"),
        ("FREQ=DAILY;COUNT=" + "9" * 100_000, "숫자로"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "1~31 또는 -31~-1"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "1~31"),
        ("FREQ=MONTHLY;BYDAY=XX", "2TU"),
        ("FREQ=DAILY;UNTIL=20260230", "20261231"),
        ("FREQ=DAILY;COUNT=1;COUNT=2", "두 번"),
        ("FREQ=YEARLY;BYMONTH=5L", "RSCALE=DANGI"),
        ("FREQ=YEARLY;BYMONTH=13", "1~12"),
        ("RSCALE=CHINESE;FREQ=YEARLY", "GREGORIAN, DANGI"),
        ("FREQ=WEEKLY;WKST=8", "WKST=8"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_way_out(text: str, said: str) -> None:
    with pytest.raises(InvalidRule, match=said):
        Rule.parse(text)


@given(st.text(max_size=40) | st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
@settings(max_examples=300, deadline=None, database=None, derandomize=True)
def test_any_text_is_a_rule_that_can_be_followed_or_is_refused(text: str) -> None:
    try:
        rule = Rule.parse(text)
    except InvalidRule:
        return
    assert Rule.parse(str(rule)) == rule
    for start in (START, START.date()):
        [*islice(starts(rule, start, before=datetime(1999, 1, 1)), 20)]
    assert spoken(rule, START)


@pytest.mark.parametrize(
    ("until", "last"),
    [("20261203", 3), ("20261203T090000", 3), ("20261203T085959", 2), ("20261203T235959Z", 3)],
)
def test_until_is_inclusive_and_a_date_means_that_whole_day(until: str, last: int) -> None:
    found = [*starts(Rule.parse(f"FREQ=DAILY;UNTIL={until}"), datetime(2026, 12, 1, 9))]

    assert found[-1] == datetime(2026, 12, last, 9)
    assert [*starts(Rule.parse(f"FREQ=DAILY;UNTIL={until}"), date(2026, 12, 1))][-1] == date(2026, 12, 3)


def test_of_count_and_until_the_first_to_come_ends_the_rule() -> None:
    assert len([*starts(Rule.parse("FREQ=DAILY;COUNT=3;UNTIL=20261231"), datetime(2026, 12, 1))]) == 3
    assert len([*starts(Rule.parse("FREQ=DAILY;COUNT=90;UNTIL=20261231"), datetime(2026, 12, 1))]) == 31


def test_a_leap_second_is_the_last_second_of_its_minute() -> None:
    for frequency in ("DAILY", "MINUTELY", "SECONDLY"):
        rule = Rule.parse(f"FREQ={frequency};BYHOUR=9;BYMINUTE=0;BYSECOND=60")
        assert next(starts(rule, START)) == datetime(1997, 9, 2, 9, 0, 59)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1",
        "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=7",
        "FREQ=DAILY;BYSETPOS=2",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=3",
        "FREQ=YEARLY;INTERVAL=999999999;BYMONTH=1",
    ],
)
def test_a_rule_that_never_occurs_ends(text: str) -> None:
    began = time.process_time()

    assert [*starts(Rule.parse(text), START)] == []
    assert time.process_time() - began < 5


def test_hostile_rules_are_entered_far_away_without_walking_there() -> None:
    everything = (
        f"BYHOUR={','.join(map(str, range(24)))};BYMINUTE={(tens := ','.join(map(str, range(60))))};BYSECOND={tens}"
    )
    for text in (
        "FREQ=SECONDLY",
        f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;{everything}",
        f"FREQ=MINUTELY;{everything}",
    ):
        began = time.process_time()
        far = datetime(2126, 7, 1, 12)

        assert next(starts(Rule.parse(text), START, after=far)) == far
        assert time.process_time() - began < 2


def test_a_count_that_hides_millions_of_occurrences_is_refused() -> None:
    with pytest.raises(TooManyOccurrences, match="UNTIL"):
        next(starts(Rule.parse("FREQ=SECONDLY;COUNT=999999999"), START, after=datetime(2026, 1, 1)))


def test_the_last_day_of_the_calendar_is_the_last_occurrence() -> None:
    for text in ("FREQ=DAILY", "FREQ=HOURLY;INTERVAL=24", "FREQ=MONTHLY;BYMONTHDAY=31"):
        assert [*starts(Rule.parse(text), datetime(9999, 12, 31, 9))] == [datetime(9999, 12, 31, 9)]


def test_dateutil_agrees_where_it_is_right() -> None:
    """A second opinion, on the parts that it does not read differently."""
    parts = (
        "", "BYDAY=MO,TH", "BYMONTH=2,11;BYDAY=FR;BYMONTHDAY=13", "BYMONTH=1,6,9;BYMONTHDAY=1,-1", "BYMONTH=3;BYDAY=SU",
        "BYYEARDAY=1,-1,100", "BYHOUR=6,18", "BYDAY=TU;BYHOUR=12;BYMINUTE=15,45", "BYMONTH=2;BYMONTHDAY=29",
    )  # fmt: skip
    texts = [
        f"FREQ={frequency};INTERVAL={interval};COUNT=6;{part}".rstrip(";")
        for frequency in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
        for interval in (1, 3)
        for part in parts
    ]
    different = [text for text in texts if [*starts(Rule.parse(text), START)] != [*rrulestr(text, dtstart=START)]]

    assert (len(texts), different) == (90, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH", "매주 화·목요일"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "격주 금요일"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=10;BYMINUTE=30", "매주 월~금요일 오전 10시 30분"),
        ("FREQ=MONTHLY;BYDAY=2TH", "매월 둘째 주 목요일"),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", "매월 첫째·셋째 주 월요일"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "매월 마지막 금요일"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15,-1", "매월 1일·15일·말일"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "매월 마지막 평일"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD", "매월 31일 (없으면 그 앞날)"),
        ("RSCALE=DANGI;FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=15", "매년 음력 8월 15일"),
        ("RSCALE=DANGI;FREQ=YEARLY;BYMONTH=5L;BYMONTHDAY=1", "매년 음력 윤5월 1일"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=10", "3일마다, 10번"),
        ("FREQ=DAILY;BYDAY=SA,SU;UNTIL=20261231T145959Z", "매주 토·일요일, 2026년 12월 31일까지"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "매년 11월 넷째 주 목요일"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "매월 13일 (금요일일 때)"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=SU", "매년 3월 모든 일요일"),
        ("FREQ=MONTHLY;BYDAY=MO,WE;BYSETPOS=-1", "매월 월·수요일 가운데 마지막"),
        ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO", "매년 마지막 주 월요일"),
        ("FREQ=YEARLY;BYYEARDAY=100,-2", "매년 100번째 날·끝에서 둘째 날"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=0,12;BYMINUTE=5", "매월 1일 오전 0시 5분·낮 12시 5분"),
        ("FREQ=HOURLY;INTERVAL=2;BYHOUR=9,11", "2시간마다 9·11시에"),
    ],
)
def test_a_rule_is_read_back_as_a_korean_says_it(text: str, said: str) -> None:
    assert spoken(Rule.parse(text), zone=UTC) == said


def test_what_a_rule_leaves_to_dtstart_is_named_when_that_is_known() -> None:
    start = date(2026, 9, 25)

    assert spoken(Rule.parse("FREQ=WEEKLY"), start) == "매주 금요일"
    assert spoken(Rule.parse("FREQ=YEARLY"), start) == "매년 9월 25일"
    assert spoken(Rule.parse("RSCALE=DANGI;FREQ=YEARLY"), start) == "매년 음력 8월 15일"
