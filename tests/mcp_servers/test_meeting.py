"""Finding meeting times, conflicts and rooms through the tools."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mcp_servers.calendar.entities import Collection, Item
from mcp_servers.calendar.server import build, open_database
from mcp_servers.calendar.store import collections, items
from mcp_servers.common.database import Database
from mcp_servers.common.settings import ServerSettings, load
from tests.mcp_servers.calendar_client import Tools, environment

TOMORROW = "내일"
"""Thursday, 19 November 2026."""


class Office(Tools):
    """The tools, and a way to put into the calendar what `create_event` cannot say."""

    def __init__(self, settings: ServerSettings, database: Database) -> None:
        super().__init__(build(settings, database))
        self._settings = settings
        self._database = database

    async def meets(self, title: str, start: str, *people: str, **more: Any) -> None:
        await self("create_event", title=title, start=start, attendees=list(people), **more)

    async def put(
        self, title: str, day: str, clocks: str, *lines: str, collection: str = "cal_mine", outside: bool = False
    ) -> None:
        """An event on a day from and to clock times ("0900-1000") in Seoul, or for the whole day ("")."""
        first, _, last = clocks.partition("-")
        zone = ";TZID=Asia/Seoul:"
        when = (
            (f"DTSTART{zone}{day}T{first}00", f"DTEND{zone}{day}T{last}00")
            if clocks
            else (f"DTSTART;VALUE=DATE:{day}",)
        )
        uid = f"{title}-{day}-{clocks}"
        event = ("BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", *when, *lines, "END:VEVENT")
        text = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//ko", *event, "END:VCALENDAR", ""))
        async with self._database.begin() as connection:
            await collections.default(connection)
            item = Item(items.new_id("VEVENT"), collection, uid, "VEVENT", text, outside)
            await items.put(connection, item, self._settings.now())

    async def calendar_of(self, owner: str) -> str:
        async with self._database.begin() as connection:
            await collections.add(connection, Collection(f"cal_{owner}", f"{owner} 달력", rights="read", owner=owner))
        return f"cal_{owner}"

    async def found(self, people: list[str], when: str = TOMORROW, **more: Any) -> list[dict[str, Any]]:
        answer = await self("find_meeting_time", people=people, when=when, **more)
        suggestions: list[dict[str, Any]] = answer["suggestions"]
        return suggestions

    async def times(self, people: list[str], when: str = TOMORROW, **more: Any) -> list[str]:
        """When they could meet, by the clock."""
        return sorted(one["start"][11:16] for one in await self.found(people, when, **more))

    async def keeps(self, who: str, when: str) -> list[tuple[str, bool | None]]:
        """What stands in the way of somebody, and whether it is tentative."""
        conflicts = (await self("check_conflicts", when=when, people=[who]))["conflicts"]
        return [(one["title"], one["tentative"]) for one in conflicts if one["who"] == who]


def attendee(name: str, address: str = "", status: str = "ACCEPTED", kind: str = "INDIVIDUAL") -> str:
    return f"ATTENDEE;CN={name};PARTSTAT={status};CUTYPE={kind}:mailto:{address or 'nobody@example.com'}"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    settings = load(environment(tmp_path))
    database = open_database(settings)
    yield Office(settings, database)
    await database.close()


async def test_everybody_is_free_at_the_best_times_and_the_reasons_say_so(office: Office) -> None:
    await office.meets("주간 회의", "내일 오전 9시", "김민수")
    await office.meets("고객 미팅", "내일 오후 1시", "이영희", duration="두 시간 반")

    [best, *others] = await office.found(["김민수", "이영희"])

    assert best["when"] == "11월 19일 목요일 오전 10시 30분~11시 30분"
    assert best["start"] == "2026-11-19T10:30:00+09:00"
    assert best["reason"] == "모두 비어 있음 · 앞뒤 15분 여유 · 오전 한가운데"
    assert [one["missing"] for one in (best, *others)] == [[]] * len([best, *others])


async def test_working_hours_lunch_weekends_and_holidays_are_kept(office: Office) -> None:
    answer = await office("find_meeting_time", people=["김민수"], when="12월 24일부터 28일까지", duration="2시간")
    clocks = [(one["start"][11:16], one["end"][11:16]) for one in answer["suggestions"]]

    assert {one["start"][:10] for one in answer["suggestions"]} == {"2026-12-24", "2026-12-28"}
    assert all("09:00" <= first < last <= "12:00" or "13:00" <= first < last <= "18:00" for first, last in clocks)
    assert "쉬는 날: 12월 25일 금요일(기독탄신일)" in answer["note"]


async def test_hours_and_lunch_can_be_others(office: Office) -> None:
    await office.meets("교육", "내일 오전 9시", "김민수", duration="9시간")

    assert min(await office.times(["김민수"], hours="오전 10시부터 오후 8시까지")) >= "18:00"
    assert "11:30" in await office.times(
        [], "모레", duration="3시간 30분", hours="오전 11시 30분부터 오후 3시까지", lunch="없음"
    )


async def test_hours_that_are_named_need_not_be_working_hours(office: Office) -> None:
    assert await office.times(["김민수"], "토요일 오후 2시부터 4시까지") == ["14:00", "15:00"]
    assert await office.times(["김민수"], "내일 저녁") == ["18:00", "19:00", "20:00"]


async def test_a_long_meeting_takes_lunch_and_says_so(office: Office) -> None:
    answer = await office("find_meeting_time", people=["김민수"], when=TOMORROW, duration="6시간")

    assert "점심시간과 겹침" in answer["suggestions"][0]["reason"]
    assert "점심시간을 비우면" in answer["note"]


async def test_when_somebody_must_be_missing_it_is_told_who_and_why(office: Office) -> None:
    yours = await office.calendar_of("이영희")
    await office.put("공장 견학", "20261119", "0900-1800", collection=yours)

    [best, *_] = await office.found(["이영희", "박지영"])
    none = await office("find_meeting_time", people=["이영희", "박지영"], when=TOMORROW, minimum=3)

    assert best["missing"] == ["이영희(공장 견학)"]
    assert best["reason"].startswith("3명 중 2명 가능, 이영희(공장 견학) 불가")
    assert none["suggestions"] == []
    assert "기간을 넓히거나" in none["note"]


async def test_who_need_not_come_is_missed_only_where_nothing_better_is(office: Office) -> None:
    yours = await office.calendar_of("이영희")
    await office.put("면접", "20261119", "0900-1700", collection=yours)

    [best, *_] = await office.found(["박지영"], optional=["이영희"])
    [only] = await office.found(["박지영"], "내일 오전 10시", optional=["이영희"])

    assert (best["start"][11:16], best["missing"]) == ("17:00", [])
    assert only["missing"] == ["이영희(선택, 면접)"]


async def test_who_declined_is_free_and_who_is_not_sure_counts_less(office: Office) -> None:
    await office.put("거절한 회의", "20261119", "0900-1000", attendee("김민수", status="DECLINED"))
    await office.put("미정 회의", "20261119", "1000-1100", attendee("김민수", status="TENTATIVE"))
    await office.put("미확정 회의", "20261119", "1100-1200", attendee("김민수"), "STATUS:TENTATIVE")
    await office.put("안 바쁨", "20261119", "1400-1500", attendee("김민수"), "TRANSP:TRANSPARENT")
    await office.put("취소됨", "20261119", "1500-1600", attendee("김민수"), "STATUS:CANCELLED")

    assert await office.keeps("김민수", "내일 오전 9시") == []
    assert await office.keeps("김민수", "내일 오전 10시") == [("미정 회의", True)]
    assert await office.keeps("김민수", "내일 오전 11시") == [("미확정 회의", True)]
    assert await office.keeps("김민수", "내일 오후 2시") == await office.keeps("김민수", "내일 오후 3시") == []


async def test_a_tentative_event_makes_way_only_when_it_must(office: Office) -> None:
    yours = await office.calendar_of("김민수")
    await office.put("본회의", "20261119", "0900-1600", collection=yours)
    await office.put("미정", "20261119", "1600-1700", "STATUS:TENTATIVE", collection=yours)

    [best, other] = await office.found(["김민수"])

    assert best["start"][11:16] == "17:00"
    assert "김민수(미정) 미정 일정과 겹침" in other["reason"]


async def test_whole_days_are_told_and_take_only_those_who_are_away(office: Office) -> None:
    yours = await office.calendar_of("김민수")
    await office.put("창립 기념일", "20261119", "")
    await office.put("출장비 정산 마감", "20261119", "", collection=yours)
    await office.put("제주 출장", "20261120", "", collection=yours)

    thursday = await office("find_meeting_time", people=["김민수"], when=TOMORROW)
    friday = await office.found(["김민수", "이영희"], "모레")

    assert thursday["suggestions"][0]["missing"] == []
    assert "창립 기념일" in thursday["note"]
    assert "출장비 정산 마감" in thursday["note"]
    assert friday[0]["missing"] == ["김민수(제주 출장)"]


async def test_an_absence_in_a_shared_calendar_is_that_of_the_person_it_names(office: Office) -> None:
    await office.put("김민수 오전 반차", "20261119", "")

    assert await office.keeps("김민수", "내일 오전 10시") == [("김민수 오전 반차", None)]
    assert await office.keeps("김민수", "내일 오후 2시") == []
    assert (await office("check_conflicts", when="내일 오전 10시", people=["김민수"]))["conflicts"][0][
        "who"
    ] == "김민수"


async def test_people_are_found_by_address_and_by_a_part_of_their_name(office: Office) -> None:
    await office.put("주소만", "20261119", "0900-1000", "ATTENDEE:mailto:minsu@example.com")
    await office.put("둘 다", "20261119", "1400-1500", attendee("김민수", "minsu@example.com"))

    assert await office.keeps("민수", "내일 오전 9시부터 오후 6시까지") == [("주소만", None), ("둘 다", None)]
    assert await office.keeps("minsu@example.com", "내일 오후 2시") == [("둘 다", None)]
    assert await office.keeps("김민수 팀장님", "내일 오후 2시") == [("둘 다", None)]


async def test_a_name_that_several_people_have_is_asked_for(office: Office) -> None:
    await office.meets("회의", "내일 오전 9시", "김민수", "박민수")

    code, message = await office.refused("find_meeting_time", people=["민수"], when=TOMORROW)

    assert code == "ambiguous"
    assert "김민수, 박민수" in message


async def test_of_whom_nothing_is_known_it_is_said_that_they_count_as_free(office: Office) -> None:
    await office.meets("지난 회의", "지난주 화요일 오전 9시", "김민수")

    note = (await office("find_meeting_time", people=["김민수", "홍길동"], when=TOMORROW))["note"]

    assert "비어 있다고 본 사람: 홍길동" in note


async def test_time_to_travel_is_kept_before_and_after(office: Office) -> None:
    await office.meets("외부 미팅", "내일 오전 11시", "김민수")

    tight = await office.found(["김민수"], "내일 오전 10시부터 낮 12시까지", buffer="1시간")
    wide = await office.found(["김민수"], buffer="1시간")

    assert "앞뒤 60분 여유가 없음: 나, 김민수" in tight[0]["reason"]
    assert "앞뒤 60분 여유" in wide[0]["reason"]
    assert wide[0]["start"][11:16] >= "13:00"


async def test_colleagues_abroad_meet_when_both_are_awake_and_their_clock_is_told(office: Office) -> None:
    answer = await office("find_meeting_time", people=["제인(뉴욕 지사)"], when="다음 주")
    london = await office.found(["제인(런던)"], "다음 주")
    one = answer["suggestions"][0]

    assert "제인: 뉴욕 지사 시각 " in one["reason"]
    assert one["start"][11:13] in ("07", "08", "09", "10", "11", "21")
    assert "이른 아침과 저녁" in answer["note"]
    assert all("16:00" <= each["start"][11:16] < each["end"][11:16] <= "22:00" for each in london)


async def test_the_smallest_free_room_that_holds_everybody_is_offered(office: Office) -> None:
    await office("save_room", name="소회의실", capacity=4)
    await office("save_room", name="대회의실", capacity=12, features=["화상회의"])
    await office.meets("면접", "내일 오전 9시", location="소회의실", duration="3시간")
    people = ["김민수", "이영희"]
    await office.put("박지영 면담", "20261119", "0900-0930", collection=await office.calendar_of("박지영"))

    [morning] = await office.found(people, "내일 오후 2시")
    large = await office.found(people, "내일 오후 2시", capacity=10)
    named = await office.found(people, "내일 오후 2시", room="대회의실")

    assert morning["room"] == "소회의실"
    assert "소회의실(4명) 가능" in morning["reason"]
    assert large[0]["room"] == named[0]["room"] == "대회의실"
    assert (await office.refused("find_meeting_time", people=[], when=TOMORROW, room="옥상"))[0] == "not_found"
    assert (
        "10명" in (await office.refused("find_meeting_time", people=[], when=TOMORROW, room="소회의실", capacity=10))[1]
    )


async def test_a_room_is_busy_when_an_event_names_it_or_invites_it(office: Office) -> None:
    await office("save_room", name="대회의실", capacity=12, address="big@example.com")
    await office.meets("주간 회의", "내일 오전 9시", location="대회의실")
    await office.put("전사 회의", "20261119", "1400-1500", attendee("Big", "big@example.com", kind="ROOM"))

    [room] = (await office("list_rooms", when=TOMORROW))["rooms"]
    conflicts = (await office("check_conflicts", when="내일 오후 2시 30분", room="대회의실"))["conflicts"]
    wanted = await office.times([], room="대회의실")

    assert room["free"] is False
    assert room["booked"] == ["11월 19일 목요일 오전 9시~10시", "11월 19일 목요일 오후 2시~3시"]
    assert ("대회의실", "전사 회의") in [(one["who"], one["title"]) for one in conflicts]
    assert not {"09:00", "14:00"} & set(wanted)


async def test_rooms_are_changed_by_name_and_removed(office: Office) -> None:
    added = await office("save_room", name="대회의실", capacity=12, features=["화상회의"])
    changed = await office("save_room", name="대 회의실", capacity=20)
    removed = await office("delete_room", name="대회의실")

    assert added["summary"] == "회의실 등록: 대회의실(12명) · 화상회의"
    assert changed["detail"] == "인원: 12명 → 20명"
    assert changed["room"]["id"] == added["room"]["id"]
    assert removed["summary"].startswith("회의실 삭제: 대 회의실(20명)")
    assert (await office("list_rooms"))["rooms"] == []
    assert (await office.refused("delete_room", name="대회의실"))[0] == "not_found"


async def test_a_time_is_checked_for_events_and_for_working_hours(office: Office) -> None:
    await office.meets("주간 회의", "내일 오전 10시", "김민수")

    taken = await office("check_conflicts", when="내일 오전 10시 30분", people=["김민수", "제인(뉴욕)"])
    free = await office("check_conflicts", when="토요일 오후 3시")

    assert taken["free"] is False
    assert [(one["who"], one["title"]) for one in taken["conflicts"]] == [("나", "주간 회의"), ("김민수", "주간 회의")]
    assert "근무 시간 밖, 뉴욕 11월 18일 수요일 오후 8시 30분: 제인" in taken["note"]
    assert (free["free"], free["note"]) == (True, "주말: 나")


async def test_in_a_period_events_that_overlap_each_other_are_found(office: Office) -> None:
    await office.meets("주간 회의", "내일 오전 10시")
    await office.meets("면담", "내일 오전 10시 30분")
    await office.meets("산책", "내일 오전 11시 30분")

    checked = await office("check_conflicts", when="이번 주")

    assert [one["title"] for one in checked["conflicts"]] == ["주간 회의 / 면담"]
    assert checked["when"] == "11월 16일 월요일~11월 22일 일요일"


async def test_free_time_is_not_taken_by_what_others_have_or_i_declined(office: Office) -> None:
    yours = await office.calendar_of("김민수")
    await office.put("그의 회의", "20261119", "0900-1200", collection=yours)
    await office.put("안 바쁨", "20261119", "1300-1800", "TRANSP:TRANSPARENT")

    slots = (await office("find_free_time", when=TOMORROW))["slots"]

    assert [slot["when"] for slot in slots] == ["11월 19일 목요일 오전 9시~낮 12시", "11월 19일 목요일 오후 1시~6시"]


async def test_suggestions_are_spread_over_days_and_half_days(office: Office) -> None:
    suggestions = await office.found(["김민수"], "다음 주")
    halves = {(one["start"][:10], one["start"][11:13] < "12") for one in suggestions}

    assert len(halves) == len(suggestions) == 5


async def test_a_series_takes_time_at_every_occurrence(office: Office) -> None:
    await office.put("매일 스탠드업", "20261116", "0930-1000", "RRULE:FREQ=DAILY", attendee("김민수"))

    assert await office.keeps("김민수", "12월 3일 오전 9시 30분") == [("매일 스탠드업", None)]


async def test_what_outsiders_wrote_is_marked(office: Office) -> None:
    yours = await office.calendar_of("김민수")
    await office.put("받은 초대", "20261119", "0900-1200", collection=yours, outside=True)
    await office.put("내부 회의", "20261119", "1300-1800", collection=yours)

    suggestions = await office.found(["김민수", "이영희"])
    [conflict] = (await office("check_conflicts", when="내일 오전 10시", people=["김민수"]))["conflicts"]

    assert {one["missing"][0]: one["outside"] for one in suggestions} == {
        "김민수(받은 초대)": True,
        "김민수(내부 회의)": None,
    }
    assert conflict["outside"] is True


@pytest.mark.parametrize(
    "asked", [{"duration": "회의"}, {"hours": "아무 때나"}, {"buffer": "조금"}, {"when": "언젠가"}]
)
async def test_what_cannot_be_read_is_refused_with_an_example(office: Office, asked: dict[str, str]) -> None:
    code, message = await office.refused("find_meeting_time", **{"people": [], "when": TOMORROW, **asked})

    assert code == "invalid"
    assert next(iter(asked.values())) in message
    assert "예:" in message
