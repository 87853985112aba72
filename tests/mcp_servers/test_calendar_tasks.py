from tests.mcp_servers.calendar_client import Tools


async def test_a_task_has_a_due_day_and_is_done_once(tools: Tools) -> None:
    made = await tools("create_task", title="보고서 제출", due="금요일까지", priority="높음")

    done = await tools("complete_task", task_id=made["task"]["id"])

    assert made["summary"] == "할 일 추가: 보고서 제출 · 기한 11월 20일 금요일 · 높음"
    assert made["task"]["due_at"] == "2026-11-20"
    assert done["task"]["done"]
    assert (await tools("list_tasks"))["items"] == []
    assert [task["title"] for task in (await tools("list_tasks", done=True))["items"]] == ["보고서 제출"]
    assert (await tools.refused("complete_task", task_id=made["task"]["id"]))[1] == "이미 끝낸 할 일입니다."


async def test_a_done_task_can_be_opened_again(tools: Tools) -> None:
    made = await tools("create_task", title="영수증 정리")
    await tools("complete_task", task_id=made["task"]["id"])

    reopened = await tools("complete_task", task_id=made["task"]["id"], done=False)

    assert not reopened["task"]["done"]
    assert [task["title"] for task in (await tools("list_tasks"))["items"]] == ["영수증 정리"]


async def test_tasks_are_listed_by_urgency(tools: Tools) -> None:
    await tools("create_task", title="언젠가")
    await tools("create_task", title="중요", priority="높음")
    await tools("create_task", title="다음 주", due="다음 주 수요일")
    await tools("create_task", title="밀린 일", due="어제까지")
    await tools("create_task", title="오늘", due="오늘 오후 6시까지")

    listed = (await tools("list_tasks"))["items"]

    assert [task["title"] for task in listed] == ["밀린 일", "오늘", "다음 주", "중요", "언젠가"]
    assert [task["due"] for task in listed[:2]] == ["11월 17일 화요일 (1일 지남)", "11월 18일 수요일 오후 6시 (오늘)"]
    assert [task["title"] for task in (await tools("list_tasks", due="이번 주"))["items"]] == ["밀린 일", "오늘"]
    assert [task["title"] for task in (await tools("list_tasks", text="중요"))["items"]] == ["중요"]


async def test_a_recurring_task_comes_again_when_it_is_done(tools: Tools) -> None:
    made = await tools("create_task", title="주간 보고", due="금요일까지", repeat="매주 금요일")

    first = await tools("complete_task", task_id=made["task"]["id"])
    [left] = (await tools("list_tasks"))["items"]

    assert first["task"]["due_at"] == "2026-11-20"
    assert left["due_at"] == "2026-11-27"


async def test_a_task_is_no_event_and_an_event_no_task(tools: Tools) -> None:
    task = (await tools("create_task", title="보고서", due="내일까지"))["task"]
    event = (await tools("create_event", title="회의", start="내일 3시"))["event"]

    assert [found["title"] for found in (await tools("search_events", when="내일"))["items"]] == ["회의"]
    assert (await tools.refused("get_event", event_id=task["id"]))[0] == "not_found"
    assert (await tools.refused("complete_task", task_id=event["id"]))[0] == "not_found"
