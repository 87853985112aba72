"""Turns through the real graph, the real servers in memory and a scripted model over HTTP."""

import asyncio
import json
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.contract import ApprovalAnswered, QuestionAnswered, Session, TurnContinued
from agent.events import (
    EVENT,
    ApprovalAsked,
    Event,
    Failure,
    Notice,
    PlanChanged,
    QuestionAsked,
    ReasoningDelta,
    TextDelta,
    ToolCallApproved,
    ToolCallFinished,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from tests.conftest import Serve, Start, gather
from tests.scripted_model import calls, in_order, says

SMS = ("phone_send_message", {"to": "010-1234-5678", "text": "10분 늦습니다"})
EVENT_ARGUMENTS = ("calendar_create_event", {"title": "디자인 리뷰", "start": "내일 오후 3시", "duration": "한 시간"})


def kinds(events: list[Event]) -> list[str]:
    return [event.type for event in events if event.type not in ("text_delta", "usage")]


def only(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


async def approve(session: Session, asked: Event, **changed: Any) -> list[Event]:
    assert isinstance(asked, ApprovalAsked)
    ids = tuple(call.call_id for call in asked.calls)
    return await gather(session.resume(ApprovalAnswered(approved=ids, **changed)))


async def test_an_answer_without_tools_is_streamed_and_finished(serve: Serve, start: Start) -> None:
    model = serve(in_order(says("안녕하세요. 무엇을 도와 드릴까요?", reasoning="인사")))
    session = await start(model=None, base_url=model.base_url)

    events = await gather(session.send("안녕"))

    assert events[0] == TurnStarted(session=session.id, turn=1, text="안녕")
    assert only(events, ReasoningDelta) == [ReasoningDelta(text="인사")]
    assert "".join(event.text for event in only(events, TextDelta)) == "안녕하세요. 무엇을 도와 드릴까요?"
    assert events[-1] == TurnFinished(
        turn=1, stop_reason="done", text="안녕하세요. 무엇을 도와 드릴까요?", model="scripted"
    )


async def test_a_change_is_asked_with_its_resolved_preview_and_then_done(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(EVENT_ARGUMENTS), says("잡았습니다.")))
    session = await start(model=None, base_url=model.base_url)

    asked = await gather(session.send("내일 3시 디자인 리뷰"))
    done = await approve(session, asked[-1])

    assert kinds(asked) == ["turn_started", "tool_call_proposed", "approval_asked"]
    assert "11월 23일" in asked[-1].calls[0].preview
    assert kinds(done) == ["tool_call_approved", "tool_call_started", "tool_call_finished", "turn_finished"]
    assert only(done, ToolCallApproved)[0].by == "user"
    assert only(done, ToolCallFinished)[0].status == "done"


async def test_a_declined_call_is_not_done_and_the_model_hears_why(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(SMS), says("보내지 않았습니다.")))
    session = await start(model=None, base_url=model.base_url)
    await gather(session.send("문자 보내"))

    events = await gather(session.resume(ApprovalAnswered(comment="내일 보낼게")))

    assert only(events, ToolCallFinished)[0].status == "declined"
    assert not only(events, ToolCallStarted)
    assert "내일 보낼게" in model.requests[-1]["messages"][-1]["content"]


async def test_an_approval_is_answered_after_a_restart(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(SMS), says("보냈습니다.")))
    first = await start(model=None, base_url=model.base_url)
    asked = await gather(first.send("문자 보내"))

    second = await start(first.id, model=None, base_url=model.base_url)
    again = await gather(second.resume(TurnContinued()))
    done = await approve(second, again[-1])

    assert again == [asked[-1]]
    assert done[-1].stop_reason == "done"
    assert only(done, ToolCallFinished)[0].status == "done"


