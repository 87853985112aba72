"""The model as the screen shows it: a reply that comes again, thinking, the window, the server, what stays private."""

import pytest

from agent.contract import AS_USUAL, ContextPart, ContextUse, EngineStatus, RequestOptions
from agent.errors import ModelUnavailable, StorageError
from agent.events import (
    Event,
    ReasoningDelta,
    ReplyRestarted,
    TextDelta,
    ToolCallFinished,
    ToolCallProposed,
    TurnFinished,
    TurnStarted,
)
from tests.tui.conftest import OpenApp, chat, settled, texts, until
from tests.tui.replay import Gate, ReplayAssistant, ReplaySession
from tui.columns import padded
from tui.screens.chat import Chat
from tui.screens.context import Context
from tui.widgets.bar import bar
from tui.widgets.markdown import Answer
from tui.widgets.reasoning import Reasoning

STARTED = TurnStarted(session="s1", turn=1, text="안녕")
DONE = TurnFinished(turn=1, stop_reason="done")
TURN: list[Event] = [STARTED, DONE]
GONE = ModelUnavailable("모델 서버가 응답하지 않습니다.", hint="modu doctor 로 확인하세요.")


async def test_a_reply_that_comes_again_replaces_what_had_come(open_app: OpenApp) -> None:
    gate, broken = Gate(), [ReasoningDelta(text="음"), TextDelta(text="반쪽 답")]
    session = ReplaySession(
        [
            STARTED,
            TextDelta(text="찾아 보겠습니다."),
            ToolCallProposed(call_id="c1", server="search", tool="find", title="찾기", arguments={}),
            ToolCallFinished(call_id="c1", status="done", summary="1건"),
            *broken,
            ReplyRestarted(),
            *broken,
            ReplyRestarted(),
            gate,
            ReasoningDelta(text="다시"),
            TextDelta(text="온전한 답"),
            TurnFinished(turn=1, stop_reason="done", text="온전한 답"),
        ]
    )
    async with open_app(session) as pilot:
        await pilot.press("a", "enter")
        await until(pilot, lambda: texts(pilot, "#activity")[0].startswith("다시 받는 중"))
        await pilot.pause()
        waiting = [answer.source for answer in pilot.app.screen.query(Answer)], texts(pilot, ".again")
        gate.set()
        await settled(pilot)

        assert waiting == (["찾아 보겠습니다."], ["연결이 끊겨 다시 받는 중"])
        assert [answer.source for answer in pilot.app.screen.query(Answer)] == ["찾아 보겠습니다.", "온전한 답"]
        assert [str(each.body()) for each in pilot.app.screen.query(Reasoning)] == ["다시"]
        assert texts(pilot, ".again") == ["연결이 끊겨 다시 받은 답"]


async def test_a_void_text_does_not_hide_that_the_end_carries_it(open_app: OpenApp) -> None:
    finished = TurnFinished(turn=1, stop_reason="done", text="답")
    async with open_app(ReplaySession([STARTED, TextDelta(text="답"), ReplyRestarted(), finished])) as pilot:
        await pilot.press("a", "enter")
        await settled(pilot)

        assert [answer.source for answer in pilot.app.screen.query(Answer)] == ["답"]


async def test_thinking_can_be_ended_while_it_goes_on(open_app: OpenApp) -> None:
    thinking, answering = Gate(), Gate()
    session = ReplaySession([STARTED, ReasoningDelta(text="음"), thinking, TextDelta(text="네"), answering, DONE])
    async with open_app(session) as pilot:
        offered = pilot.app.screen.query_one("#answer-now")
        before = offered.display
        await pilot.press("ctrl+s", "a", "enter")
        await until(pilot, lambda: offered.display)
        await pilot.press("ctrl+s", "ctrl+s")
        thinking.set()
        await until(pilot, lambda: bool(pilot.app.screen.query(Answer)))
        await pilot.press("ctrl+s")
        answering.set()
        await settled(pilot)

        assert not before
        assert session.hurried == 1
        assert not offered.display


async def test_the_share_of_the_window_is_measured_after_a_turn_and_not_before(open_app: OpenApp) -> None:
    async with open_app(ReplaySession(TURN, TURN)) as pilot:
        before = texts(pilot, "#context")
        await pilot.press("a", "enter")
        await until(pilot, lambda: texts(pilot, "#context") != [""])

        assert before == [""]
        assert texts(pilot, "#context") == ["문맥 12%"]


async def test_a_share_that_cannot_be_measured_is_not_shown(open_app: OpenApp) -> None:
    session = ReplaySession(TURN, TURN)
    async with open_app(session) as pilot:
        await pilot.press("a", "enter")
        await until(pilot, lambda: texts(pilot, "#context") != [""])
        session.use = GONE
        await pilot.press("b", "enter")
        await until(pilot, lambda: texts(pilot, "#context") == [""])

        assert texts(pilot, ".notice") == []


