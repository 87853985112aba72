from typing import Any

import pytest

from tests.mcp_servers.calendar_client import Tools, titles


async def made(tools: Tools, **arguments: Any) -> dict[str, Any]:
    event: dict[str, Any] = (await tools("create_event", **arguments))["event"]
    return event


async def days(tools: Tools, when: str) -> list[tuple[str, str]]:
    found = (await tools("search_events", when=when, limit=100))["items"]
    return [(event["title"], event["start"][5:16]) for event in found]


async def of_day(tools: Tools, when: str) -> str:
    [event] = (await tools("search_events", when=when))["items"]
    return str(event["id"])


async def test_a_recurrence_in_the_start_makes_a_series(tools: Tools) -> None:
    created = await tools("create_event", title="주간 회의", start="매주 화요일 오전 10시")

    assert created["summary"] == "일정 추가: 주간 회의 · 11월 24일 화요일 오전 10시~11시 · 매주 화요일"
    assert created["event"]["repeat"] == "매주 화요일"
    assert await days(tools, "12월") == [("주간 회의", f"12-{day:02}T10:00") for day in (1, 8, 15, 22, 29)]


async def test_a_recurrence_apart_from_the_start_moves_it_to_the_first_day_of_the_rule(tools: Tools) -> None:
    event = await made(tools, title="정산", start="내일 오후 4시", repeat="매월 말일")

    assert (event["start"][:16], event["repeat"]) == ("2026-11-30T16:00", "매월 말일")
    assert await days(tools, "12월") == [("정산", "12-31T16:00")]


async def test_a_series_ends_when_its_rule_says(tools: Tools) -> None:
    await made(tools, title="스탠드업", start="매주 월수금 오전 9시, 12월 4일까지")

    assert [day for _, day in await days(tools, "11월 18일부터 12월 31일까지")] == [
        "11-20T09:00", "11-23T09:00", "11-25T09:00", "11-27T09:00", "11-30T09:00", "12-02T09:00", "12-04T09:00",
    ]  # fmt: skip


async def test_holidays_are_left_out_of_a_series_that_says_so(tools: Tools) -> None:
    await made(tools, title="수업", start="매주 금요일 오후 7시, 공휴일 빼고")

    assert [day for _, day in await days(tools, "12월 18일부터 1월 9일까지")] == ["12-18T19:00", "01-08T19:00"]


async def test_a_lunar_birthday_comes_every_lunar_year(tools: Tools) -> None:
    event = await made(tools, title="어머니 생신", start="음력 8월 15일", repeat="매년 음력 8월 15일")

    assert event["start"][:10] == "2027-09-15"
    assert await days(tools, "2028년 10월") == [("어머니 생신", "10-03T00:00")]


async def test_one_occurrence_changes_alone(tools: Tools) -> None:
    await made(tools, title="주간 회의", start="매주 화요일 오전 10시")

    updated = await tools("update_event", event_id=await of_day(tools, "12월 8일"), start="12월 9일 오후 2시")

    assert updated["summary"].endswith(" · 이번 것만")
    assert updated["detail"] == "시간: 12월 8일 화요일 오전 10시~11시 → 12월 9일 수요일 오후 2시~3시"
    assert [day for _, day in await days(tools, "12월 1일부터 16일까지")] == [
        "12-01T10:00",
        "12-09T14:00",
        "12-15T10:00",
    ]


async def test_this_and_following_leave_the_earlier_ones(tools: Tools) -> None:
    await made(tools, title="주간 회의", start="매주 화요일 오전 10시")

    await tools("update_event", event_id=await of_day(tools, "12월 8일"), start="오후 3시", scope="following")

    assert [day for _, day in await days(tools, "12월 1일부터 16일까지")] == [
        "12-01T10:00",
        "12-08T15:00",
        "12-15T15:00",
    ]


