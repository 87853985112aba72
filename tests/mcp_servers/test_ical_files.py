"""Files of the programs that Korean users have: everything is read, and comes out as it went in."""

from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mcp_servers.calendar.entities import Alarm, Person
from mcp_servers.calendar.ical import File, InvalidCalendar, Series, read_file, write_file

ICS = Path(__file__).parent / "ics"
SEOUL = ZoneInfo("Asia/Seoul")
YEAR = (datetime(2026, 6, 1, tzinfo=SEOUL), datetime(2027, 6, 1, tzinfo=SEOUL))


def opened(name: str) -> tuple[File, dict[str, Series]]:
    found = read_file((ICS / name).read_bytes())
    return found, {item.uid: Series.parse(item.data, SEOUL) for item in found.items}


def shown(series: Series) -> list[str]:
    return [f"{each.start.astimezone(SEOUL):%y%m%dT%H%M}" for each in series.occurrences(*YEAR, 8)]


def packaged() -> list[Path]:
    """Calendars that come with the libraries."""
    found = []
    for package in ("icalendar", "recurring_ical_events", "x_wr_timezone"):
        spec = find_spec(package)
        if spec and spec.origin:
            found += sorted(Path(spec.origin).parent.rglob("*.ics"))
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in ICS.glob("*.ics")))
def test_import_and_export_and_import_give_the_same_items(name: str) -> None:
    first = read_file((ICS / name).read_bytes())

    again = read_file(write_file(item.data for item in first.items).encode())

    assert first.items
    assert again.items == first.items
    assert all(Series.parse(item.data, SEOUL).data == item.data for item in first.items)


def test_calendars_of_other_projects_survive_the_same_way() -> None:
    lossy, read = [], 0
    for path in packaged():
        try:
            first = read_file(path.read_bytes())
        except InvalidCalendar:
            continue
        read += len(first.items)
        again = read_file(write_file(item.data for item in first.items).encode())
        texts = [Series.parse(item.data, SEOUL).data for item in first.items]
        if again.items != first.items or texts != [item.data for item in first.items]:
            lossy.append(path.name)

    assert lossy == []
    assert read > 500


@pytest.mark.parametrize("name", ["google.ics", "outlook.ics", "apple.ics", "naver.ics"])
def test_lines_of_components_stay_as_they_were_written(name: str) -> None:
    text = (ICS / name).read_bytes().decode()

    exported = write_file(item.data for item in opened(name)[0].items)

    for component in text.split("BEGIN:VEVENT")[1:]:
        assert f"BEGIN:VEVENT{component.split('END:VEVENT')[0]}END:VEVENT\r\n" in exported


def test_google_series_with_a_moved_and_a_removed_occurrence() -> None:
    file, items = opened("google.ics")
    weekly = items["4k2l9gq0abc@google.com"]

    assert file.method == "PUBLISH"
    assert file.faults == []
    assert shown(weekly)[:4] == ["261201T1500", "261209T1030", "261222T1500", "261229T1500"]
    assert weekly.master.attendees[2] == Person(
        "본사-3층, 대회의실(12)", "c_188room@resource.calendar.google.com", "ACCEPTED", kind="RESOURCE"
    )
    assert weekly.master.description == "안건\n1. 지난주 정리\n2. 다음 주 계획; 담당, 기한"
    assert weekly.master.alarms == (Alarm(timedelta(minutes=10), text="This is an event reminder"),)
    assert weekly.master.attachments == ("https://docs.google.com/document/d/1/edit",)
    assert not items["allday@google.com"].master.busy


def test_times_without_a_zone_are_in_the_zone_of_their_calendar() -> None:
    _, items = opened("google.ics")

    assert items["floating@google.com"].master.start == datetime(2026, 12, 30, 9, tzinfo=SEOUL)
    assert "X-WR-TIMEZONE" not in items["single@google.com"].data


def test_outlook_names_of_zones() -> None:
    file, items = opened("outlook.ics")

    budget = items["040000008200E00074C5B7101A82E00800000000B0"].master
    assert file.method == "REQUEST"
    assert budget.start == datetime(2026, 12, 2, 14, tzinfo=SEOUL)
    assert budget.attendees[0] == Person("김, 민수", "Minsu@Example.com")
    assert items["ny-call"].master.start == datetime(2026, 12, 3, 14, tzinfo=UTC)
    assert items["seoul-by-caption"].master.start == datetime(2026, 12, 4, 9, tzinfo=SEOUL)
    assert items["seoul-by-caption"].master.end == datetime(2026, 12, 4, 9, 30, tzinfo=SEOUL)


