"""A reminder in a window: heard, shown over the conversation, and still there afterwards."""

import pytest

from agent.events import Reminder, TextDelta, TurnFinished, TurnStarted
from tests.tui.conftest import OpenApp, chat, settled, texts, until
from tests.tui.replay import Gate, ReplaySession
from tui.app import ModuApp

DUE = Reminder(key="ev_a/1", text="디자인 리뷰 · 10분 뒤 시작 · [b]회의실[/b]")


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr(ModuApp, "bell", lambda _self: rung.append("bell"))
    return rung


async def test_a_reminder_between_turns_rings_and_stays(open_app: OpenApp, bells: list[str]) -> None:
    session = ReplaySession()
    session.passing = [DUE]
    async with open_app(session) as pilot:
        session.tell(DUE)
        await until(pilot, lambda: texts(pilot, ".notice") != [])
        toasts = [(one.title, one.message, one.markup) for one in pilot.app._notifications]

        assert texts(pilot, ".notice") == [f"알림: {DUE.text}"]
        assert toasts == [("알림", DUE.text, False)]
        assert bells == ["bell"]
        assert not chat(pilot).busy


async def test_a_reminder_in_a_turn_leaves_the_turn_alone(open_app: OpenApp, bells: list[str]) -> None:
    gate = Gate()
    began, ended = (
        TurnStarted(session="s1", turn=1, text="안녕"),
        TurnFinished(turn=1, stop_reason="done", text="하나 둘"),
    )
    session = ReplaySession([began, TextDelta(text="하나"), DUE, gate, TextDelta(text=" 둘"), ended])
    session.passing = [DUE]
    async with open_app(session) as pilot:
        await pilot.press("a", "enter")
        await until(pilot, lambda: texts(pilot, ".notice") != [])
        during = chat(pilot).course.running
        gate.set()
        await settled(pilot)

        assert during
        assert chat(pilot).transcript.last_answer == "하나 둘"
        assert bells == ["bell"]
