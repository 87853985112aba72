"""A conversation on the screen: keys in, recorded events behind."""

from textual.widgets import Static

from agent.contract import ApprovalAnswered, QuestionAnswered, TurnContinued
from agent.events import (
    ApprovalAsked,
    Compacted,
    Event,
    Failure,
    Notice,
    PendingCall,
    PlanChanged,
    PlanStep,
    QuestionAsked,
    ReasoningDelta,
    TextDelta,
    ToolCallApproved,
    ToolCallFinished,
    ToolCallProgress,
    ToolCallProposed,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
    Usage,
)
from tests.tui.conftest import OpenApp, chat, settled, texts, until
from tests.tui.replay import Gate, ReplayAssistant, ReplaySession, summary
from tui.screens.approval import Approval
from tui.screens.question import NO_ANSWER, Question
from tui.screens.sessions import Sessions
from tui.widgets.blocks import MOST_BLOCKS
from tui.widgets.markdown import Answer
from tui.widgets.reasoning import Reasoning
from tui.widgets.tool_card import ToolCard
from tui.widgets.welcome import Welcome

STARTED = TurnStarted(session="s1", turn=1, text="안녕")
DONE = TurnFinished(turn=1, stop_reason="done")


def proposed(call_id: str = "c1") -> ToolCallProposed:
    return ToolCallProposed(
        call_id=call_id, server="calendar", tool="create_event", title="일정 추가", arguments={"title": "디자인 리뷰"}
    )


def pending(call_id: str = "c1", preview: str = "일정 추가: 디자인 리뷰") -> PendingCall:
    return PendingCall(
        **proposed(call_id).model_dump(exclude={"type"}), effect="change", preview=preview, reason="먼저 여쭙니다."
    )


ASKING: list[Event] = [STARTED, proposed(), ApprovalAsked(calls=(pending(),))]


async def test_a_streamed_answer_is_shown_whole(open_app: OpenApp) -> None:
    session = ReplaySession([STARTED, *(TextDelta(text=part) for part in ("네, **", "잡았", "습니다**.")), DONE])
    async with open_app(session) as pilot:
        await pilot.press(*"hi", "enter")
        await settled(pilot)

        assert session.heard == ["hi"]
        assert texts(pilot, ".user") == ["안녕"]
        assert [answer.source for answer in pilot.app.screen.query(Answer)] == ["네, **잡았습니다**."]
        assert not pilot.app.screen.query(Welcome)


async def test_an_answer_that_only_the_end_carries_is_shown_once(open_app: OpenApp) -> None:
    finished = TurnFinished(turn=1, stop_reason="done", text="다 했습니다.")
    session = ReplaySession([STARTED, finished], [STARTED, TextDelta(text="다 했습니다.\n"), finished])
    async with open_app(session) as pilot:
        for _ in range(2):
            await pilot.press("a", "enter")
            await settled(pilot)

        assert [answer.source.strip() for answer in pilot.app.screen.query(Answer)] == ["다 했습니다."] * 2


async def test_a_tool_card_follows_its_call(open_app: OpenApp) -> None:
    before, after = Gate(), Gate()
    session = ReplaySession(
        [
            STARTED,
            proposed(),
            ToolCallApproved(call_id="c1", by="policy"),
            ToolCallStarted(call_id="c1"),
            ToolCallProgress(call_id="c1", progress=1, total=4, message="저장 중"),
            before,
            ToolCallFinished(call_id="c1", status="failed", summary="시간이 겹칩니다", result="[b]겹침", outside=True),
            after,
            DONE,
        ]
    )
    async with open_app(session) as pilot:
        await pilot.press("a", "enter")
        await until(pilot, lambda: any("저장 중" in line for line in texts(pilot, "FoldHead")))
        running = texts(pilot, "FoldHead")
        before.set()
        await until(pilot, lambda: any("겹칩니다" in line for line in texts(pilot, "FoldHead")))
        ended = texts(pilot, "FoldHead")
        await pilot.press("ctrl+t")
        await pilot.pause()
        body = texts(pilot, ".fold-body")
        after.set()

        assert running == ["▸ 일정 추가  디자인 리뷰  실행 중 25% 저장 중"]
        assert ended == ["✗ 일정 추가  [외부]  디자인 리뷰  시간이 겹칩니다"]
        assert body == ["calendar_create_event\ntitle: 디자인 리뷰\n결과 (외부에서 온 글)\n[b]겹침"]