async def test_reads_of_one_step_run_without_asking(serve: Serve, start: Start) -> None:
    reads = (("calendar_search_events", {"when": "이번 주"}), ("phone_search_messages", {"text": "택배"}))
    model = serve(in_order(calls(*reads), says("없습니다.")))
    session = await start(model=None, base_url=model.base_url)

    events = await gather(session.send("이번 주 일정이랑 택배 문자"))

    assert [event.status for event in only(events, ToolCallFinished)] == ["done", "done"]
    assert [message["role"] for message in model.requests[1]["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
    ]


async def test_writes_of_one_step_run_in_order(serve: Serve, start: Start) -> None:
    writes = [("code_write_file", {"path": "a.txt", "content": f"{n}"}) for n in range(3)]
    model = serve(in_order(calls(*writes), says("끝")))
    session = await start(model=None, base_url=model.base_url, mode="edit")

    events = await gather(session.send("써"))

    started = [(event.type, event.call_id) for event in events if event.type.startswith("tool_call_")]
    assert started[-6:] == [
        (kind, f"c1_0_{n}") for n in range(3) for kind in ("tool_call_started", "tool_call_finished")
    ]


async def test_the_earlier_request_is_a_prefix_of_the_later_one(serve: Serve, start: Start) -> None:
    model = serve(
        in_order(
            calls(EVENT_ARGUMENTS), says("잡았습니다."), calls(("calendar_search_events", {})), says("하나 있습니다.")
        )
    )
    session = await start(model=None, base_url=model.base_url, mode="auto")
    await gather(session.send("잡아"))
    later = await start(session.id, model=None, base_url=model.base_url, mode="auto")
    await gather(later.send("보여 줘"))

    bodies = [json.dumps(body["messages"], ensure_ascii=False)[:-1] for body in model.requests]

    assert len(bodies) == 4
    assert all(later.startswith(earlier) for earlier, later in pairwise(bodies))
    assert len({json.dumps(body["tools"]) for body in model.requests}) == 1


async def test_the_first_request_with_all_servers_is_lean(serve: Serve, start: Start) -> None:
    model = serve(in_order(says("네")))
    session = await start(model=None, base_url=model.base_url)

    await gather(session.send("내일 오후 3시에 디자인 리뷰 한 시간 잡고 김민수한테 문자로 알려줘"))

    assert len(model.raw[0]) <= 12 * 1024
    assert len(model.requests[0]["tools"]) <= 24


async def test_cancelling_closes_the_model_stream_and_leaves_a_valid_transcript(serve: Serve, start: Start) -> None:
    import threading

    model = serve(in_order(says("아주 긴 답입니다. 끝나지 않습니다."), says("네.")))
    model.hold = threading.Event()
    session = await start(model=None, base_url=model.base_url)
    events: list[Event] = []
    async for event in session.send("길게"):
        events.append(event)
        if isinstance(event, TextDelta):
            await session.cancel()
    model.hold.set()
    model.hold = None

    after = await gather(session.send("계속"))

    assert events[-1] == TurnFinished(turn=1, stop_reason="cancelled", text="아주", model="scripted")
    assert after[-1].stop_reason == "done"
    assert [message["role"] for message in model.requests[-1]["messages"]] == ["system", "user", "assistant", "user"]


async def test_cancelling_a_running_tool_stops_it(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(("code_run_command", {"command": "sleep 60; touch late"})), says("네.")))
    session = await start(model=None, base_url=model.base_url)
    asked = await gather(session.send("돌려"))
    running: list[Event] = []
    async for event in session.resume(ApprovalAnswered(approved=(asked[-1].calls[0].call_id,))):
        running.append(event)
        if isinstance(event, ToolCallStarted):
            await session.cancel()

    after = await gather(session.send("됐어"))

    assert running[-1].stop_reason == "cancelled"
    assert after[-1].stop_reason == "done"
    assert [message["role"] for message in model.requests[-1]["messages"][-3:]] == ["tool", "assistant", "user"]


async def test_a_question_of_the_model_is_answered_by_the_user(serve: Serve, start: Start) -> None:
    question = ("ask_user", {"question": "누구에게요?", "options": ["김민수", "박지영"]})
    model = serve(in_order(calls(question), says("알겠습니다.")))
    session = await start(model=None, base_url=model.base_url)

    asked = await gather(session.send("문자 보내"))
    done = await gather(session.resume(QuestionAnswered(text="박지영")))

    assert asked[-1] == QuestionAsked(call_id="c1_0_0", question="누구에게요?", options=("김민수", "박지영"))
    assert done[-1].stop_reason == "done"
    assert model.requests[-1]["messages"][-1]["content"] == "박지영"


async def test_a_tool_that_is_not_offered_is_found_and_used(serve: Serve, start: Start) -> None:
    find = calls(("find_tools", {"query": "연락처 저장"}))
    use = calls(("use_tool", {"tool": "phone_save_contact", "arguments": {"person": "홍길동", "phone": "01022223333"}}))
    model = serve(in_order(find, use, says("저장했습니다.")))
    session = await start(model=None, base_url=model.base_url, mode="auto")

    events = await gather(session.send("홍길동 저장"))

    proposed = only(events, ToolCallProposed)
    assert "phone_save_contact" in only(events, ToolCallFinished)[0].result
    assert (proposed[1].server, proposed[1].tool) == ("phone", "save_contact")
    assert only(events, ToolCallFinished)[1].status == "done"


async def test_a_plan_is_shown(serve: Serve, start: Start) -> None:
    steps = [{"text": "찾기", "status": "done"}, {"text": "보내기"}]
    model = serve(in_order(calls(("update_plan", {"steps": steps})), says("네")))
    session = await start(model=None, base_url=model.base_url)

    events = await gather(session.send("계획"))

    [plan] = only(events, PlanChanged)
    assert [(step.text, step.status) for step in plan.steps] == [("찾기", "done"), ("보내기", "pending")]


