"""Writing: Korean input, new lines, what was sent before, slash commands."""

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Paste
from textual.geometry import Offset
from textual.pilot import Pilot
from wcwidth import wcswidth

from agent.events import Event, TextDelta, TurnFinished, TurnStarted
from tests.tui.conftest import OpenApp, chat, settled, texts, until
from tests.tui.replay import ReplayAssistant, ReplaySession
from tui.screens.chat import Chat
from tui.screens.help import Help
from tui.terminal_keys import learn_alt_enter
from tui.widgets.welcome import EXAMPLES, Example

TURN: list[Event] = [TurnStarted(session="s1", turn=1, text="x"), TurnFinished(turn=1, stop_reason="done")]


def cell_after(pilot: Pilot[None], last_line: str) -> Offset:
    """The cell right after the last line of the composer, by an independent width table."""
    box = chat(pilot).composer.content_region
    return Offset(box.x + wcswidth(last_line), box.bottom - 1)


@pytest.mark.parametrize("text", ["한글", "회의 3시 A", "ㅋㅋ", "글" * 16])
async def test_the_terminal_cursor_is_right_after_the_typed_text(open_app: OpenApp, text: str) -> None:
    async with open_app(ReplaySession(), size=(30, 20)) as pilot:
        await pilot.press(*("space" if letter == " " else letter for letter in text))
        await pilot.pause()

        composer = chat(pilot).composer
        last_line = composer.wrapped_document.lines[-1][-1]
        assert composer.text == text
        assert pilot.app.cursor_position == cell_after(pilot, last_line)


async def test_the_cursor_follows_when_the_composer_moves(open_app: OpenApp) -> None:
    async with open_app(ReplaySession()) as pilot:
        await pilot.press("한", "글", "ctrl+j", "둘")
        await pilot.resize_terminal(70, 20)
        await until(pilot, lambda: chat(pilot).size == (70, 20))
        await pilot.pause()

        assert pilot.app.cursor_position == cell_after(pilot, "둘")


async def test_the_cursor_is_back_at_the_caret_after_a_dialog(open_app: OpenApp) -> None:
    async with open_app(ReplaySession()) as pilot:
        await pilot.press("한", "f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))
        pilot.app.cursor_position = Offset(0, 0)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, Chat))
        await pilot.pause()

        assert pilot.app.cursor_position == cell_after(pilot, "한")
        assert pilot.app.focused is chat(pilot).composer


@pytest.mark.parametrize("key", ["shift+enter", "ctrl+j", "alt+enter"])
async def test_a_new_line_does_not_send(open_app: OpenApp, key: str) -> None:
    session = ReplaySession(TURN)
    async with open_app(session) as pilot:
        await pilot.press("가", key, "나")
        height = chat(pilot).composer.content_size.height
        await pilot.press("enter")
        await settled(pilot)

        assert height == 2
        assert session.heard == ["가\n나"]


async def test_the_composer_grows_to_eight_lines(open_app: OpenApp) -> None:
    async with open_app(ReplaySession()) as pilot:
        await pilot.press(*["ctrl+j"] * 12)
        await pilot.pause()

        assert chat(pilot).composer.content_size.height == 8


def test_alt_enter_of_a_plain_terminal_is_a_new_line() -> None:
    learn_alt_enter()

    assert [getattr(event, "key", "") for event in XTermParser().feed("\x1b\r")] == ["ctrl+j"]


async def test_up_and_down_bring_back_what_was_sent_and_the_draft(open_app: OpenApp) -> None:
    async with open_app(ReplaySession(TURN, TURN)) as pilot:
        composer = chat(pilot).composer
        for text in ("하나", "둘"):
            await pilot.press(*text, "enter")
            await settled(pilot)
        await pilot.press("초", "up")
        seen = [composer.text]
        for key in ("up", "up", "down", "down", "down"):
            await pilot.press(key)
            seen.append(composer.text)

        assert seen == ["둘", "하나", "하나", "둘", "초", "초"]


async def test_a_paste_keeps_its_lines_and_is_composed(open_app: OpenApp) -> None:
    async with open_app(ReplaySession()) as pilot:
        composer = chat(pilot).composer
        pilot.app.post_message(Paste("\u1112\u1161\u11ab\u1100\u1173\u11af\r\n\x1b[31m둘째"))
        await until(pilot, lambda: bool(composer.text))

        assert composer.text == "한글\n[31m둘째"


async def test_slash_commands_are_hinted_completed_and_run(open_app: OpenApp) -> None:
    assistant = ReplayAssistant(ReplaySession(id="a"), ReplaySession(id="b"))
    async with open_app(assistant=assistant) as pilot:
        first = chat(pilot).session
        await pilot.press("/", "새")
        await until(pilot, lambda: texts(pilot, "#hint") == ["/새대화  새 대화를 시작합니다   (Tab 완성)"])
        await pilot.press("tab")
        completed = chat(pilot).composer.text
        await pilot.press("enter")
        await until(pilot, lambda: chat(pilot).session is not first)
        await settled(pilot)

        assert completed == "/새대화"
        assert chat(pilot).composer.text == ""
        assert texts(pilot, "#hint") == [""]


async def test_an_unknown_command_is_not_sent_but_a_path_is(open_app: OpenApp) -> None:
    session = ReplaySession(TURN)
    async with open_app(session) as pilot:
        await pilot.press(*"/nope", "enter")
        await until(pilot, lambda: "명령은 없습니다" in texts(pilot, "#hint")[0])
        kept = chat(pilot).composer.text
        chat(pilot).composer.text = "/etc/hosts 읽어줘"
        await pilot.press("enter")
        await settled(pilot)

        assert kept == "/nope"
        assert session.heard == ["/etc/hosts 읽어줘"]


async def test_help_and_theme_have_commands(open_app: OpenApp) -> None:
    async with open_app(ReplaySession()) as pilot:
        await pilot.press(*"/테마", "enter")
        await until(pilot, lambda: pilot.app.theme == "modu-light")
        await pilot.press(*"/help", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Help))


async def test_the_last_answer_can_be_copied(open_app: OpenApp) -> None:
    async with open_app(ReplaySession([TURN[0], TextDelta(text="**답**"), TURN[1]])) as pilot:
        await pilot.press("a", "enter")
        await settled(pilot)
        await pilot.press(*"/copy", "enter")
        await until(pilot, lambda: pilot.app.clipboard == "**답**")


async def test_an_example_goes_into_the_composer(open_app: OpenApp) -> None:
    async with open_app(ReplaySession()) as pilot:
        await pilot.click(Example)
        await until(pilot, lambda: chat(pilot).composer.text == EXAMPLES[0])

        assert pilot.app.focused is chat(pilot).composer


@pytest.mark.parametrize("keys", [("ctrl+d",), ("ctrl+c", "ctrl+c"), ("/", "끝", "enter")])
async def test_leaving(open_app: OpenApp, keys: tuple[str, ...]) -> None:
    assistant = ReplayAssistant(ReplaySession())
    async with open_app(assistant=assistant) as pilot:
        await pilot.press(*keys)
        await until(pilot, lambda: not pilot.app.is_running or pilot.app._exit)

    assert pilot.app.return_code == 0
    assert assistant.closed


async def test_ctrl_d_and_a_single_ctrl_c_do_not_leave_a_written_text(open_app: OpenApp) -> None:
    async with open_app(ReplaySession()) as pilot:
        await pilot.press("가", "나", "home", "ctrl+d", "ctrl+c")

        assert chat(pilot).composer.text == "나"
        assert pilot.app.is_running
