import sys
import unicodedata
from datetime import datetime
from pathlib import Path

import pytest
from mcp import StdioServerParameters

from tests.mcp_servers.calendar_client import Tools, environment, titles


async def test_an_event_lasts_an_hour_unless_said_otherwise(tools: Tools) -> None:
    created = await tools(
        "create_event", title="디자인 리뷰", start="다음 주 월요일 오후 3시", location="3층", attendees=["민수"]
    )

    assert created["summary"] == "일정 추가: 디자인 리뷰 · 11월 23일 월요일 오후 3시~4시"
    assert created["detail"] == ""
    assert created["event"] == {
        "id": created["event"]["id"],
        "title": "디자인 리뷰",
        "start": "2026-11-23T15:00:00+09:00",
        "end": "2026-11-23T16:00:00+09:00",
        "all_day": False,
        "when": "11월 23일 월요일 오후 3시~4시",
        "location": "3층",
        "attendees": ["민수"],
        "description": "",
        "repeat": None,
        "calendar": None,
        "outside": None,
    }
    kept = await tools("get_event", event_id=created["event"]["id"])
    assert {name: kept[name] for name in created["event"]} == created["event"]


async def test_what_cannot_be_an_event_is_refused_and_nothing_is_stored(tools: Tools) -> None:
    code, message = await tools.refused("create_event", title="회의", start="언젠가")

    assert code == "invalid"
    assert "예: 다음 주 화요일 오후 3시" in message
    assert await titles(tools, text="회의") == []


async def test_a_moved_event_keeps_its_length(tools: Tools) -> None:
    created = await tools("create_event", title="리뷰", start="다음 주 월요일 3시", duration="두 시간")

    updated = await tools("update_event", event_id=created["event"]["id"], start="오후 5시로")

    assert updated["summary"] == "일정 변경: 리뷰 · 11월 23일 월요일 오후 5시~7시"
    assert updated["detail"] == "시간: 11월 23일 월요일 오후 3시~5시 → 11월 23일 월요일 오후 5시~7시"
    assert updated["event"]["start"] == "2026-11-23T17:00:00+09:00"


async def test_a_past_time_is_allowed_and_said(tools: Tools) -> None:
    created = await tools("create_event", title="회고", start="어제 오후 3시")

    assert created["summary"] == "일정 추가: 회고 · 11월 17일 화요일 오후 3시~4시 · 지난 시각입니다"


async def test_an_overlap_is_told_and_does_not_stop_anybody(tools: Tools) -> None:
    await tools("create_event", title="팀 회의", start="내일 오후 3시")
    await tools("create_event", title="창립 기념일", start="내일")
    await tools("create_event", title="다음 회의", start="내일 오후 4시 30분")

    created = await tools("create_event", title="면담", start="내일 오후 3시 30분")

    assert created["detail"] == "겹치는 일정: 팀 회의 (11월 19일 목요일 오후 3시~4시)"


async def test_an_all_day_event_moves_by_days_and_can_get_hours(tools: Tools) -> None:
    created = await tools("create_event", title="출장", start="12월 1일부터 2일까지")
    event_id = created["event"]["id"]

    moved = await tools("update_event", event_id=event_id, start="12월 8일")
    timed = await tools("update_event", event_id=event_id, start="12월 9일 오후 2시")

    assert moved["event"]["when"] == "12월 8일 화요일~12월 9일 수요일"
    assert timed["event"]["when"] == "12월 9일 수요일 오후 2시~3시"


async def test_other_fields_change_alone_and_can_be_emptied(tools: Tools) -> None:
    created = await tools("create_event", title="리뷰", start="내일 3시", location="3층", attendees=["민수", "지영"])

    updated = await tools(
        "update_event", event_id=created["event"]["id"], title="디자인 리뷰", location="", attendees=["민수"]
    )

    assert updated["detail"] == "제목: 리뷰 → 디자인 리뷰\n장소: 3층 → 없음\n참석자: 민수, 지영 → 민수"
    assert updated["event"] | {"title": "리뷰", "location": "3층", "attendees": ["민수", "지영"]} == created["event"]


async def test_a_change_that_changes_nothing_is_refused(tools: Tools) -> None:
    created = await tools("create_event", title="리뷰", start="내일 3시")

    assert (await tools.refused("update_event", event_id=created["event"]["id"], start="내일 3시"))[0] == "invalid"


@pytest.mark.parametrize("tool", ["get_event", "update_event", "delete_event"])
async def test_an_unknown_id_says_how_to_find_the_right_one(tools: Tools, tool: str) -> None:
    code, message = await tools.refused(tool, event_id="ev_000000")

    assert code == "not_found"
    assert "search_events" in message