async def test_a_long_result_is_readable_and_cut(open_app: OpenApp) -> None:
    result = f'{{"items":{list(range(50))}}}'
    finished = ToolCallFinished(call_id="c1", status="done", summary="50건", result=result)
    async with open_app(ReplaySession([STARTED, proposed(), finished, DONE])) as pilot:
        await pilot.press("a", "enter")
        await settled(pilot)
        await pilot.click("FoldHead")
        await until(pilot, lambda: texts(pilot, ".fold-body") != [""])

        body = texts(pilot, ".fold-body")[0].splitlines()
        assert body[3:7] == ["{", '  "items": [', "    0,", "    1,"]
        assert body[-1] == "(아래 14줄은 줄였습니다)"
        assert pilot.app.focused is chat(pilot).composer


async def test_reasoning_stays_folded_until_it_is_asked_for(open_app: OpenApp) -> None:
    session = ReplaySession([STARTED, ReasoningDelta(text="먼저 "), ReasoningDelta(text="일정을 본다"), DONE])
    async with open_app(session) as pilot:
        await pilot.press("a", "enter")
        await settled(pilot)
        folded = texts(pilot, ".fold-body")
        await pilot.press("ctrl+r")
        await pilot.pause()

        assert folded == [""]
        assert texts(pilot, ".fold-body") == ["먼저 일정을 본다"]
        assert pilot.app.screen.query_one(Reasoning).opened
        assert pilot.app.focused is chat(pilot).composer


async def test_plan_notice_compaction_and_error_each_have_their_block(open_app: OpenApp) -> None:
    session = ReplaySession(
        [
            STARTED,
            PlanChanged(steps=(PlanStep(text="찾기", status="in_progress"),)),
            PlanChanged(steps=(PlanStep(text="찾기", status="done"), PlanStep(text="잡기"))),
            Notice(text="내장 엔진으로 답합니다."),
            Compacted(summary="요약", turns=3),
            Failure(message="모델 서버가 응답하지 않습니다.", hint="modu doctor 로 확인하세요."),
            TurnFinished(turn=1, stop_reason="error"),
        ]
    )
    async with open_app(session) as pilot:
        await pilot.press("a", "enter")
        await settled(pilot)

        assert texts(pilot, "Plan") == ["할 일\n✓ 찾기\n- 잡기"]
        assert texts(pilot, ".notice") == ["내장 엔진으로 답합니다."]
        assert texts(pilot, ".divider") == ["앞의 대화 3개를 요약으로 줄였습니다."]
        assert texts(pilot, "ErrorBlock Static") == [
            "오류: 모델 서버가 응답하지 않습니다.",
            "해결: modu doctor 로 확인하세요.",
        ]


async def test_tokens_of_all_requests_are_summed(open_app: OpenApp) -> None:
    usage = Usage(input_tokens=1000, output_tokens=20)
    async with open_app(ReplaySession([STARTED, usage, usage, DONE])) as pilot:
        await pilot.press("a", "enter")
        await settled(pilot)

        assert texts(pilot, "#tokens") == ["토큰 2,000 + 40"]
        assert texts(pilot, "#activity") == ["대기"]
        assert texts(pilot, "#title") == ["안녕"]


async def decide(open_app: OpenApp, session: ReplaySession, *keys: str) -> None:
    async with open_app(session) as pilot:
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval) and pilot.app.screen.armed)
        await pilot.press(*keys)
        await settled(pilot)


async def test_yes_lets_the_call_run(open_app: OpenApp) -> None:
    session = ReplaySession(ASKING, [DONE])

    await decide(open_app, session, "y")

    assert session.heard == ["g", ApprovalAnswered(approved=("c1",), asked=("c1",))]


async def test_no_escape_and_a_bare_enter_all_decline(open_app: OpenApp) -> None:
    for key in ("n", "escape", "enter", "ㅜ"):
        session = ReplaySession(ASKING, [DONE])

        await decide(open_app, session, key)

        assert session.heard == ["g", ApprovalAnswered(asked=("c1",))]


async def test_always_remembers_for_the_session(open_app: OpenApp) -> None:
    session = ReplaySession(ASKING, [DONE])

    await decide(open_app, session, "a")

    assert session.heard == ["g", ApprovalAnswered(approved=("c1",), remember="session", asked=("c1",))]