async def test_the_whole_series_changes_from_any_of_its_days(tools: Tools) -> None:
    await made(tools, title="주간 회의", start="매주 화요일 오전 10시")
    event_id = await of_day(tools, "12월 8일")

    await tools("update_event", event_id=event_id, start="12월 8일 오후 3시", title="팀 회의", scope="all")

    assert await days(tools, "11월 24일부터 12월 9일까지") == [
        ("팀 회의", "11-24T15:00"), ("팀 회의", "12-01T15:00"), ("팀 회의", "12-08T15:00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "left"),
    [("this", ["11-24", "12-08", "12-15"]), ("following", ["11-24"]), ("all", [])],
)
async def test_deleting_takes_as_much_as_it_is_told(tools: Tools, scope: str, left: list[str]) -> None:
    await made(tools, title="주간 회의", start="매주 화요일 오전 10시, 12월 15일까지")

    await tools("delete_event", event_id=await of_day(tools, "12월 1일"), scope=scope)

    assert [day[:5] for _, day in await days(tools, "11월 20일부터 12월 31일까지")] == left


async def test_a_scope_without_a_day_is_refused(tools: Tools) -> None:
    event = await made(tools, title="주간 회의", start="매주 화요일 오전 10시")

    code, message = await tools.refused("update_event", event_id=event["id"], title="팀 회의", scope="this")

    assert code == "ambiguous"
    assert "@날짜" in message


async def test_a_single_event_becomes_a_series_and_back(tools: Tools) -> None:
    event = await made(tools, title="산책", start="내일 오전 7시")

    again = await tools("update_event", event_id=event["id"], repeat="매일, 3번")
    once = await tools("update_event", event_id=event["id"], repeat="없음")

    assert again["detail"] == "반복: 없음 → 매일, 3번"
    assert once["event"]["repeat"] is None
    assert await titles(tools, when="이번 주") == ["산책"]


async def test_a_word_finds_the_next_day_of_a_series_only(tools: Tools) -> None:
    await made(tools, title="주간 회의", start="매주 화요일 오전 10시")

    [found] = (await tools("search_events", text="주간"))["items"]

    assert found["start"][:10] == "2026-11-24"


async def test_a_day_far_ahead_is_found_too(tools: Tools) -> None:
    await made(tools, title="창립 기념일", start="12월 1일", repeat="매년 12월 1일")

    assert await days(tools, "2051년 12월") == [("창립 기념일", "12-01T00:00")]


async def test_a_moved_event_keeps_its_calendar_or_its_time(tools: Tools) -> None:
    await tools("save_calendar", name="개인")
    event = await made(tools, title="치과", start="내일 오후 3시")

    moved = await tools("move_event", event_id=event["id"], to="모레 오전 11시")
    elsewhere = await tools("move_event", event_id=event["id"], calendar="개인")

    assert moved["event"]["when"] == "11월 20일 금요일 오전 11시~낮 12시"
    assert elsewhere["event"]["calendar"] == "개인"
    assert elsewhere["summary"].endswith("내 달력 → 개인")
    assert [event["calendar"] for event in (await tools("search_events"))["items"]] == ["개인"]


async def test_reminders_are_read_and_read_back(tools: Tools) -> None:
    event = await made(tools, title="발표", start="내일 오후 3시", reminder="하루 전, 10분 전")

    kept = await tools("get_event", event_id=event["id"])

    assert kept["reminders"] == ["1일 전", "10분 전"]
    assert "예: 10분 전" in (await tools.refused("update_event", event_id=event["id"], reminder="나중에"))[1]


async def test_an_invitation_is_answered_by_its_only_guest_or_whoever_is_named(tools: Tools) -> None:
    alone = await made(tools, title="면담", start="내일 2시", attendees=["김민수"])
    several = await made(tools, title="회의", start="내일 4시", attendees=["김민수", "박지영 <jy@example.com>"])

    answered = await tools("respond_to_event", event_id=alone["id"], answer="accepted")
    named = await tools("respond_to_event", event_id=several["id"], answer="declined", attendee="jy@example.com")

    assert answered["detail"] == "참석자: 김민수 → 김민수 (수락)"
    assert named["event"]["attendees"] == ["김민수", "박지영 (거절)"]
    assert (await tools.refused("respond_to_event", event_id=several["id"], answer="accepted"))[0] == "ambiguous"