async def test_the_context_is_shown_part_by_part(open_app: OpenApp) -> None:
    session = ReplaySession()
    session.use = ContextUse(
        window=131_072,
        used=65_536,
        exact=False,
        parts=(ContextPart(name="시스템 지시문", tokens=32_768), ContextPart(name="어림 오차", tokens=-100)),
    )
    async with open_app(session) as pilot:
        await pilot.press(*"/문맥", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Context))
        await pilot.pause()
        whole, rows = texts(pilot, "#whole")[0], texts(pilot, "#parts")[0].splitlines()
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, Chat))

        assert [line.strip() for line in whole.splitlines()] == ["50%", "65,536 / 131,072 토큰  어림값"]
        assert [row.rstrip() for row in rows] == [
            "시스템 지시문      32,768   50%",
            "어림 오차            -100    0%",
        ]
        assert pilot.app.focused is chat(pilot).composer


def test_a_bar_never_overflows_and_never_hides_a_little() -> None:
    filled = [sum(span.end - span.start for span in bar(share, 10).spans[:1]) for share in (0.001, 0.5, 3)]

    assert filled == [1, 5, 10]
    assert {len(bar(share, 10).plain) for share in (-1, 0, 0.001, 0.5, 1, 3)} == {10}
    assert (padded("한글", 8), padded("넘치는 글", 4)) == ("한글    ", "넘치는 글  ")


BUSY = EngineStatus(
    engine="vllm",
    version="0.30.1",
    model="A.X-4.1\x1b[2J",
    url="http://127.0.0.1:8000/v1",
    context_tokens=131_072,
    kv_usage=0.34,
    prefix_queries=10_000,
    prefix_hits=7_800,
    running=2,
    waiting=0,
)
NEW = EngineStatus(engine="other", model="m", url="", context_tokens=4_096, prefix_queries=0, prefix_hits=0)


@pytest.mark.parametrize(
    ("status", "figures"),
    [
        (
            NEW,
            {
                "엔진": "other",
                "버전": "알 수 없음",
                "모델": "m",
                "주소": "없음",
                "문맥 창": "4,096 토큰",
                "KV 캐시": "알 수 없음",
                "앞부분 재사용": "아직 없음",
                "요청": "알 수 없음",
            },
        ),
        (
            BUSY,
            {
                "엔진": "vLLM",
                "버전": "0.30.1",
                "모델": "A.X-4.1[2J",
                "주소": "http://127.0.0.1:8000/v1",
                "문맥 창": "131,072 토큰",
                "KV 캐시": "34%",
                "앞부분 재사용": "78% (7,800 / 10,000 토큰)",
                "요청": "처리 중 2개, 대기 0개",
            },
        ),
    ],
)
async def test_the_model_server_tells_what_it_knows(
    open_app: OpenApp, status: EngineStatus, figures: dict[str, str]
) -> None:
    async with open_app(assistant=ReplayAssistant(ReplaySession(), engines=[status])) as pilot:
        await pilot.press(*"/모델", "enter")
        await until(pilot, lambda: any(texts(pilot, "#figures")))
        rows = [line.split("  ", 1) for line in texts(pilot, "#figures")[0].splitlines()]
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, Chat))

        assert {label: figure.strip() for label, figure in rows} == figures


async def test_the_model_server_is_asked_again_while_one_looks(open_app: OpenApp) -> None:
    async with open_app(assistant=ReplayAssistant(ReplaySession(), engines=[NEW, GONE, NEW, BUSY])) as pilot:
        await pilot.press(*"/engine", "enter")
        await until(pilot, lambda: any("vLLM" in shown for shown in texts(pilot, "#figures")))

        assert texts(pilot, "#fault") == [""]


async def test_a_server_that_stops_answering_is_said_below_its_last_figures(open_app: OpenApp) -> None:
    async with open_app(assistant=ReplayAssistant(ReplaySession(), engines=[BUSY, GONE])) as pilot:
        await pilot.press(*"/모델", "enter")
        await until(pilot, lambda: any(texts(pilot, "#fault")))

        assert texts(pilot, "#fault") == ["지금은 답이 없습니다: 모델 서버가 응답하지 않습니다."]
        assert "vLLM" in texts(pilot, "#figures")[0]


async def test_what_cannot_be_told_or_kept_is_said_in_the_conversation(open_app: OpenApp) -> None:
    session = ReplaySession()
    session.use = GONE
    session.refuses = StorageError("저장할 수 없습니다.", hint="남은 공간을 확인하세요.")
    async with open_app(assistant=ReplayAssistant(session, engines=[GONE])) as pilot:
        for number, command in enumerate(("/context", "/engine", "/pin 글"), 1):
            chat(pilot).composer.text = command
            await pilot.press("enter")
            await until(pilot, lambda number=number: len(texts(pilot, ".notice")) == number)

        gone = "모델 서버가 응답하지 않습니다. modu doctor 로 확인하세요."
        assert texts(pilot, ".notice") == [gone, gone, "저장할 수 없습니다. 남은 공간을 확인하세요."]


