"""How the tests of the screen start the app and wait: for conditions, never for the clock."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from agent.contract import AS_USUAL, Assistant, RequestOptions
from tests.tui.replay import ReplayAssistant, ReplaySession
from tui.app import ModuApp
from tui.screens.approval import Approval
from tui.screens.chat import Chat
from tui.screens.engine import Engine

OpenApp = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Let the app work until something is so."""
    while not condition():
        await pilot.pause()


def chat(pilot: Pilot[None]) -> Chat:
    """The conversation, also below a dialog."""
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, Chat)
    return screen


async def settled(pilot: Pilot[None]) -> None:
    """Wait for the turn, then for the screen."""
    await until(pilot, lambda: not chat(pilot).busy)
    await pilot.pause()


def texts(pilot: Pilot[None], selector: str) -> list[str]:
    """What the statics of a selector show on the top screen."""
    return [str(widget.visual) for widget in pilot.app.screen.query(selector).results(Static)]


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> OpenApp:
    monkeypatch.setattr(Approval, "ARMED_AFTER", 0.001)
    monkeypatch.setattr(Engine, "REFRESH_EVERY", 0.1)
    monkeypatch.setattr(Chat, "LEFT_OPEN_AFTER", 0.05)
    monkeypatch.setattr(Chat, "OURS_ALONE_AFTER", 0.2)

    @asynccontextmanager
    async def opened(
        *sessions: ReplaySession,
        assistant: Assistant | None = None,
        load: Callable[[], Awaitable[Assistant]] | None = None,
        session_id: str | None = None,
        options: RequestOptions = AS_USUAL,
        size: tuple[int, int] = (100, 30),
    ) -> AsyncIterator[Pilot[None]]:
        ready = assistant or ReplayAssistant(*sessions)

        async def at_once() -> Assistant:
            return ready

        app = ModuApp(load or at_once, session_id, "확인 모드", options)
        async with app.run_test(size=size) as pilot:
            if load is None:
                await until(pilot, lambda: not chat(pilot).works_on("open"))
            yield pilot

    return opened
