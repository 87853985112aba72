"""Edits of a series: what each scope changes, and that everything else stays as it was written."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mcp_servers.calendar.entities import Event, Person, Scope
from mcp_servers.calendar.ical import Series, UnclearEdit, new

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(day: int, hour: int = 15, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SEOUL)


def series(rule: str = "FREQ=WEEKLY;BYDAY=TU;COUNT=5", start: datetime | date | None = None, extra: str = "") -> Series:
    start = start or at(1)
    end = start + (HOUR if isinstance(start, datetime) else DAY)
    event = Event("u1", "주간 회의", start, end, rules=(rule,), location="3층")
    text = new(event, NOW).replace("END:VEVENT", f"{extra}END:VEVENT")
    return Series.parse(text, SEOUL)


def starts(read: Series) -> list[str]:
    found = read.occurrences(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC), 100)
    return [f"{each.start.astimezone(SEOUL):%m%dT%H}" for each in found]


def titles(read: Series) -> list[str]:
    found = read.occurrences(datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC), 100)
    return [each.event.title for each in found]


def test_one_occurrence_gets_a_component_of_its_own() -> None:
    read = series()
    event = read.event("20261208T150000")

    changed, rest = read.changed_to(
        replace(event, title="임시", start=at(9), end=at(9, 16)), "this", "20261208T150000", LATER
    )

    assert rest is None
    assert starts(changed) == ["1201T15", "1209T15", "1215T15", "1222T15", "1229T15"]
    assert titles(changed) == ["주간 회의", "임시", "주간 회의", "주간 회의", "주간 회의"]
    assert changed.changed["20261208T150000"].sequence == 1
    assert changed.changed["20261208T150000"].location == "3층"
    assert changed.master == read.master
    assert Series.parse(changed.data, SEOUL).changed == changed.changed


def test_a_change_that_is_no_move_keeps_the_revision() -> None:
    read = series()

    changed, _ = read.changed_to(replace(read.master, location="5층"), "all", "", LATER)

    assert changed.master.sequence == 0
    assert "LAST-MODIFIED:20261129T040000Z" in changed.data


def test_this_and_following_are_a_second_series() -> None:
    read = series()
    event = read.event("20261215T150000")

    head, tail = read.changed_to(
        replace(event, start=at(16, 10), end=at(16, 11)), "following", "20261215T150000", LATER
    )

    assert tail is not None
    assert starts(head) == ["1201T15", "1208T15"]
    assert starts(tail) == ["1216T10", "1223T10", "1230T10"]
    assert head.uid != tail.uid
    assert tail.master.rules == ("FREQ=WEEKLY;COUNT=3;BYDAY=WE",)
    assert head.master.rules == ("FREQ=WEEKLY;UNTIL=20261215T055959Z;BYDAY=TU",)


def test_changed_and_removed_occurrences_go_with_the_second_series() -> None:
    read = series()
    read, _ = read.changed_to(replace(read.event("20261222T150000"), title="송년회"), "this", "20261222T150000", LATER)
    left = read.without("this", "20261229T150000", LATER)
    assert left is not None

    head, tail = left.changed_to(
        replace(left.event("20261215T150000"), start=at(15, 9), end=at(15, 10)), "following", "20261215T150000", LATER
    )

    assert tail is not None
    assert starts(tail) == ["1215T09", "1222T09"]
    assert titles(tail) == ["주간 회의", "송년회"]
    assert list(tail.changed) == ["20261222T090000"]
    assert not head.changed
    assert not head.master.exdates


def test_from_the_first_occurrence_on_is_the_whole_series() -> None:
    read = series()

    head, tail = read.changed_to(
        replace(read.event("20261201T150000"), title="새"), "following", "20261201T150000", LATER
    )

    assert tail is None
    assert titles(head) == ["새"] * 5


def test_a_move_of_all_moves_what_was_changed_and_removed_too() -> None:
    read = series()
    read, _ = read.changed_to(replace(read.event("20261208T150000"), title="임시"), "this", "20261208T150000", LATER)
    kept = read.event("20261222T150000")
    read, _ = read.changed_to(replace(kept, start=at(23, 8), end=at(23, 9)), "this", "20261222T150000", LATER)
    left = read.without("this", "20261215T150000", LATER)
    assert left is not None

    moved, _ = left.changed_to(
        replace(left.event("20261229T150000"), start=at(30, 17), end=at(30, 19)), "all", "20261229T150000", LATER
    )

    assert starts(moved) == ["1202T17", "1209T17", "1223T08", "1230T17"]
    assert titles(moved)[1] == "임시"
    assert moved.master.rules == ("FREQ=WEEKLY;COUNT=5;BYDAY=WE",)
    assert moved.changed["20261209T170000"].end == at(9, 19)


def test_a_new_title_for_all_spares_titles_of_their_own() -> None:
    read = series()
    read, _ = read.changed_to(replace(read.event("20261208T150000"), title="임시"), "this", "20261208T150000", LATER)
    read, _ = read.changed_to(replace(read.event("20261215T150000"), location="5층"), "this", "20261215T150000", LATER)

    changed, _ = read.changed_to(
        replace(read.event("20261201T150000"), title="새 이름"), "all", "20261201T150000", LATER
    )

    assert titles(changed) == ["새 이름", "임시", "새 이름", "새 이름", "새 이름"]
    assert changed.changed["20261215T150000"].location == "5층"


def test_the_last_occurrence_stays_the_last_when_the_series_moves() -> None:
    read = series("FREQ=WEEKLY;BYDAY=TU;UNTIL=20261222T060000Z")

    moved, _ = read.changed_to(replace(read.master, start=at(1, 18), end=at(1, 19)), "all", "", LATER)

    assert starts(moved) == ["1201T18", "1208T18", "1215T18", "1222T18"]


def test_a_monthly_series_moves_its_exceptions_within_their_month() -> None:
    read = series("FREQ=MONTHLY;BYDAY=2TU;COUNT=4", at(8))
    left = read.without("this", "20270209T150000", LATER)
    assert left is not None
    assert starts(left) == ["1208T15", "0112T15", "0309T15"]

    moved, _ = left.changed_to(
        replace(left.event("20261208T150000"), start=at(9), end=at(9, 16)), "all", "20261208T150000", LATER
    )

    assert moved.master.rules == ("FREQ=MONTHLY;COUNT=4;BYDAY=2WE",)
    assert starts(moved) == ["1209T15", "0113T15", "0310T15"]


def test_a_series_with_many_days_of_a_month_is_not_moved_by_a_guess() -> None:
    read = series("FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=4", at(1))

    with pytest.raises(UnclearEdit, match="새 반복 규칙"):
        read.changed_to(replace(read.master, start=at(2), end=at(2, 16)), "all", "", LATER)


def test_a_series_can_become_one_of_whole_days_and_back() -> None:
    read = series()
    left = read.without("this", "20261208T150000", LATER)
    assert left is not None

    days, _ = left.changed_to(replace(left.master, start=date(2026, 12, 2), end=date(2026, 12, 3)), "all", "", LATER)
    back, _ = days.changed_to(replace(days.master, start=at(1), end=at(1, 16)), "all", "", LATER)

    assert starts(days) == ["1202T00", "1216T00", "1223T00", "1230T00"]
    assert "DTSTART;VALUE=DATE:20261202" in days.data
    assert starts(back) == starts(left)


@pytest.mark.parametrize(
    ("scope", "left"),
    [("this", ["1201T15", "1208T15", "1222T15", "1229T15"]), ("following", ["1201T15", "1208T15"]), ("all", None)],
)
def test_an_occurrence_is_removed(scope: Scope, left: list[str] | None) -> None:
    removed = series().without(scope, "20261215T150000", LATER)

    assert (starts(removed) if removed else None) == left
    assert removed is None or removed.master.sequence == 1


def test_a_series_without_its_last_occurrence_is_gone() -> None:
    read = series("FREQ=DAILY;COUNT=2")

    once = read.without("this", "20261201T150000", LATER)

    assert once is not None
    assert once.without("this", "20261202T150000", LATER) is None


def test_what_is_no_occurrence_cannot_be_edited() -> None:
    read = series()

    for wrong in ("20261202T150000", "20261208", "다음 주", ""):
        if wrong:
            with pytest.raises(KeyError):
                read.event(wrong)
            with pytest.raises(KeyError):
                read.without("this", wrong, LATER)


EXTRA = (
    'ATTENDEE;X-NUM-GUESTS=0;RSVP=TRUE;PARTSTAT=NEEDS-ACTION;CN="김, 민수":mailto:Kim@Example.com\r\n'
    "ATTENDEE;CN=이영희;PARTSTAT=ACCEPTED:mailto:lee@example.com\r\n"
    "ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:aGVsbG8=\r\n"
    'X-MOZ-GENERATION:3\r\nX-LONG;X-A="b:c":가나다라마바사아자차카타파하가나다라마바\r\n 사아자차\r\n'
    "BEGIN:VALARM\r\nUID:a1\r\nTRIGGER;X-B=1:-PT15M\r\nACTION:AUDIO\r\nREPEAT:4\r\nDURATION:PT5M\r\n"
    "ATTACH;VALUE=URI:Basso\r\nX-WR-ALARMUID:a1\r\nEND:VALARM\r\n"
)


def test_an_edit_writes_only_what_it_changes() -> None:
    read = series(extra=EXTRA)

    changed, _ = read.changed_to(replace(read.master, title="새 이름"), "all", "", LATER)

    before, after = read.data.splitlines(), changed.data.splitlines()
    assert [line for line in before if line not in after] == [
        "DTSTAMP:20261129T030000Z", "LAST-MODIFIED:20261129T030000Z", "SUMMARY:주간 회의"
    ]  # fmt: skip
    assert [line for line in after if line not in before] == [
        "DTSTAMP:20261129T040000Z", "LAST-MODIFIED:20261129T040000Z", "SUMMARY:새 이름"
    ]  # fmt: skip


def test_an_answer_changes_one_parameter() -> None:
    read = series(extra=EXTRA)
    kim, lee = read.master.attendees
    assert kim == Person("김, 민수", "Kim@Example.com")

    changed, _ = read.changed_to(
        replace(read.master, attendees=(replace(kim, status="ACCEPTED"), lee)), "all", "", LATER
    )

    line = next(line for line in changed.data.replace("\r\n ", "").splitlines() if "Kim@" in line)
    assert line == 'ATTENDEE;X-NUM-GUESTS=0;RSVP=TRUE;PARTSTAT=ACCEPTED;CN="김, 민수":mailto:Kim@Example.com'
    assert changed.master.attendees == (replace(kim, status="ACCEPTED"), lee)
    assert changed.master.sequence == 0


def test_a_changed_occurrence_keeps_what_nobody_here_understands() -> None:
    read = series(extra=EXTRA)

    changed, _ = read.changed_to(replace(read.event("20261208T150000"), title="임시"), "this", "20261208T150000", LATER)

    own = changed.data.split("BEGIN:VEVENT")[2]
    for line in EXTRA.splitlines():
        assert line in own


def test_a_length_stays_a_length_when_its_event_moves() -> None:
    text = series().data.replace("DTEND;TZID=Asia/Seoul:20261201T160000", "DURATION:PT1H")
    read = Series.parse(text, SEOUL)

    moved, _ = read.changed_to(replace(read.master, start=at(1, 9), end=at(1, 10)), "all", "", LATER)
    longer, _ = read.changed_to(replace(read.master, end=at(1, 18)), "all", "", LATER)

    assert "DURATION:PT1H" in moved.data
    assert "DURATION" not in longer.data
    assert longer.master.end == at(1, 18)


def test_zones_keep_the_names_that_an_item_has_for_them() -> None:
    text = series().data.replace("Asia/Seoul", "Korea Standard Time")
    read = Series.parse(text, SEOUL)

    moved, _ = read.changed_to(replace(read.master, start=at(1, 9), end=at(1, 10)), "all", "", LATER)

    assert "DTSTART;TZID=Korea Standard Time:20261201T090000" in moved.data


def test_a_zone_that_is_new_to_an_item_is_defined_in_it() -> None:
    read = series()
    there = datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("America/New_York"))

    moved, _ = read.changed_to(replace(read.master, start=there, end=there + HOUR), "all", "", LATER)

    assert "TZID:America/New_York" in moved.data
    assert "DTSTART;TZID=America/New_York:20261201T090000" in moved.data