async def test_a_pinned_fact_is_confirmed_without_breaking_into_the_answer(open_app: OpenApp) -> None:
    gate = Gate()
    session = ReplaySession([STARTED, TextDelta(text="앞"), gate, TextDelta(text="뒤"), DONE])
    async with open_app(session) as pilot:
        await pilot.press("a", "enter")
        await until(pilot, lambda: bool(pilot.app.screen.query(Answer)))
        chat(pilot).composer.text = "/고정 회의는 '늘'\n30분"
        await pilot.press("enter")
        await until(pilot, lambda: bool(texts(pilot, ".notice")))
        gate.set()
        await settled(pilot)

        assert session.pinned == ["회의는 '늘'\n30분"]
        assert texts(pilot, ".notice") == ["고정했습니다: 회의는 '늘'\n30분"]
        assert [answer.source for answer in pilot.app.screen.query(Answer)] == ["앞뒤"]


async def test_a_command_that_lacks_its_argument_says_how_and_is_kept(open_app: OpenApp) -> None:
    session = ReplaySession()
    async with open_app(session) as pilot:
        await pilot.press("/", "고", "tab")
        completed = chat(pilot).composer.text
        await pilot.press("enter")
        await until(pilot, lambda: texts(pilot, "#hint") == ["이렇게 적어 주세요: /고정 글"])

        assert completed == chat(pilot).composer.text == "/고정 "
        assert session.heard == session.pinned == []


@pytest.mark.parametrize(
    ("command", "shown", "options"),
    [
        ("/생각 on", "생각 켬", RequestOptions(thinking="on")),
        ("/think OFF", "생각 끔", RequestOptions(thinking="off")),
        ("/생각 2000", "생각 2000", RequestOptions(thinking=2000)),
        ("/비공개", "비공개", RequestOptions(private=True)),
    ],
)
async def test_a_wish_holds_for_the_requests_that_follow(
    open_app: OpenApp, command: str, shown: str, options: RequestOptions
) -> None:
    session = ReplaySession(TURN, TURN, TURN)
    undo = "/비공개" if options.private else "/생각 기본"
    async with open_app(session) as pilot:
        for text, said in (("a", ""), (command, shown), ("b", shown), (undo, ""), ("c", "")):
            chat(pilot).composer.text = text
            await pilot.press("enter")
            await until(pilot, lambda said=said: texts(pilot, "#wishes") == [said])
            await settled(pilot)

    assert session.heard == ["a", "b", "c"]
    assert session.options == [AS_USUAL, options, AS_USUAL]


async def test_a_text_that_waits_keeps_the_wish_it_was_sent_with(open_app: OpenApp) -> None:
    gate = Gate()
    session = ReplaySession([STARTED, gate, DONE], TURN)
    async with open_app(session, options=RequestOptions(private=True, thinking=300)) as pilot:
        shown = texts(pilot, "#wishes")
        await pilot.press("a", "enter", "b", "enter")
        await until(pilot, lambda: texts(pilot, "#outbox") == ["다음에 보냄: b"])
        await pilot.press(*"/private", "enter")
        await until(pilot, lambda: texts(pilot, "#wishes") == ["생각 300"])
        gate.set()
        await settled(pilot)

        assert shown == ["비공개, 생각 300"]
        assert [options.private for options in session.options] == [True, True]


async def test_a_wish_that_makes_no_sense_changes_nothing(open_app: OpenApp) -> None:
    async with open_app(ReplaySession(), options=RequestOptions(thinking="off")) as pilot:
        for wrong in ("많이", "0", "-3", "1.5"):
            chat(pilot).composer.text = f"/생각 {wrong}"
            await pilot.press("enter")
            await until(pilot, lambda wrong=wrong: any(wrong in note.message for note in pilot.app._notifications))

        assert chat(pilot).options == RequestOptions(thinking="off")
        assert texts(pilot, "#wishes") == ["생각 끔"]


async def test_before_there_is_a_session_a_command_asks_for_patience(open_app: OpenApp) -> None:
    async def load() -> ReplayAssistant:
        raise GONE

    async with open_app(load=load) as pilot:
        await settled(pilot)
        for command in ("/문맥", "/고정 글"):
            chat(pilot).composer.text = command
            await pilot.press("enter")
            await until(pilot, lambda: any("준비하는 중" in note.message for note in pilot.app._notifications))
            pilot.app.clear_notifications()