async def test_a_deleted_event_is_named_and_gone(tools: Tools) -> None:
    created = await tools("create_event", title="회식", start="금요일 저녁 7시")

    deleted = await tools("delete_event", event_id=created["event"]["id"])

    assert deleted["summary"] == "일정 삭제: 회식 · 11월 20일 금요일 오후 7시~8시"
    assert await titles(tools, text="회식") == []


async def test_a_preview_says_what_would_happen_and_stores_nothing(tools: Tools) -> None:
    kept = await tools("create_event", title="리뷰", start="내일 3시")
    event_id, preview = kept["event"]["id"], {"modu/preview": True}

    creation = await tools("create_event", preview, title="회식", start="금요일 저녁 7시")
    change = await tools("update_event", preview, event_id=event_id, start="오후 5시")
    deletion = await tools("delete_event", preview, event_id=event_id)

    assert creation["summary"] == "일정 추가: 회식 · 11월 20일 금요일 오후 7시~8시"
    assert change["summary"] == "일정 변경: 리뷰 · 11월 19일 목요일 오후 5시~6시"
    assert deletion["summary"] == "일정 삭제: 리뷰 · 11월 19일 목요일 오후 3시~4시"
    assert (await tools("search_events"))["items"] == [kept["event"]]


async def test_the_same_key_makes_one_event_and_gives_the_same_answer(tools: Tools) -> None:
    key = {"modu/idempotencyKey": "session-1-1"}
    arguments = {"title": "회식", "start": "금요일 저녁 7시"}

    first = await tools("create_event", key, **arguments)
    second = await tools("create_event", key, **arguments)
    outcome = await tools("operation_outcome", key="session-1-1")

    assert second == first
    assert await titles(tools, text="회식") == ["회식"]
    assert (outcome["state"], outcome["result"]) == ("done", first)


async def test_a_deletion_repeated_with_its_key_still_succeeds(tools: Tools) -> None:
    created = await tools("create_event", title="회식", start="금요일 저녁 7시")
    key = {"modu/idempotencyKey": "session-1-2"}

    first = await tools("delete_event", key, event_id=created["event"]["id"])

    assert await tools("delete_event", key, event_id=created["event"]["id"]) == first


async def test_events_are_found_by_any_of_their_words(tools: Tools) -> None:
    await tools("create_event", title="Design 리뷰", start="내일 3시", location="한강홀")
    await tools("create_event", title="면담", start="모레 3시", attendees=["김민수"], description="연봉 이야기")

    assert await titles(tools, text="design") == ["Design 리뷰"]
    assert await titles(tools, text=unicodedata.normalize("NFD", "한강")) == ["Design 리뷰"]
    assert await titles(tools, text="민수 면담") == ["면담"]
    assert await titles(tools, text="연봉") == ["면담"]
    assert await titles(tools, text="100%") == []


async def test_events_are_found_by_when_they_are(tools: Tools) -> None:
    await tools("create_event", title="지난 회의", start="지난주 화요일 3시")
    await tools("create_event", title="내일 회의", start="내일 3시 30분")
    await tools("create_event", title="출장", start="다음 주 월요일부터 수요일까지")

    assert await titles(tools) == ["내일 회의", "출장"]
    assert await titles(tools, when="지난주") == ["지난 회의"]
    assert await titles(tools, when="내일") == ["내일 회의"]
    assert await titles(tools, when="내일 3시") == ["내일 회의"]
    assert await titles(tools, when="다음 주 화요일") == ["출장"]
    assert await titles(tools, when="11월", text="회의") == ["지난 회의", "내일 회의"]
    assert await titles(tools, when="다음 주부터") == ["출장"]
    assert "'언젠가'" in (await tools.refused("search_events", when="언젠가"))[1]


async def test_many_events_come_in_pages(tools: Tools) -> None:
    for hour in (9, 10, 11):
        await tools("create_event", title=f"{hour}시 회의", start=f"내일 오전 {hour}시")

    first = await tools("search_events", when="내일", limit=2)
    second = await tools("search_events", when="내일", limit=2, cursor=first["next_cursor"])

    assert [event["title"] for event in first["items"] + second["items"]] == ["9시 회의", "10시 회의", "11시 회의"]
    assert second["next_cursor"] is None


