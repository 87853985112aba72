"""Starting: the first paint does not wait for the runtime, and a failure says what to do."""

import asyncio
import subprocess
import sys

from agent.contract import Assistant
from agent.errors import SettingsError
from agent.events import TurnFinished, TurnStarted
from tests.tui.conftest import OpenApp, chat, settled, texts, until
from tests.tui.replay import ReplayAssistant, ReplaySession
from tui.widgets.welcome import Welcome

TURN = [TurnStarted(session="s1", turn=1, text="x"), TurnFinished(turn=1, stop_reason="done")]


async def test_text_sent_before_the_assistant_is_ready_is_sent_after(open_app: OpenApp) -> None:
    session, ready = ReplaySession(TURN), asyncio.Event()

    async def load() -> Assistant:
        await ready.wait()
        return ReplayAssistant(session)

    async with open_app(load=load) as pilot:
        await pilot.press("안", "녕", "enter")
        await until(pilot, lambda: texts(pilot, "#outbox") == ["다음에 보냄: 안녕"])
        [activity], before = texts(pilot, "#activity"), list(session.heard)
        ready.set()
        await settled(pilot)

        assert activity.startswith("준비하는 중…")
        assert before == []
        assert session.heard == ["안녕"]
        assert texts(pilot, "#outbox") == [""]
        assert not pilot.app.screen.query(Welcome)


async def test_a_failure_to_start_says_what_to_do_and_the_next_text_tries_again(open_app: OpenApp) -> None:
    session = ReplaySession(TURN)
    outcomes: list[Assistant | SettingsError] = [
        SettingsError("설정 'mode' 값이 올바르지 않습니다.", hint="config.toml 을 고치세요."),
        ReplayAssistant(session),
    ]

    async def load() -> Assistant:
        match outcomes.pop(0):
            case SettingsError() as error:
                raise error
            case assistant:
                return assistant

    async with open_app(load=load) as pilot:
        await settled(pilot)
        shown = texts(pilot, "ErrorBlock Static")
        await pilot.press("a", "enter")
        await settled(pilot)

        assert shown == ["오류: 설정 'mode' 값이 올바르지 않습니다.", "해결: config.toml 을 고치세요."]
        assert session.heard == ["a"]


async def test_leaving_after_a_failed_start_tells_the_shell(open_app: OpenApp) -> None:
    async def load() -> Assistant:
        raise SettingsError("설정을 읽을 수 없습니다.")

    async with open_app(load=load) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: pilot.app._exit)

    assert pilot.app.return_code == SettingsError.exit_code


async def test_an_unknown_session_is_reported_with_its_hint(open_app: OpenApp) -> None:
    async with open_app(assistant=ReplayAssistant(ReplaySession()), session_id="nope") as pilot:
        assert texts(pilot, ".error-hint") == ["해결: modu sessions 로 목록을 보세요."]
        assert chat(pilot).session is None


def test_the_app_loads_no_runtime() -> None:
    code = (
        "import sys, tui.app; "
        "print(*sorted(m for m in sys.modules "
        "if m.partition('.')[0] in {'langgraph', 'mcp', 'openai', 'sqlalchemy', 'mcp_servers'} "
        "or m.startswith('agent.') and m not in {'agent.events', 'agent.contract', 'agent.errors'}))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.split() == []
