from tests.mcp_servers.calendar_client import Tools, titles


async def test_the_last_change_is_taken_back_and_said(tools: Tools) -> None:
    event = (await tools("create_event", title="리뷰", start="내일 3시"))["event"]
    await tools("update_event", event_id=event["id"], start="오후 5시")

    undone = await tools("undo_last_change")

    assert undone["summary"] == "되돌림: 일정 변경: 리뷰 · 11월 19일 목요일 오후 5시~6시"
    assert undone["detail"] == "리뷰 (11월 19일 목요일 오후 5시~6시) → 리뷰 (11월 19일 목요일 오후 3시~4시)"
    assert (await tools("get_event", event_id=event["id"]))["when"] == event["when"]


async def test_changes_are_taken_back_one_after_the_other(tools: Tools) -> None:
    event = (await tools("create_event", title="리뷰", start="내일 3시"))["event"]
    await tools("delete_event", event_id=event["id"])

    await tools("undo_last_change")
    there_again = await titles(tools, text="리뷰")
    await tools("undo_last_change")

    assert there_again == ["리뷰"]
    assert await titles(tools, text="리뷰") == []
    assert (await tools.refused("undo_last_change"))[0] == "not_found"


async def test_a_split_series_is_whole_again(tools: Tools) -> None:
    await tools("create_event", title="주간 회의", start="매주 화요일 오전 10시")
    [found] = (await tools("search_events", when="12월 8일"))["items"]
    await tools("update_event", event_id=found["id"], start="오후 3시", scope="following")

    await tools("undo_last_change")

    assert [event["start"][11:16] for event in (await tools("search_events", when="12월"))["items"]] == ["10:00"] * 5


async def test_a_preview_cannot_be_undone_because_nothing_was_done(tools: Tools) -> None:
    await tools("create_event", {"modu/preview": True}, title="리뷰", start="내일 3시")

    assert (await tools.refused("undo_last_change"))[0] == "not_found"


async def test_undoing_can_itself_be_previewed(tools: Tools) -> None:
    await tools("create_event", title="리뷰", start="내일 3시")

    shown = await tools("undo_last_change", {"modu/preview": True})

    assert shown["detail"] == "없앰: 리뷰 (11월 19일 목요일 오후 3시~4시)"
    assert await titles(tools, text="리뷰") == ["리뷰"]