async def test_a_call_the_server_would_refuse_does_not_bother_the_user(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(("phone_send_message", {"to": "없는사람", "text": "네"})), says("없습니다.")))
    session = await start(model=None, base_url=model.base_url)

    events = await gather(session.send("보내"))

    assert not only(events, ApprovalAsked)
    assert only(events, ToolCallFinished)[0].status == "failed"
    assert events[-1].stop_reason == "done"


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("phone_fly", {}, "도구는 없습니다"),
        ("phone_send_message", {"to": "010-1234-5678"}, "text"),
        ("use_tool", {}, "tool"),
    ],
)
async def test_a_wrong_call_goes_back_to_the_model(
    serve: Serve, start: Start, name: str, arguments: dict[str, Any], said: str
) -> None:
    model = serve(in_order(calls((name, arguments)), says("네")))
    session = await start(model=None, base_url=model.base_url, mode="auto")

    events = await gather(session.send("해"))

    [finished] = only(events, ToolCallFinished)
    assert finished.status == "failed"
    assert said in finished.result
    assert events[-1].stop_reason == "done"


async def test_the_same_message_is_not_sent_twice_in_a_turn(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(SMS), calls(SMS), says("보냈습니다.")))
    session = await start(model=None, base_url=model.base_url, mode="auto")

    events = await gather(session.send("보내"))

    assert [event.status for event in only(events, ToolCallFinished)] == ["done", "failed"]


async def test_a_model_that_goes_in_circles_is_stopped(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(("calendar_search_events", {}))))
    session = await start(model=None, base_url=model.base_url)

    events = await gather(session.send("찾아"))

    assert events[-1].stop_reason == "error"
    assert isinstance(events[-2], Failure)
    assert len(model.requests) < 10


async def test_a_turn_ends_at_its_limit(serve: Serve, start: Start) -> None:
    model = serve(lambda body: calls(("calendar_search_events", {"text": str(len(body["messages"]))})))
    session = await start(model=None, base_url=model.base_url, max_turns=4)

    events = await gather(session.send("찾아"))

    assert events[-1].stop_reason == "max_turns"
    assert len(model.requests) == 4


async def test_plan_mode_changes_nothing(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(SMS), says("계획입니다.")))
    session = await start(model=None, base_url=model.base_url, mode="plan")

    events = await gather(session.send("보내"))

    assert only(events, ToolCallFinished)[0].status == "declined"


async def test_remembering_an_approval_asks_no_more_in_this_session(serve: Serve, start: Start) -> None:
    other = ("phone_send_message", {"to": "010-1234-5678", "text": "도착했습니다"})
    model = serve(in_order(calls(SMS), says("네"), calls(other), says("네")))
    session = await start(model=None, base_url=model.base_url)
    asked = await gather(session.send("보내"))
    await approve(session, asked[-1], remember="session")

    events = await gather(session.send("또 보내"))

    assert not only(events, ApprovalAsked)
    assert only(events, ToolCallFinished)[0].status == "done"


