"""Time zones by all the names that programs have for them, and as definitions for those who know none."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from mcp_servers.calendar.entities import Event
from mcp_servers.calendar.ical import Series, new

BUSAN = ZoneInfo("Asia/Seoul")
HOME = ZoneInfo("Europe/Lisbon")
"""Of the user: what means nothing is read as this."""


def offset(tzid: str, definition: str = "", home: tzinfo = HOME) -> timedelta | None:
    """From UTC, in July 2026."""
    text = (
        f"BEGIN:VCALENDAR\r\n{definition}BEGIN:VEVENT\r\nUID:u\r\nDTSTART;TZID={tzid}:20260701T090000\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    start = Series.parse(text, home).master.start
    assert isinstance(start, datetime)
    return start.utcoffset()


@pytest.mark.parametrize(
    ("tzid", "hours"),
    [
        ("Asia/Seoul", 9), ("asia/seoul", 9), ("Korea Standard Time", 9), ("KST", 9), ("ROK", 9),
        ("/freeassociation.sourceforge.net/Asia/Seoul", 9), ("/mozilla.org/20050126_1/America/Argentina/Ushuaia", -3),
        ('"(UTC+09:00) Seoul"', 9), ('"(UTC+09:00) 서울"', 9), ("대한민국 표준시", 9),
        ('"(GMT+09:00) Osaka, Sapporo, Tokyo"', 9),         ('"(UTC-08:00) Pacific Time (US & Canada)"', -8),
        ("Pacific Standard Time", -7),
        ('"(UTC-05:00) 동부 표준시(미국과 캐나다)"', -4),
        ("GMT+0530", 5.5), ("UTC+9", 9), ('"UTC-03:30"', -3.5), ("UTC", 0), ("Etc/GMT-9", 9), ("America/New_York", -4),
        ("어디에도 없는 시간대", 1), ("../../etc/passwd", 1), ("localtime", 1),
    ],
)  # fmt: skip
def test_a_name_of_a_zone(tzid: str, hours: float) -> None:
    assert offset(tzid) == timedelta(hours=hours)


def defined(standard: str, daylight: str = "", more: str = "") -> str:
    return (
        f"BEGIN:VTIMEZONE\r\nTZID:X\r\n{more}BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"
        f"TZOFFSETFROM:{daylight or standard}\r\nTZOFFSETTO:{standard}\r\n"
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
        + (
            f"BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:{standard}\r\nTZOFFSETTO:{daylight}\r\n"
            "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\n"
            if daylight
            else ""
        )
        + "END:VTIMEZONE\r\n"
    )


@pytest.mark.parametrize(
    ("definition", "hours"),
    [
        (defined("+0900"), 9),
        (defined("+0100", "+0200"), 2),
        (defined("+0123"), 1 + 23 / 60),
        (defined("+0900", more="X-LIC-LOCATION:America/New_York\r\n"), -4),
        (defined("nonsense"), 1),
        (defined("+9900"), 1),
    ],
)
def test_a_name_that_means_nothing_is_what_it_is_defined_as(definition: str, hours: float) -> None:
    assert offset("X", definition) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "key", ["Asia/Seoul", "America/New_York", "Europe/London", "Australia/Sydney", "Africa/Casablanca"]
)
@pytest.mark.parametrize("year", [1975, 1987, 2005, 2026])
def test_a_definition_tells_another_program_the_same_times(key: str, year: int) -> None:
    zone = ZoneInfo(key)
    text = new(Event("u", "제목", datetime(year, 1, 10, 9, tzinfo=zone)), datetime(2026, 1, 1, tzinfo=UTC))
    definition = Calendar.from_ical(text.replace(key, "X-Unknown")).timezones[0]

    theirs = definition.to_tz(lookup_tzid=False)

    for month in range(1, 13):
        at = datetime(year, month, 10, 9)
        assert at.replace(tzinfo=theirs).utcoffset() == at.replace(tzinfo=zone).utcoffset(), at


def test_an_item_of_a_zone_that_never_changes_is_short() -> None:
    text = new(Event("u", "제목", datetime(2026, 12, 1, 9, tzinfo=BUSAN)), datetime(2026, 1, 1, tzinfo=UTC))

    assert text.count("BEGIN:STANDARD") == 1
    assert "BEGIN:DAYLIGHT" not in text