async def test_each_of_several_calls_has_its_own_choice(open_app: OpenApp) -> None:
    asked = ApprovalAsked(calls=(pending("c1"), pending("c2"), pending("c3")))
    session = ReplaySession([STARTED, asked], [DONE])

    await decide(open_app, session, "2", "ㅛ")

    assert session.heard == ["g", ApprovalAnswered(approved=("c1", "c3"), asked=("c1", "c2", "c3"))]


async def test_a_refusal_can_say_why(open_app: OpenApp) -> None:
    session = ReplaySession(ASKING, [DONE])

    await decide(open_app, session, "tab", *"yes no", "enter")

    assert session.heard == ["g", ApprovalAnswered(comment="yes no", asked=("c1",))]


async def test_a_yes_typed_before_one_could_read_does_not_count(open_app: OpenApp) -> None:
    session = ReplaySession(ASKING, [DONE])
    async with open_app(session) as pilot:
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval) and pilot.app.screen.armed)
        approval = pilot.app.screen
        assert isinstance(approval, Approval)
        approval.armed = False
        await pilot.press("y", "a")

        assert pilot.app.screen is approval
        assert session.heard == ["g"]


async def test_a_diff_is_coloured_and_its_text_is_untouched(open_app: OpenApp) -> None:
    diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-[red]옛[/red]\n+새"
    session = ReplaySession([STARTED, ApprovalAsked(calls=(pending(preview=diff),))])
    async with open_app(session) as pilot:
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval))
        await pilot.pause()

        assert texts(pilot, ".call-preview") == [diff]


async def test_a_question_is_answered_by_an_option_or_in_own_words(open_app: OpenApp) -> None:
    asked = QuestionAsked(call_id="q1", question="몇 시로 할까요?", options=("3시", "4시"))
    session = ReplaySession([STARTED, asked], [asked], [asked], [DONE])
    async with open_app(session) as pilot:
        await pilot.press("g", "enter")
        for keys in (("down", "enter"), ("tab", "5", "enter"), ("escape",)):
            heard = len(session.heard)
            await until(pilot, lambda: isinstance(pilot.app.screen, Question) and pilot.app.focused is not None)
            await pilot.press(*keys)
            await until(pilot, lambda heard=heard: len(session.heard) > heard)
        await settled(pilot)

        assert session.heard == ["g", *(QuestionAnswered(text=text, asked=("q1",)) for text in ("4시", "5", NO_ANSWER))]


async def test_the_card_of_a_question_shows_the_answer(open_app: OpenApp) -> None:
    call = ToolCallProposed(
        call_id="q1", server="modu", tool="ask_user", title="되묻기", arguments={"question": "몇 시로 할까요?"}
    )
    asked = QuestionAsked(call_id="q1", question="몇 시로 할까요?")
    answered = ToolCallFinished(call_id="q1", status="done", summary="3시\n반", result="3시 반")
    session = ReplaySession([STARTED, call, asked], [answered, DONE])
    async with open_app(session) as pilot:
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Question) and pilot.app.focused is not None)
        await pilot.press("3", "시", "enter")
        await until(pilot, lambda: len(session.heard) == 2)
        await settled(pilot)

        assert session.heard == ["g", QuestionAnswered(text="3시", asked=("q1",))]
        assert texts(pilot, "FoldHead") == ["✓ 되묻기  몇 시로 할까요?  3시 반"]
        assert not chat(pilot).query(".question")


async def test_escape_stops_the_turn_and_gives_back_what_waited(open_app: OpenApp) -> None:
    session = ReplaySession([STARTED, TextDelta(text="음"), Gate()])
    async with open_app(session) as pilot:
        await pilot.press("a", "enter")
        await until(pilot, lambda: bool(pilot.app.screen.query(Answer)))
        await pilot.press("b", "enter")
        await until(pilot, lambda: texts(pilot, "#outbox") == ["다음에 보냄: b"])
        await pilot.press("escape")
        await settled(pilot)

        assert session.cancelled.is_set()
        assert session.heard == ["a"]
        assert chat(pilot).composer.text == "b"
        assert texts(pilot, ".divider") == ["멈췄습니다."]


async def test_what_is_sent_during_a_turn_follows_it(open_app: OpenApp) -> None:
    gate = Gate()
    session = ReplaySession([STARTED, gate, DONE], [STARTED, DONE])
    async with open_app(session) as pilot:
        await pilot.press("a", "enter", "b", "enter")
        gate.set()
        await settled(pilot)

        assert session.heard == ["a", "b"]


