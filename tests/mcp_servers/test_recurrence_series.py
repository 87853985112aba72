"""Recurrence sets in time zones, with dates added and taken away, and the Korean lunar calendar under them."""

import time
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from korean_lunar_calendar import KoreanLunarCalendar

from mcp_servers.calendar.recurrence import (
    Occurrence,
    Period,
    RecurrenceSet,
    Rule,
    TooManyOccurrences,
    leap_month,
    lunar,
    month_length,
    solar,
)

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
NINE = datetime(2026, 12, 1, 9)
WEEK = (datetime(2026, 12, 1, tzinfo=SEOUL), datetime(2026, 12, 8, tzinfo=SEOUL))
DAILY, TUESDAYS = (Rule.parse("FREQ=DAILY"),), (Rule.parse("FREQ=WEEKLY;BYDAY=TU"),)


def days(series: RecurrenceSet) -> list[int]:
    return [occurrence.start.day for occurrence in series.between(*WEEK)]


def walls(dtstart: datetime, rule: str) -> list[str]:
    """Everything of a rule in New York, with the offset."""
    series = RecurrenceSet(dtstart, "America/New_York", (Rule.parse(rule),))
    found = series.between(dtstart.replace(tzinfo=NEW_YORK), datetime(2027, 1, 1, tzinfo=NEW_YORK))
    return [f"{occurrence.start:%d %H:%M %z}" for occurrence in found]


def test_the_wall_clock_is_kept_when_the_offset_changes() -> None:
    assert walls(datetime(2026, 3, 7, 9), "FREQ=DAILY;COUNT=2") == ["07 09:00 -0500", "08 09:00 -0400"]


def test_a_time_that_the_clock_skips_moves_forward_and_one_that_comes_twice_is_its_first() -> None:
    skipped = walls(datetime(2026, 3, 7, 2, 30), "FREQ=DAILY;COUNT=3")
    doubled = walls(datetime(2026, 11, 1, 1, 30), "FREQ=DAILY;COUNT=1")

    assert skipped == ["07 02:30 -0500", "08 03:30 -0400", "09 02:30 -0400"]
    assert doubled == ["01 01:30 -0400"]


def test_times_moved_over_a_gap_come_in_order_and_once() -> None:
    moved = walls(datetime(2026, 3, 8, 1, 45), "FREQ=MINUTELY;INTERVAL=30;COUNT=6")

    assert moved == ["08 01:45 -0500", "08 03:15 -0400", "08 03:45 -0400", "08 04:15 -0400"]


def test_a_window_that_begins_in_the_gap_still_sees_what_moved_into_it() -> None:
    series = RecurrenceSet(datetime(2026, 3, 1, 2, 30), "America/New_York", DAILY)
    start = datetime(2026, 3, 8, 3, 10, tzinfo=NEW_YORK)

    assert [f"{found.start:%d %H:%M}" for found in series.between(start, start + timedelta(hours=1))] == ["08 03:30"]


def test_an_until_in_utc_is_read_on_the_clock_of_the_series() -> None:
    rule = Rule.parse("FREQ=DAILY;UNTIL=20261203T000000Z")  # 09:00 in Seoul

    assert days(RecurrenceSet(NINE, "Asia/Seoul", (rule,))) == [1, 2, 3]
    assert days(RecurrenceSet(NINE + timedelta(seconds=1), "Asia/Seoul", (rule,))) == [1, 2]
    assert days(RecurrenceSet(NINE, "Asia/Seoul", (Rule.parse("FREQ=DAILY;UNTIL=99991231T235959Z"),)))[-1] == 7


def test_an_until_of_floating_time_is_floating_too() -> None:
    rule = Rule.parse("FREQ=DAILY;UNTIL=20261203T000000Z")

    assert days(RecurrenceSet(NINE, None, (rule,))) == [1, 2]


@pytest.mark.parametrize(
    "gone",
    [date(2026, 12, 3), datetime(2026, 12, 3, 9), datetime(2026, 12, 3, tzinfo=UTC)],
    ids=["day", "local", "UTC"],
)
def test_an_exception_takes_away_its_instant_or_its_day(gone: date) -> None:
    assert days(RecurrenceSet(NINE, "Asia/Seoul", DAILY, exdates=(gone,))) == [1, 2, 4, 5, 6, 7]
    assert days(RecurrenceSet(NINE.date(), None, DAILY, exdates=(gone,))) == [1, 2, 4, 5, 6, 7]


def test_an_exception_at_another_time_takes_nothing_away() -> None:
    series = RecurrenceSet(NINE, "Asia/Seoul", DAILY, exdates=(datetime(2026, 12, 3, 10),))

    assert days(series) == [1, 2, 3, 4, 5, 6, 7]


