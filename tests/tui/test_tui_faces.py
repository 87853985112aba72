"""One session in several windows: each shows the same, whoever causes it, and what one answers the others see."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from agent.contract import ApprovalAnswered, QuestionAnswered, TurnContinued
from agent.events import (
    ApprovalAsked,
    Event,
    Failure,
    Notice,
    QuestionAsked,
    TextDelta,
    ToolCallApproved,
    ToolCallFinished,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from tests.tui.conftest import OpenApp, chat, settled, texts, until
from tests.tui.replay import Gate, ReplayAssistant, ReplaySession, summary
from tests.tui.test_tui_conversation import ASKING, pending, proposed
from tui.batches import batches
from tui.screens.approval import Approval
from tui.screens.chat import Chat
from tui.screens.help import Help
from tui.screens.question import Question
from tui.widgets.markdown import Answer

STARTED = TurnStarted(session="s1", turn=1, text="안녕")
DONE = TurnFinished(turn=1, stop_reason="done")
APPROVED = ToolCallApproved(call_id="c1", by="user")
ELSEWHERE = "다른 창에서 답했습니다."


def blocks(screen: Chat) -> list[str]:
    """What the conversation shows, block by block."""
    return [
        block.source if isinstance(block, Answer) else str(getattr(block, "visual", type(block).__name__))
        for block in screen.transcript.children
    ]


async def test_two_windows_show_the_same_in_the_same_order(open_app: OpenApp) -> None:
    gates = [Gate(), Gate()]
    session = ReplaySession(
        [STARTED, TextDelta(text="하나"), gates[0], Notice(text="알림"), TextDelta(text="둘"), gates[1], DONE],
        [TurnStarted(session="s1", turn=2, text="또"), TextDelta(text="셋"), TurnFinished(turn=2, stop_reason="done")],
    )
    async with open_app(session) as one, open_app(assistant=ReplayAssistant(session), session_id="s1") as other:
        await one.press("a", "enter")
        await until(other, lambda: "하나" in blocks(chat(other)))
        for gate in gates:
            gate.set()
        await settled(one)
        await settled(other)
        await other.press("b", "enter")
        await settled(other)
        await until(one, lambda: "셋" in blocks(chat(one)))
        await settled(one)

        assert session.heard == ["a", "b"]
        assert blocks(chat(one)) == blocks(chat(other)) == ["안녕", "하나", "알림", "둘", "또", "셋"]


async def test_what_another_face_says_is_shown_and_moves_the_status_line(open_app: OpenApp) -> None:
    session = ReplaySession()
    async with open_app(session) as pilot:
        session.tell(STARTED, TextDelta(text="네"))
        await until(pilot, lambda: texts(pilot, "#activity")[0].startswith("답하는 중"))
        running = chat(pilot).busy, texts(pilot, ".user"), texts(pilot, "#title")
        session.tell(DONE)
        await until(pilot, lambda: texts(pilot, "#context") != [""])

        assert running == (True, ["안녕"], ["안녕"])
        assert texts(pilot, "#activity") == ["대기"]
        assert not chat(pilot).busy


async def test_a_window_that_comes_in_the_middle_shows_history_and_what_comes(open_app: OpenApp) -> None:
    gate = Gate()
    session = ReplaySession([STARTED, TextDelta(text="앞"), gate, TextDelta(text="뒤"), DONE])
    reading = asyncio.create_task(drained(session.send("a")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    async with open_app(assistant=ReplayAssistant(session), session_id="s1") as pilot:
        await until(pilot, lambda: "앞" in blocks(chat(pilot)))
        early = blocks(chat(pilot)), chat(pilot).busy
        gate.set()
        await settled(pilot)
        await reading

        assert early == (["안녕", "앞"], True)
        assert blocks(chat(pilot)) == ["안녕", "앞뒤"]


async def drained(events: AsyncIterator[Event]) -> None:
    async for _ in events:
        pass


async def test_a_turn_of_another_face_can_be_stopped_and_texts_wait_for_its_end(open_app: OpenApp) -> None:
    session = ReplaySession([STARTED, TextDelta(text="음"), Gate()], [STARTED, DONE])
    async with open_app(session) as pilot:
        turn = asyncio.create_task(drained(session.send("foreign")))
        await until(pilot, lambda: "음" in blocks(chat(pilot)))
        await pilot.press("b", "enter")
        await until(pilot, lambda: texts(pilot, "#outbox") == ["다음에 보냄: b"])
        await pilot.press("escape")
        await settled(pilot)
        await turn

        assert session.heard == ["foreign"]
        assert chat(pilot).composer.text == "b"
        assert texts(pilot, ".divider") == ["멈췄습니다."]


async def test_a_text_that_waited_for_another_face_is_sent_behind_its_turn(open_app: OpenApp) -> None:
    session = ReplaySession([STARTED, DONE])
    async with open_app(session) as pilot:
        session.tell(STARTED)
        await until(pilot, lambda: chat(pilot).busy)
        await pilot.press("b", "enter")
        await until(pilot, lambda: texts(pilot, "#outbox") == ["다음에 보냄: b"])
        waiting = list(session.heard)
        session.tell(DONE)
        await settled(pilot)

        assert waiting == []
        assert session.heard == ["b"]


async def test_an_approval_that_another_face_gives_closes_the_dialog(open_app: OpenApp) -> None:
    session = ReplaySession(ASKING, [APPROVED, ToolCallFinished(call_id="c1", status="done", summary="잡음"), DONE])
    async with open_app(session) as one, open_app(assistant=ReplayAssistant(session), session_id="s1") as other:
        await one.press("g", "enter")
        for pilot in (one, other):
            await until(pilot, lambda pilot=pilot: isinstance(pilot.app.screen, Approval) and pilot.app.screen.armed)
        await other.press("y")
        await until(one, lambda: isinstance(one.app.screen, Chat))
        await settled(one)
        await settled(other)

        assert session.heard == ["g", ApprovalAnswered(approved=("c1",), asked=("c1",))]
        assert texts(one, ".notice") == [ELSEWHERE]
        assert texts(other, ".notice") == []
        assert texts(one, "FoldHead") == texts(other, "FoldHead") == ["✓ 일정 추가  디자인 리뷰  잡음"]
        assert one.app.focused is chat(one).composer


async def test_a_question_is_closed_by_whatever_shows_that_the_turn_goes_on(open_app: OpenApp) -> None:
    answered: list[Event] = [ToolCallFinished(call_id="q1", status="done", summary="3시"), DONE, TextDelta(text="그럼")]
    for event in answered:
        session = ReplaySession()
        async with open_app(session) as pilot:
            session.tell(STARTED, QuestionAsked(call_id="q1", question="몇 시?"))
            await until(pilot, lambda: isinstance(pilot.app.screen, Question))
            session.tell(Notice(text="다시 연결하는 중"))
            await until(pilot, lambda: "다시 연결하는 중" in blocks(chat(pilot)))
            still = isinstance(pilot.app.screen, Question)
            session.tell(event)
            await until(pilot, lambda: ELSEWHERE in blocks(chat(pilot)))

            assert still
            assert isinstance(pilot.app.screen, Chat)
            assert session.heard == []


async def test_the_next_question_takes_the_place_of_one_that_was_answered_elsewhere(open_app: OpenApp) -> None:
    session = ReplaySession([DONE])
    async with open_app(session) as pilot:
        session.tell(STARTED, ApprovalAsked(calls=(pending("c1"),)))
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval))
        session.tell(APPROVED, ApprovalAsked(calls=(pending("c2"),)))
        await until(pilot, lambda: shown_calls(pilot.app.screen) == ("c2",))
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval) and pilot.app.screen.armed)
        await pilot.press("y")
        await settled(pilot)

        assert session.heard == [ApprovalAnswered(approved=("c2",), asked=("c2",))]


def shown_calls(screen: object) -> tuple[str, ...]:
    return tuple(call.call_id for call in screen.asked.calls) if isinstance(screen, Approval) else ()


async def test_the_same_question_told_again_keeps_what_was_written(open_app: OpenApp) -> None:
    session = ReplaySession([DONE])
    asked = QuestionAsked(call_id="q1", question="몇 시?")
    async with open_app(session) as pilot:
        session.tell(STARTED, asked)
        await until(pilot, lambda: isinstance(pilot.app.screen, Question) and pilot.app.focused is not None)
        await pilot.press("3")
        dialog = pilot.app.screen
        session.tell(Notice(text="늦은 답이 있었습니다."), asked)
        await until(pilot, lambda: "늦은 답이 있었습니다." in blocks(chat(pilot)))
        kept = pilot.app.screen is dialog
        await pilot.press("enter")
        await settled(pilot)

        assert kept
        assert session.heard == [QuestionAnswered(text="3", asked=("q1",))]


async def test_a_question_answered_elsewhere_leaves_what_lies_over_it(open_app: OpenApp) -> None:
    session = ReplaySession()
    async with open_app(session) as pilot:
        session.tell(STARTED, ApprovalAsked(calls=(pending(),)))
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval))
        pilot.app.push_screen(Help())
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))
        session.tell(APPROVED, DONE)
        await until(pilot, lambda: not chat(pilot).busy)
        covered = isinstance(pilot.app.screen, Help)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, Chat))
        await until(pilot, lambda: ELSEWHERE in blocks(chat(pilot)))

        assert covered
        assert session.heard == []


async def test_an_answer_that_came_too_late_is_told_to_who_gave_it(open_app: OpenApp) -> None:
    session = ReplaySession(ASKING)
    async with open_app(session) as pilot:
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval) and pilot.app.screen.armed)
        session.refused = (Notice(text="다른 창에서 먼저 답했습니다."), APPROVED, DONE)
        await pilot.press("n")
        await until(pilot, lambda: any("먼저 답했습니다" in note.message for note in pilot.app._notifications))
        session.tell(APPROVED, DONE)
        await settled(pilot)

        assert session.heard[1:] == [ApprovalAnswered(asked=("c1",))]
        assert texts(pilot, ".notice") == []


async def test_what_is_told_to_this_window_alone_is_shown_and_the_question_stays(open_app: OpenApp) -> None:
    failed = (Failure(message="연결되지 않습니다."), TurnFinished(turn=1, stop_reason="error"))
    session = ReplaySession(ASKING, [DONE])
    async with open_app(session) as pilot:
        session.refused = failed
        await pilot.press("a", "enter")
        await settled(pilot)
        refused = texts(pilot, ".error-message"), texts(pilot, "#activity")
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval) and pilot.app.screen.armed)
        session.refused = failed
        await pilot.press("y")
        await until(pilot, lambda: len(chat(pilot).query(".error-message")) == 2)
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval) and pilot.app.screen.armed)
        await pilot.press("n")
        await settled(pilot)

        assert refused == (["오류: 연결되지 않습니다."], ["대기"])
        assert session.heard[-1] == ApprovalAnswered(asked=("c1",))


async def test_a_session_can_be_left_while_its_turn_runs_and_come_back_to(open_app: OpenApp) -> None:
    gate = Gate()
    running = ReplaySession([STARTED, TextDelta(text="앞"), gate, TextDelta(text="뒤"), DONE])
    other = ReplaySession(id="s2", history=[TurnStarted(session="s2", turn=1, text="옛"), DONE])
    assistant = ReplayAssistant(running, other, summaries=[summary("s2", "옛"), summary("s1", "안녕")])
    async with open_app(assistant=assistant) as pilot:
        await pilot.press("a", "enter")
        await until(pilot, lambda: "앞" in blocks(chat(pilot)))
        await pilot.press("b", "enter", "ctrl+o")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Chat) and pilot.app.focused is not None)
        await pilot.press("enter")
        await until(pilot, lambda: blocks(chat(pilot)) == ["옛"])
        await settled(pilot)
        kept, readers = chat(pilot).composer.text, running.readers
        gate.set()
        chat(pilot).open_session("s1")
        await until(pilot, lambda: "안녕" in blocks(chat(pilot)))
        await settled(pilot)

        assert (kept, readers) == ("b", 0)
        assert running.heard == ["a"]
        assert blocks(chat(pilot)) == ["안녕", "앞뒤"]


async def test_a_turn_that_is_only_slow_goes_on_after_the_doubt(open_app: OpenApp) -> None:
    session = ReplaySession([DONE], history=[STARTED, proposed()])
    async with open_app(assistant=ReplayAssistant(session), session_id="s1") as pilot:
        await until(pilot, lambda: bool(texts(pilot, ".notice")))
        await settled(pilot)
        doubted = texts(pilot, "#activity")
        session.tell(ToolCallStarted(call_id="c1"))
        await until(pilot, lambda: chat(pilot).busy)
        on = texts(pilot, "#activity")
        await pilot.press("escape")
        await until(pilot, lambda: session.cancelled.is_set())

        assert doubted == ["대기"]
        assert on[0].startswith("도구 실행 중")
        assert "/계속" in texts(pilot, ".notice")[0]


async def test_a_turn_cut_short_can_be_stopped_or_followed_by_another(open_app: OpenApp) -> None:
    session = ReplaySession([TurnStarted(session="s1", turn=2, text="새"), DONE], history=[STARTED, proposed()])
    async with open_app(assistant=ReplayAssistant(session), session_id="s1") as pilot:
        await settled(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: session.cancelled.is_set())
        await pilot.press("a", "enter")
        await settled(pilot)

        assert session.heard == ["a"]
        assert TurnContinued() not in session.heard


async def test_a_session_whose_stream_broke_is_opened_again_by_the_next_text(open_app: OpenApp) -> None:
    session = ReplaySession([STARTED, DONE])
    async with open_app(session) as pilot:
        session.tell(Failure(message="다시 이어지지 않습니다."), TurnFinished(turn=1, stop_reason="error"))
        session.end()
        await until(pilot, lambda: chat(pilot).session is None)
        shown = texts(pilot, ".error-message")
        session.mend()
        await pilot.press("a", "enter")
        await settled(pilot)

        assert shown == ["오류: 다시 이어지지 않습니다."]
        assert session.heard == ["a"]
        assert texts(pilot, ".user") == ["안녕"]


async def test_an_outage_is_one_line_and_does_not_break_into_an_answer(open_app: OpenApp) -> None:
    session = ReplaySession()
    session.passing = [Notice(text="다시 연결하는 중…"), Notice(text="다시 연결했습니다.")]
    async with open_app(session) as pilot:
        session.tell(STARTED, TextDelta(text="앞"), session.passing[0])
        await until(pilot, lambda: "다시 연결하는 중…" in blocks(chat(pilot)))
        session.tell(session.passing[1], TextDelta(text="뒤"), DONE)
        await settled(pilot)
        once = blocks(chat(pilot))
        session.tell(session.passing[0])
        await until(pilot, lambda: "다시 연결하는 중…" in blocks(chat(pilot)))

        assert once == ["안녕", "다시 연결했습니다.", "앞뒤"]
        assert blocks(chat(pilot)) == [*once, "다시 연결하는 중…"]
        assert not chat(pilot).busy


async def test_a_refused_session_keeps_the_one_that_is_open(open_app: OpenApp) -> None:
    session = ReplaySession([STARTED, DONE])
    assistant = ReplayAssistant(session, summaries=[summary("gone", "지운 대화")])
    async with open_app(assistant=assistant) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Chat) and pilot.app.focused is not None)
        await pilot.press("enter")
        await until(pilot, lambda: bool(chat(pilot).query(".error-message")))
        await pilot.press("a", "enter")
        await settled(pilot)

        assert session.heard == ["a"]
        assert "안녕" in blocks(chat(pilot))


async def test_a_long_history_is_one_batch_and_what_comes_after_is_not_held_back() -> None:
    async def events(gate: Gate) -> AsyncIterator[int]:
        for number in range(3_000):
            if number % 7 == 0:
                await asyncio.sleep(0)
            yield number
        await gate.wait()
        yield 3_000

    gate = Gate()
    async with aclosing(batches(events(gate), 3_000)) as told:
        first = await anext(told)
        gate.set()
        rest = [batch async for batch in told]

    assert first == list(range(3_000))
    assert rest == [[3_000]]


async def test_a_reader_that_does_not_draw_takes_only_so_much() -> None:
    given = 0

    async def flood() -> AsyncIterator[int]:
        nonlocal given
        while given < 100_000:
            given += 1
            yield given

    async with aclosing(batches(flood(), 0)) as told:
        await anext(told)
        for _ in range(100):
            await asyncio.sleep(0)
        held = given
        seen = sum([len(batch) async for batch in told])

    assert held < 5_000
    assert seen == 100_000