async def test_another_session_is_opened_and_redrawn(open_app: OpenApp) -> None:
    old = ReplaySession(id="old", history=[STARTED, TextDelta(text="옛 답"), Usage(input_tokens=7), DONE])
    assistant = ReplayAssistant(ReplaySession(), old, summaries=[summary("s1", "새 것"), summary("old", "[b]옛 대화")])
    async with open_app(assistant=assistant) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, Sessions) and pilot.app.focused is not None)
        await pilot.press("down", "enter")
        await until(pilot, lambda: bool(chat(pilot).query(Answer)))
        await settled(pilot)

        assert texts(pilot, ".user") == ["안녕"]
        assert chat(pilot).transcript.last_answer == "옛 답"
        assert texts(pilot, "#title") == ["[b]옛 대화"]
        assert texts(pilot, "#tokens") == ["토큰 7 + 0"]


async def test_a_session_that_is_shown_from_its_middle_says_so(open_app: OpenApp) -> None:
    later = TurnStarted(session="s1", turn=51, text="쉰한 번째")
    session = ReplaySession(history=[later, TurnFinished(turn=51, stop_reason="done", text="네")])
    async with open_app(session, session_id="s1") as pilot:
        assert texts(pilot, ".older") == ["앞의 대화는 화면에서 줄였습니다. 기록에는 그대로 있습니다."]
        assert chat(pilot).transcript.last_answer == "네"


async def test_a_parked_approval_is_asked_again_when_its_session_opens(open_app: OpenApp) -> None:
    session = ReplaySession([DONE], history=ASKING)
    async with open_app(assistant=ReplayAssistant(session), session_id="s1") as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, Approval) and pilot.app.screen.armed)
        await pilot.press("y")
        await settled(pilot)

        assert session.heard == [ApprovalAnswered(approved=("c1",), asked=("c1",))]


async def test_an_interrupted_turn_goes_on_when_told(open_app: OpenApp) -> None:
    session = ReplaySession([DONE], history=[STARTED, proposed()])
    async with open_app(assistant=ReplayAssistant(session), session_id="s1") as pilot:
        await until(pilot, lambda: bool(texts(pilot, ".notice")))
        told = texts(pilot, ".notice")
        await pilot.press(*"/continue", "enter")
        await until(pilot, lambda: bool(session.heard))
        await settled(pilot)

        assert "/계속" in told[0]
        assert session.heard == [TurnContinued()]


async def test_markup_and_escapes_in_events_are_only_text(open_app: OpenApp) -> None:
    evil = "[bold red]굵게[/] \x1b[2J\u202e끝"
    shown = "[bold red]굵게[/] [2J끝"
    session = ReplaySession(
        [
            TurnStarted(session="s1", turn=1, text=evil),
            proposed().model_copy(update={"title": evil, "arguments": {}}),
            ToolCallFinished(call_id="c1", status="done", summary=evil),
            Notice(text=evil),
            TextDelta(text=f"{evil} <b>html</b>"),
            DONE,
        ]
    )
    async with open_app(session) as pilot:
        await pilot.press("a", "enter")
        await settled(pilot)

        assert texts(pilot, ".user") + texts(pilot, ".notice") == [shown, shown]
        assert texts(pilot, "FoldHead") == [f"✓ {shown}"]
        assert chat(pilot).transcript.last_answer == f"{shown} <b>html</b>"
        assert texts(pilot, "Answer MarkdownBlock") == [f"{shown} <b>html</b>"]


async def test_a_long_session_keeps_only_its_end_mounted(open_app: OpenApp) -> None:
    stream = [STARTED, *(Notice(text=str(number)) for number in range(MOST_BLOCKS + 30)), DONE]
    async with open_app(ReplaySession(stream)) as pilot:
        await pilot.press("a", "enter")
        await settled(pilot)

        blocks = chat(pilot).transcript.children
        first, last = blocks[0], blocks[-1]
        assert len(blocks) <= MOST_BLOCKS
        assert isinstance(first, Static)
        assert isinstance(last, Static)
        assert "화면에서 줄였습니다" in str(first.visual)
        assert str(last.visual) == str(MOST_BLOCKS + 29)


async def test_a_call_whose_card_is_gone_does_no_harm(open_app: OpenApp) -> None:
    async with open_app(ReplaySession([STARTED, ToolCallStarted(call_id="gone"), DONE])) as pilot:
        await pilot.press("a", "enter")
        await settled(pilot)

        assert not pilot.app.screen.query(ToolCard)