def test_apple_periods_and_lunar_birthdays() -> None:
    _, items = opened("apple.ics")
    lunch = items["7E6A0B5C-1111-2222-3333-444455556666"]

    found = lunch.occurrences(*YEAR, 5)

    assert [f"{each.start:%m%dT%H} {each.end - each.start}" for each in found] == [
        "1205T12 1:00:00", "1220T12 3:00:00", "0102T12 1:00:00", "0206T13 1:00:00", "0306T12 1:00:00"
    ]  # fmt: skip
    assert found[3].component == "20270206T120000"
    birthdays = items["birthday-lunar"].occurrences(YEAR[0], datetime(2029, 1, 1, tzinfo=SEOUL), 9)
    assert [each.start.date() for each in birthdays] == [date(2026, 9, 25), date(2027, 9, 15), date(2028, 10, 3)]


def test_tasks_that_recur_by_their_due_date() -> None:
    file, items = opened("nextcloud.ics")

    rent = items["todo-rent"]
    assert rent.master.categories == ("집", "돈,지출")
    assert (rent.master.percent, rent.master.priority, rent.master.status) == (50, 1, "IN-PROCESS")
    assert [each.recurrence_id for each in rent.occurrences(*YEAR, 3)] == ["20261225", "20270125", "20270225"]
    assert rent.event("20270125").end == date(2027, 1, 25)
    assert items["todo-done"].master.completed_at == datetime(2026, 11, 2, 3, tzinfo=UTC)
    assert file.faults == [
        "VJOURNAL 1건은 다루지 않는 종류라서 건너뛰었습니다.", "VFREEBUSY 1건은 다루지 않는 종류라서 건너뛰었습니다."
    ]  # fmt: skip


def test_a_file_in_cp949_with_bare_returns_and_unfolded_text() -> None:
    file, items = opened("phone_cp949.ics")
    again, _ = opened("phone_cp949.ics")

    [dinner] = items.values()
    assert dinner.master.title == "부서 회식"
    assert dinner.master.start == datetime(2026, 12, 10, 18, 30, tzinfo=SEOUL)
    assert dinner.master.description == "장소는따로 알립니다\n준비물: 없음"
    assert dinner.uid.endswith("@modu")
    assert again.items == file.items
    assert file.faults == ["VEVENT '시작이 없는 일정': 시작(DTSTART)이 없거나 읽을 수 없습니다. 건너뛰었습니다."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_encodings_are_told_from_the_bytes(encoding: str) -> None:
    text = (ICS / "outlook.ics").read_bytes().decode()

    assert read_file(text.encode(encoding)).items == opened("outlook.ics")[0].items


def test_a_fold_within_a_character_is_undone() -> None:
    octets = (ICS / "naver.ics").read_bytes()
    at = octets.index("동창회".encode()) + 1

    [item] = read_file(octets[:at] + b"\r\n " + octets[at:]).items

    assert Series.parse(item.data, SEOUL).master.title == "동창회 🍺"


def test_events_that_share_a_uid_by_mistake_are_told_apart() -> None:
    text = (ICS / "naver.ics").read_bytes().decode()
    event = text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")]
    other = event.replace("20261207", "20261208").replace("동창회", "운동회")
    file = read_file(text.replace(event, event + other + event).encode())

    assert len({item.uid for item in file.items}) == 2
    assert [Series.parse(item.data, SEOUL).master.title for item in file.items] == ["동창회 🍺", "운동회 🍺"]
    assert "따로 나누었습니다" in file.faults[0]


def test_items_that_mean_different_zones_by_one_name_stay_apart() -> None:
    text = (ICS / "outlook.ics").read_bytes().decode()
    east = read_file(text.encode()).items[1]
    west = read_file(
        text.replace("-0400", "-0700").replace("-0500", "-0800").replace("ny-call", "la-call").encode()
    ).items[1]

    exported = write_file([east.data, west.data])

    assert exported.count("BEGIN:VCALENDAR") == 2
    assert read_file(exported.encode()).items == [east, west]


@pytest.mark.parametrize(
    "octets", [b"", b"hello", b"PK\x03\x04zip", "안녕하세요".encode("cp949"), b"BEGIN:VCARD\nEND:VCARD"]
)
def test_what_is_no_calendar_is_refused(octets: bytes) -> None:
    with pytest.raises(InvalidCalendar, match="iCalendar 파일이 아닙니다"):
        read_file(octets)
