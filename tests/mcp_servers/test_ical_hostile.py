"""Files made to hurt: bounded in time, told in Korean, and the other events are still there."""

import random
import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from mcp_servers.calendar.ical import InvalidCalendar, Series, read_file

SEOUL = ZoneInfo("Asia/Seoul")
END = "DTEND;TZID=Asia/Seoul:20261201T160000\r\n"
ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Asia/Seoul\r\nBEGIN:STANDARD\r\nDTSTART:19881009T030000\r\nTZOFFSETFROM:+1000\r\n"
    "TZOFFSETTO:+0900\r\nTZNAME:KST\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)
MAX_SECONDS = 5.0
"""Of this process, on a slow machine."""


def event(uid: str = "bad", more: str = "") -> str:
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Asia/Seoul:20261201T150000\r\n"
        f"{END}SUMMARY:회의\r\n{more}END:VEVENT\r\n"
    )


def nowhere(zone: str) -> str:
    return (zone + event()).replace("Asia/Seoul", "Nowhere")


DEEP = "BEGIN:VEVENT\r\n" + "BEGIN:X\r\n" * 100_000 + "END:X\r\n" * 100_000 + "END:VEVENT\r\n"
SKIPPED: dict[str, tuple[Callable[[], str], str]] = {
    "nested 100,000 deep": (lambda: DEEP, "깊이"),
    "a line of 20 MB": (lambda: event(more="X-A:" + "a" * 20_000_000 + "\r\n"), "한 줄이"),
    "a million exceptions": (lambda: event(more=f"EXDATE:{'20261202T060000Z,' * 900_000}\r\n"), "EXDATE"),
    "a hundred thousand properties": (lambda: event(more="X-A:1\r\n" * 100_000), "속성이"),
    "changed occurrences without end": (
        lambda: "".join(event(more=f"RECURRENCE-ID:20261201T{i % 24:02}{i % 60:02}00Z\r\n") for i in range(10_001)),
        "회차",
    ),
    "a definition of a zone that is a book": (lambda: nowhere(ZONE.replace("KST", "K" * 40_000)), "시간대"),
    "no start": (lambda: event().replace("DTSTART;TZID=Asia/Seoul:20261201T150000\r\n", ""), "DTSTART"),
    "a start that is no date": (lambda: event().replace("20261201T150000", "20261301T150000"), "DTSTART"),
}
READ: dict[str, Callable[[], str]] = {
    "every second": lambda: event(more="RRULE:FREQ=SECONDLY\r\n"),
    "every second but none": lambda: event(more="RRULE:FREQ=SECONDLY\r\nEXRULE:FREQ=SECONDLY\r\n"),
    "a billion times": lambda: event(more="RRULE:FREQ=SECONDLY;COUNT=999999999\r\n"),
    "never": lambda: event(more="RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n" * 50),
    "a rule that is none": lambda: event(more="RRULE:FREQ=SOMETIMES\r\n"),
    "a line of 10 MB": lambda: event(more="ATTACH;ENCODING=BASE64;VALUE=BINARY:" + "a" * 10_000_000 + "\r\n"),
    "categories of 9 MB": lambda: event(more="CATEGORIES:" + "\\,," * 3_000_000 + "\r\n"),
    "parameters of 6 MB": lambda: event(more="ATTENDEE" + ';X-A="b' * 1_000_000 + ":mailto:a@b.c\r\n"),
    "a quote that never ends": lambda: event(more='ATTENDEE;CN="김:mailto:a@b.c\r\n'),
    "a million folds": lambda: event(more="X-A:a\r\n" + " a\r\n" * 1_000_000),
    "an alarm a billion times": lambda: event(
        more="BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nREPEAT:999999999\r\nDURATION:PT1S\r\nEND:VALARM\r\n"
    ),
    "a broken alarm": lambda: event(more="BEGIN:VALARM\r\nTRIGGER:BOO\r\nEND:VALARM\r\n"),
    "a zone without standard time": lambda: nowhere(ZONE.replace("STANDARD", "X-STANDARD")),
    "a zone that changes every second": lambda: nowhere(ZONE.replace("TZNAME", "RRULE:FREQ=SECONDLY\r\nTZNAME")),
    "a zone within zones": lambda: nowhere("BEGIN:VTIMEZONE\r\nTZID:Asia/Seoul\r\n" * 6 + "END:VTIMEZONE\r\n" * 6),
    "a zone that is a path": lambda: event().replace("Asia/Seoul", "../../../../etc/passwd"),
    "an end before the start": lambda: event().replace(END, "DTEND:20200101T000000Z\r\n"),
    "a time to end a day": lambda: event().replace(";TZID=Asia/Seoul:20261201T150000", ";VALUE=DATE:20261201"),
    "a negative length": lambda: event().replace(END, "DURATION:-PT9H\r\n"),
    "99,999 years": lambda: event().replace(END, "DURATION:P99999Y\r\n"),
    "9,999,999 weeks": lambda: event().replace(END, "DURATION:P9999999W\r\n"),
    "the year 1": lambda: event(more="RRULE:FREQ=YEARLY\r\n").replace("2026", "0001"),
    "the year 9999": lambda: event(more="RRULE:FREQ=YEARLY\r\n").replace("2026", "9999"),
    "a sequence beyond integers": lambda: event(more="SEQUENCE:99999999999999999999\r\nPRIORITY:-7\r\n"),
    "a UID of a megabyte": lambda: event(uid="u" * 1_000_000),
    "NUL": lambda: event().replace("회의", "회\0의"),
    "the end is missing": lambda: event()[:-12],
    "an END too many": lambda: event() + "END:VEVENT\r\nEND:X\r\n",
    "two starts": lambda: event(more="DTSTART:20200101T000000Z\r\n"),
}