async def test_free_time_is_what_events_and_lunch_leave_of_the_working_day(tools: Tools) -> None:
    await tools("create_event", title="주간 회의", start="내일 오전 9시 30분", duration="한 시간")
    await tools("create_event", title="면담", start="내일 오후 2시부터 5시까지")
    await tools("create_event", title="휴가", start="내일")

    free = await tools("find_free_time", when="내일")

    assert [slot["when"] for slot in free["slots"]] == [
        "11월 19일 목요일 오전 10시 30분~낮 12시",
        "11월 19일 목요일 오후 1시~2시",
        "11월 19일 목요일 오후 5시~6시",
    ]
    assert free["note"] == "종일 일정: 휴가 (11월 19일 목요일 하루 종일)"


async def test_free_time_begins_now_and_skips_weekends_and_holidays(tools: Tools) -> None:
    today = await tools("find_free_time", when="오늘", duration="두 시간")
    christmas = await tools("find_free_time", when="12월 24일부터 28일까지", duration="네 시간")
    saturday = await tools("find_free_time", when="토요일")

    assert [slot["when"] for slot in today["slots"]] == ["11월 18일 수요일 오후 1시~6시"]
    assert [slot["when"] for slot in christmas["slots"]] == [
        "12월 24일 목요일 오후 1시~6시",
        "12월 28일 월요일 오후 1시~6시",
    ]
    assert saturday["slots"] == []
    assert "시각을 함께" in saturday["note"]


async def test_hours_the_user_names_need_not_be_working_hours(tools: Tools) -> None:
    free = await tools("find_free_time", when="토요일 오후 2시부터 5시까지")

    assert [slot["when"] for slot in free["slots"]] == ["11월 21일 토요일 오후 2시~5시"]


async def test_times_in_a_text_are_explained(tools: Tools) -> None:
    found = await tools("resolve_time", text="매주 화요일 오전 10시, 그리고 내일 오후 3시부터 두 시간")

    assert [(one["kind"], one["start"], one["end"], one["rrule"], one["reading"]) for one in found["expressions"]] == [
        (
            "recurrence",
            "2026-11-24T10:00:00+09:00",
            None,
            "FREQ=WEEKLY;BYDAY=TU;BYHOUR=10;BYMINUTE=0",
            "매주 화요일 오전 10시",
        ),
        ("interval", "2026-11-19T15:00:00+09:00", "2026-11-19T17:00:00+09:00", None, "11월 19일 목요일 오후 3시~5시"),
    ]


async def test_times_are_explained_from_another_day_when_asked(tools: Tools) -> None:
    [found] = (await tools("resolve_time", text="내일", reference="2027-03-01T09:00:00+09:00"))["expressions"]

    assert found["start"] == "2027-03-02T00:00:00+09:00"
    assert (await tools("resolve_time", text="회의록 정리"))["expressions"] == []
    assert "'어제쯤'" in (await tools.refused("resolve_time", text="내일", reference="어제쯤"))[1]


async def test_the_model_is_offered_five_tools_in_two_kilobytes(tools: Tools) -> None:
    listed = {tool.name: tool for tool in await tools.listed()}
    core = [tool for tool in listed.values() if tool.meta and tool.meta.get("modu/core")]

    effects = {tool.name: (tool.meta or {})["modu/effect"] for tool in listed.values()}
    assert effects.items() >= {
        ("create_event", "change"), ("update_event", "change"), ("move_event", "change"), ("delete_event", "delete"),
        ("respond_to_event", "send"), ("undo_last_change", "change"), ("import_ics", "change"), ("export_ics", "edit"),
        ("get_event", "read"), ("search_events", "read"), ("find_free_time", "read"), ("resolve_time", "read"),
        ("find_meeting_time", "read"), ("check_conflicts", "read"), ("list_calendars", "read"), ("agenda", "read"),
        ("list_tasks", "read"), ("create_task", "change"), ("complete_task", "change"), ("operation_outcome", "read"),
    }  # fmt: skip
    assert len(core) == 5
    assert (
        sum(len(tool.model_dump_json(include={"name", "description", "input_schema"}).encode()) for tool in core) < 2048
    )


async def test_it_runs_as_a_child_process_and_keeps_events_between_runs(tools: Tools, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "mcp_servers.calendar"],
        env={**environment(tmp_path), "PYTHONPATH": str(root)},
    )
    created = await Tools(parameters)("create_event", title="회식", start="금요일 저녁 7시")
    kept = await tools("get_event", event_id=created["event"]["id"])

    assert kept["id"] == created["event"]["id"]
    assert datetime.fromisoformat(kept["start"]) == datetime.fromisoformat("2026-11-20T19:00:00+09:00")