def test_added_dates_come_in_order_and_once_and_a_period_keeps_its_length() -> None:
    added = (Period(datetime(2026, 12, 4, 14), timedelta(hours=3)), NINE, datetime(2026, 12, 2, tzinfo=UTC))
    series = RecurrenceSet(NINE, "Asia/Seoul", TUESDAYS, rdates=added)

    assert series.between(*WEEK) == [
        Occurrence(datetime(2026, 12, 1, 9, tzinfo=SEOUL)),
        Occurrence(datetime(2026, 12, 2, 9, tzinfo=SEOUL)),
        Occurrence(datetime(2026, 12, 4, 14, tzinfo=SEOUL), timedelta(hours=3)),
    ]


def test_a_rule_of_exceptions_takes_away_what_it_produces() -> None:
    assert days(RecurrenceSet(NINE, "Asia/Seoul", DAILY, exrules=TUESDAYS)) == [2, 3, 4, 5, 6, 7]


def test_dtstart_counts_without_a_rule_and_else_only_where_asked() -> None:
    wednesdays = (Rule.parse("FREQ=WEEKLY;BYDAY=WE"),)

    assert days(RecurrenceSet(NINE, "Asia/Seoul")) == [1]
    assert days(RecurrenceSet(NINE, "Asia/Seoul", wednesdays)) == [2]
    assert days(RecurrenceSet(NINE, "Asia/Seoul", wednesdays, always_dtstart=True)) == [1, 2]


def test_floating_time_is_that_of_whoever_asks() -> None:
    series = RecurrenceSet(NINE, None, (Rule.parse("FREQ=DAILY;COUNT=1"),))
    in_seoul, in_new_york = (
        [*islice(series.occurrences(datetime(2026, 11, 1, tzinfo=zone)), 1)] for zone in (SEOUL, NEW_YORK)
    )

    assert in_seoul == [Occurrence(NINE.replace(tzinfo=SEOUL))]
    assert in_new_york == [Occurrence(NINE.replace(tzinfo=NEW_YORK))]


def test_a_window_holds_what_begins_in_it_and_not_what_begins_at_its_end() -> None:
    series = RecurrenceSet(NINE, "Asia/Seoul", DAILY)
    start, end = (datetime(2026, 12, day, 9, tzinfo=SEOUL) for day in (2, 4))

    assert [found.start.day for found in series.between(start, end)] == [2, 3]
    assert [found.start.day for found in series.between(start + timedelta(seconds=1), end)] == [3]
    assert [found.start.day for found in RecurrenceSet(NINE.date(), None, DAILY).between(start, end)] == [3, 4]


def test_hostile_sets_are_refused_in_time() -> None:
    secondly = (Rule.parse("FREQ=SECONDLY"),)
    year = (datetime(2026, 1, 1, tzinfo=SEOUL), datetime(2027, 1, 1, tzinfo=SEOUL))
    began = time.process_time()

    with pytest.raises(TooManyOccurrences, match="기간을 줄여"):
        RecurrenceSet(datetime(2020, 1, 1), "Asia/Seoul", secondly).between(*year)
    for rules, exrules in ((secondly, secondly), ((Rule.parse("FREQ=YEARLY"),), secondly)):
        with pytest.raises(TooManyOccurrences, match="예외"):
            RecurrenceSet(datetime(2020, 6, 1), "Asia/Seoul", rules, exrules=exrules).between(*year)
    assert time.process_time() - began < 10


def test_every_lunar_month_of_the_library_is_ours() -> None:
    library = KoreanLunarCalendar()
    for year in range(1900, 2050):
        for month in range(1, 13):
            for leap in (False, True) if leap_month(year) == month else (False,):
                assert library.setLunarDate(year, month, 1, leap)
                assert solar(year, month, 1, leap).isoformat() == library.SolarIsoFormat()
                assert library.setLunarDate(year, month, 30, leap) is (month_length(year, month, leap) == 30)


def test_lunar_and_solar_dates_turn_into_each_other() -> None:
    for ordinal in range(date(1391, 3, 1).toordinal(), date(2051, 2, 1).toordinal(), 37):
        day = date.fromordinal(ordinal)
        assert solar(*lunar(day)) == day


@pytest.mark.parametrize(
    ("lunar_date", "said"),
    [
        ((2026, 5, 1, True), "윤5월이 없습니다"),
        ((2026, 1, 31, False), "30일까지"),
        ((2051, 1, 1, False), "2050년까지만"),
        ((2026, 13, 1, False), "13월이 없습니다"),
    ],
)
def test_a_lunar_date_that_does_not_exist_is_refused_with_the_reason(
    lunar_date: tuple[int, int, int, bool], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        solar(*lunar_date)


def test_days_beyond_the_known_years_have_no_lunar_date() -> None:
    for day in (date(1391, 1, 1), date(2051, 3, 1)):
        with pytest.raises(ValueError, match="1391년부터 2050년까지만"):
            lunar(day)