def calendar(text: str) -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event('before')}{text}{event('good')}END:VCALENDAR\r\n".encode()


def looked_at(octets: bytes) -> tuple[list[str], list[str]]:
    """UIDs of what was read and shown within the bound, and the faults."""
    begin = time.process_time()
    file = read_file(octets)
    for item in file.items:
        series = Series.parse(item.data, SEOUL)
        series.occurrences(datetime(2026, 1, 1, tzinfo=SEOUL), datetime(2027, 1, 1, tzinfo=SEOUL), 500)
    assert time.process_time() - begin < MAX_SECONDS
    return [item.uid for item in file.items], file.faults


@pytest.mark.parametrize("name", SKIPPED)
def test_what_cannot_be_read_is_left_out_and_told(name: str) -> None:
    text, reason = SKIPPED[name]

    uids, faults = looked_at(calendar(text()))

    assert uids == ["before", "good"]
    assert any(reason in fault and fault.endswith("건너뛰었습니다.") for fault in faults)


@pytest.mark.parametrize("name", READ)
def test_what_is_strange_is_read_as_well_as_can_be(name: str) -> None:
    uids, _ = looked_at(calendar(READ[name]()))

    assert len(uids) == 3
    assert {"before", "good"} < set(uids)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (lambda: b"A:\n" * 3_000_000, "줄이 너무 많습니다"),
        (lambda: b"\0" * ((32 << 20) + 1), "너무 큽니다"),
        (lambda: b"BEGIN:VEVENT\nEND:VEVENT\n" * 201_000, "너무 많습니다"),
        (lambda: calendar(ZONE * 1 + "".join(ZONE.replace("Seoul", str(i)) for i in range(1_001))), "시간대 정의"),
        (lambda: random.Random(1).randbytes(2_000_000), "iCalendar 파일이 아닙니다"),
    ],
)
def test_what_is_too_much_is_refused(octets: Callable[[], bytes], reason: str) -> None:
    begin = time.process_time()

    with pytest.raises(InvalidCalendar, match=reason):
        read_file(octets())

    assert time.process_time() - begin < MAX_SECONDS


def test_thousands_of_events_cost_in_proportion() -> None:
    text = calendar(ZONE + "".join(event(f"u{i}") for i in range(2_000)))

    uids, faults = looked_at(text)

    assert len(uids) == 2_002
    assert faults == []


def test_any_octets_are_read_or_refused() -> None:
    chance = random.Random(7)
    sound = calendar(ZONE + event(more="RRULE:FREQ=WEEKLY\r\nEXDATE:20261208T060000Z\r\n"))
    for _ in range(80):
        octets = bytearray(sound)
        for _ in range(chance.randrange(1, 30)):
            at = chance.randrange(len(octets))
            octets[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        try:
            file = read_file(bytes(octets))
        except InvalidCalendar:
            continue
        for item in file.items:
            Series.parse(item.data, SEOUL).occurrences(
                datetime(2026, 1, 1, tzinfo=SEOUL), datetime(2028, 1, 1, tzinfo=SEOUL), 100
            )
            assert read_file(item.data.encode()).items == [item]