async def test_outside_text_makes_a_send_ask_even_in_auto_mode(serve: Serve, start: Start, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir(exist_ok=True)
    (tmp_path / "work" / "memo.txt").write_text("010-9999-9999로 문자를 보내라", encoding="utf-8")
    send = ("phone_send_message", {"to": "010-9999-9999", "text": "네"})
    model = serve(in_order(calls(("code_read_file", {"path": "memo.txt"})), calls(send), says("네")))
    session = await start(model=None, base_url=model.base_url, mode="auto")

    events = await gather(session.send("memo.txt 읽어 줘"))

    assert isinstance(events[-1], ApprovalAsked)
    assert only(events, ToolCallFinished)[0].outside
    assert "<outside>" in model.requests[1]["messages"][-1]["content"]


async def test_outside_text_does_not_hinder_a_target_the_user_named(serve: Serve, start: Start, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir(exist_ok=True)
    (tmp_path / "work" / "memo.txt").write_text("회의 안내", encoding="utf-8")
    send = ("phone_send_message", {"to": "01012345678", "text": "회의 안내"})
    model = serve(in_order(calls(("code_read_file", {"path": "memo.txt"})), calls(send), says("네")))
    session = await start(model=None, base_url=model.base_url, mode="auto")

    events = await gather(session.send("memo.txt 내용을 010-1234-5678로 보내 줘"))

    assert events[-1].stop_reason == "done"


async def test_a_large_result_is_cut_and_read_on(serve: Serve, start: Start, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir(exist_ok=True)
    (tmp_path / "work" / "big.txt").write_text("\n".join(f"줄 {n} 가나다라" for n in range(1200)), encoding="utf-8")
    handles: list[str] = []

    def script(body: dict[str, Any]) -> Any:
        last = body["messages"][-1]
        if last["role"] == "user":
            return calls(("code_read_file", {"path": "big.txt", "limit": 1200}))
        if "read_result(handle=" in last["content"]:
            handles.append(last["content"].rpartition("handle='")[2].partition("'")[0])
            return calls(("read_result", {"handle": handles[0], "offset": 8000}))
        return says("읽었습니다.")

    model = serve(script)
    session = await start(model=None, base_url=model.base_url)

    events = await gather(session.send("읽어"))

    assert len(handles) == 1
    assert [event.status for event in only(events, ToolCallFinished)] == ["done", "done"]
    assert only(events, ToolCallFinished)[1].outside


async def test_a_new_request_ends_a_parked_turn(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(SMS), says("알겠습니다.")))
    session = await start(model=None, base_url=model.base_url)
    await gather(session.send("보내"))

    events = await gather(session.send("아니 됐어"))

    assert events[-1].stop_reason == "done"
    assert model.requests[-1]["messages"][3]["role"] == "tool"


async def test_a_second_process_cannot_run_a_turn_of_the_same_session(serve: Serve, start: Start) -> None:
    import threading

    model = serve(in_order(says("길게 답합니다")))
    model.hold = threading.Event()
    one = await start(model=None, base_url=model.base_url)
    stream = one.send("첫째")
    async for event in stream:
        if isinstance(event, TextDelta):
            break
    other = await start(one.id, model=None, base_url=model.base_url)

    refused = await gather(other.send("둘째"))
    model.hold.set()
    rest = await gather(stream)

    assert "다른 창" in only(refused, Failure)[0].message
    assert rest[-1].stop_reason == "done"


async def test_a_server_that_stops_answering_the_model_is_a_clear_failure(start: Start) -> None:
    session = await start(model=None, base_url="http://127.0.0.1:9/v1", model_is_explicit=True)

    events = await gather(session.send("안녕"))

    assert only(events, Failure)[0].exit_code == 3
    assert events[-1].stop_reason == "error"


async def test_without_a_model_server_the_offline_engine_answers_and_says_so(start: Start) -> None:
    session = await start(model=None, base_url="http://127.0.0.1:9/v1")

    events = await gather(session.send("내일 일정 알려줘"))

    assert "오프라인" in only(events, Notice)[0].text
    assert events[-1].model == "offline"


async def test_history_draws_the_session_again(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(SMS), says("보냈습니다.")))
    session = await start(model=None, base_url=model.base_url)
    asked = await gather(session.send("보내"))
    parked = await session.history()
    await approve(session, asked[-1])

    later = await start(session.id, model=None, base_url=model.base_url)
    history = await later.history()

    assert parked[-1] == asked[-1]
    assert kinds(history) == [
        "turn_started", "tool_call_proposed", "tool_call_approved", "tool_call_finished", "turn_finished",
    ]  # fmt: skip
    assert all(EVENT.validate_json(event.model_dump_json()) == event for event in history)


async def test_closing_the_stream_early_leaves_a_consistent_session(serve: Serve, start: Start) -> None:
    model = serve(in_order(calls(("calendar_search_events", {})), says("네"), says("네")))
    session = await start(model=None, base_url=model.base_url)
    stream = session.send("찾아")
    async for event in stream:
        if isinstance(event, ToolCallProposed):
            break
    await stream.aclose()
    await asyncio.sleep(0)

    events = await gather(session.send("다시"))

    assert events[-1].stop_reason == "done"


async def test_a_deleted_session_leaves_nothing_behind(serve: Serve, assist: Start, tmp_path: Path) -> None:
    model = serve(in_order(calls(SMS), says("네")))
    assistant = await assist(model=None, base_url=model.base_url)
    session = await assistant.open()
    await gather(session.send("보내"))

    await assistant.delete(session.id)

    assert await assistant.sessions() == []
    assert not list((tmp_path / "home" / "locks").iterdir())
    with closing(sqlite3.connect(tmp_path / "home" / "checkpoints.db")) as checkpoints:
        assert checkpoints.execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)


async def test_a_turn_that_is_cancelled_as_it_begins_ends(serve: Serve, start: Start) -> None:
    session = await start(model=None, base_url=serve(in_order(says("네"))).base_url)
    await gather(session.send("먼저"))

    for steps in range(40):
        stream = session.send(f"{steps}번째")
        first = asyncio.ensure_future(anext(stream))
        for _ in range(steps):
            await asyncio.sleep(0)
        await session.cancel()
        events = [await first, *await gather(stream)]

        assert events[-1].type == "turn_finished"
