"""Reminders on the agent's side: claimed, told by every way that reaches the user, settled; once among processes."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.cli.writers import TextWriter
from agent.errors import SettingsError, ToolFailed
from agent.events import EVENT, Reminder
from agent.reminders import desktop, sms, watch
from agent.reminders.due import Due
from agent.reminders.watch import Watch
from agent.settings import Settings, load
from agent.settings.values import ReminderWays, SmsRule
from agent.tools.results import Output
from tests.conftest import NOW, MakeSettings

AT = datetime.fromisoformat(NOW)
REVIEW = {
    "key": "ev_a/1",
    "title": "디자인 리뷰",
    "when": "11월 22일 오전 9시 10분",
    "location": "회의실 A",
    "text": "곧 리뷰",
}
PHONE = "010-1234-5678"


class Server:
    """A tool server with reminders, as any number of hubs reach it, and a telephone that sends once a key."""

    def __init__(self, *items: dict[str, Any], next_at: datetime | None = None) -> None:
        self.items = list(items)
        self.next_at = next_at
        self.claimed: set[str] = set()
        self.settled: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        self.sent: dict[str, dict[str, Any]] = {}
        self.faults: list[ToolFailed] = []
        """Raised by the next calls, one each."""
        self.catalog = SimpleNamespace(serving=lambda _tool: ["calendar"], get=lambda name: name)

    async def ask(self, server: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        if self.faults:
            raise self.faults.pop(0)
        key = arguments.get("key", "")
        match tool:
            case "due_reminders":
                self.asked.append(arguments)
                left = [one for one in self.items if one["key"] not in self.claimed | self.settled]
                return {"items": left, "next_at": self.next_at and self.next_at.isoformat()}
            case "claim_reminder":
                free = key not in self.claimed
                self.claimed.add(key)
                return {"claimed": free}
            case _:
                assert (server, tool) == ("calendar", "settle_reminder")
                self.settled.add(key)
                return {"settled": True}

    async def call(self, tool: str, arguments: dict[str, Any], key: str, on_progress: object) -> Output:
        assert tool == "phone_send_message"
        if self.faults:
            raise self.faults.pop(0)
        if self.sent.setdefault(key, arguments) != arguments:
            return Output(text="다른 내용", summary="", failed=True, code="conflict")
        return Output(text="보냈습니다", summary="")


class Faces:
    """Whoever reads in one process."""

    def __init__(self, *, present: bool = True, env: Mapping[str, str] | None = None) -> None:
        self.present = present
        self.heard: list[str] = []
        self._env = env or {}

    def tell(self, reminder: Reminder) -> None:
        self.heard.append(reminder.text)

    def environments(self) -> Iterable[Mapping[str, str]]:
        yield self._env


def watching(server: Server, faces: Faces, settings: Settings) -> Watch:
    async def hub(_settings: Settings) -> Any:
        return server

    return Watch(lambda: settings, hub, faces)


@asynccontextmanager
async def running(one: Watch) -> AsyncIterator[Watch]:
    one.start()
    try:
        yield one
    finally:
        await one.close()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.fixture
def desk(tmp_path: Path) -> Callable[[], list[list[str]]]:
    """A desktop whose notifications can be read: each as its arguments."""
    program = tmp_path / "bin" / "notify-send"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nfor one in "$@"; do printf "%s\\n" "$one"; done >> {tmp_path}/shown\necho . >> {tmp_path}/shown\n'
    )
    program.chmod(0o755)

    def shown() -> list[list[str]]:
        file = tmp_path / "shown"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        return [part.splitlines() for part in text.split(".\n")[:-1]]

    return shown


def screen(tmp_path: Path) -> dict[str, str]:
    return {"DISPLAY": ":0", "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}


async def test_a_reminder_is_told_by_one_of_two_processes(make_settings: MakeSettings) -> None:
    server, faces = Server(REVIEW), [Faces(), Faces()]
    both = [watching(server, one, make_settings()) for one in faces]

    await asyncio.gather(*(one.round() for one in both))
    await asyncio.gather(*(one.round() for one in both))

    assert faces[0].heard + faces[1].heard == ["곧 리뷰"]
    assert server.settled == {"ev_a/1"}


async def test_it_is_not_claimed_while_nobody_can_be_told_and_told_when_somebody_comes(
    make_settings: MakeSettings,
) -> None:
    server, faces = Server(REVIEW), Faces(present=False)
    async with running(watching(server, faces, make_settings())):
        await until(lambda: server.asked)
        unclaimed = set(server.claimed)
        faces.present = True
        await until(lambda: server.settled)

    assert (unclaimed, faces.heard) == (set(), ["곧 리뷰"])


async def test_the_next_reminder_holds_the_process_and_so_does_not_knowing(make_settings: MakeSettings) -> None:
    server = Server(next_at=AT + timedelta(days=6))
    one = watching(server, Faces(), make_settings())
    before = one.holds
    async with running(one):
        unknown = one.holds
        await until(lambda: one.next_at)
        waits = one.holds
        server.next_at = None
        await one.round()

        assert (before, unknown, waits, one.holds) == (False, True, True, False)
    asked = datetime.fromisoformat(server.asked[0]["until"])
    assert asked == AT + watch.HORIZON


async def test_the_next_look_is_when_the_next_is_due_but_soon_enough_for_what_is_new(
    make_settings: MakeSettings,
) -> None:
    server = Server(next_at=AT + timedelta(seconds=10))
    one = watching(server, Faces(), make_settings())

    soon, _ = await one.round()
    server.next_at = AT + timedelta(days=1)
    far, _ = await one.round()

    assert (soon, far) == (10.0, 30.0)


async def test_a_server_that_fails_is_asked_again(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_GLANCE", 0.01)
    server, faces = Server(REVIEW), Faces()
    server.faults = [ToolFailed("쓸 수 없습니다", code="unavailable")] * 3
    async with running(watching(server, faces, make_settings())):
        await until(lambda: server.settled)

    assert faces.heard == ["곧 리뷰"]


async def test_an_answer_of_another_form_is_a_fault_and_no_crash(make_settings: MakeSettings) -> None:
    server = Server({"key": "ev_a/1"})

    with pytest.raises(ToolFailed, match="알림을 읽을 수 없습니다"):
        await watching(server, Faces(), make_settings()).round()


async def test_what_is_being_told_when_the_process_ends_is_told_to_its_end(make_settings: MakeSettings) -> None:
    class Slow(Server):
        async def ask(self, server: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
            if tool == "settle_reminder":
                claimed.set()
                await asyncio.sleep(0.05)
            return await super().ask(server, tool, arguments)

    server, claimed = Slow(REVIEW), asyncio.Event()
    async with running(watching(server, Faces(), make_settings())):
        await claimed.wait()

    assert server.settled == {"ev_a/1"}


async def test_the_desktop_shows_it_and_nothing_in_it_is_obeyed(
    make_settings: MakeSettings, tmp_path: Path, desk: Callable[[], list[list[str]]]
) -> None:
    title = "--urgency=critical $(touch owned); `id`"
    server = Server(REVIEW | {"title": title, "text": "<a href='x'>리뷰</a>\x1b[2J"})

    await watching(server, Faces(present=False, env=screen(tmp_path)), make_settings()).round()

    assert desk() == [["--app-name=모두", "--", title, "&lt;a href='x'&gt;리뷰&lt;/a&gt;[2J"]]
    assert server.settled == {"ev_a/1"}


async def test_what_is_switched_off_is_not_used(
    make_settings: MakeSettings, tmp_path: Path, desk: Callable[[], list[list[str]]]
) -> None:
    server, faces = Server(REVIEW), Faces(env=screen(tmp_path))
    ways = ReminderWays(desktop=False, terminal=False, default=5)

    await watching(server, faces, make_settings(reminders=ways)).round()

    assert (faces.heard, desk(), server.claimed) == ([], [], set())
    assert server.asked[0]["default"] == 5


def test_without_a_display_or_a_program_there_is_no_notification(tmp_path: Path) -> None:
    words = [desktop.command("제목", "글", env, "linux") for env in ({}, {"DISPLAY": ":0", "PATH": str(tmp_path)})]

    assert words == [(), ()]


@pytest.mark.parametrize(("platform", "program"), [("darwin", "osascript"), ("win32", "powershell.exe")])
def test_on_other_systems_the_words_are_arguments_or_variables_and_no_code(
    tmp_path: Path, platform: str, program: str
) -> None:
    (tmp_path / program).touch(mode=0o755)
    title = '" & do shell script "id'

    words = desktop.command(title, "글", {"PATH": str(tmp_path)}, platform)

    assert words[0] == str(tmp_path / program)
    assert [one for one in words if title in one] == ([title] if platform == "darwin" else [])


async def test_a_text_message_goes_to_whom_a_rule_names_once(make_settings: MakeSettings) -> None:
    rules = (SmsRule(to=PHONE, match="*리뷰*"), SmsRule(to="010-9999-9999", match="*발표*"))
    settings = make_settings(reminders=ReminderWays(sms=rules))
    server = Server(REVIEW)

    await watching(server, Faces(present=False), settings).round()
    server.claimed.clear()
    server.settled.clear()
    await watching(server, Faces(present=False), settings).round()

    assert list(server.sent.values()) == [
        {"to": PHONE, "text": "[알림] 디자인 리뷰 11월 22일 오전 9시 10분 회의실 A"},
    ]


async def test_a_text_message_that_failed_is_sent_again_under_the_same_key(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "_PAUSES", (0, 0, 0))
    server = Server()
    server.faults = [ToolFailed("끊겼습니다", code="lost")] * 2
    due = Due.model_validate(REVIEW)

    sent = await sms.send(server, due, PHONE, make_settings())  # type: ignore[arg-type]
    server.faults = [ToolFailed("끊겼습니다", code="lost")] * 3
    failed = await sms.send(server, due.model_copy(update={"key": "other"}), PHONE, make_settings())  # type: ignore[arg-type]

    assert (sent, failed) == ("", "끊겼습니다")
    assert len(server.sent) == 1


async def test_what_was_changed_after_its_message_was_sent_is_not_sent_again(make_settings: MakeSettings) -> None:
    server, due = Server(), Due.model_validate(REVIEW)

    said = [
        await sms.send(server, one, PHONE, make_settings())  # type: ignore[arg-type]
        for one in (due, due.model_copy(update={"title": "바뀐 리뷰"}))
    ]

    assert said == ["", ""]
    assert len(server.sent) == 1


async def test_a_rule_of_the_user_that_forbids_messages_is_stronger(make_settings: MakeSettings) -> None:
    settings = make_settings(reminders=ReminderWays(sms=(SmsRule(to=PHONE),)), deny=("phone_send_message",))
    server, faces = Server(REVIEW), Faces()

    await watching(server, faces, settings).round()

    assert server.sent == {}
    assert faces.heard[0] == "곧 리뷰"
    assert "금지 규칙" in faces.heard[1]


@pytest.mark.parametrize("to", ["김민수", "010-1234-5678; 011", "", "*"])
def test_a_rule_names_a_number_and_nobody(tmp_path: Path, to: str) -> None:
    (tmp_path / "config.toml").write_text(f'[reminders]\nsms = [{{ to = "{to}" }}]\n', encoding="utf-8")

    with pytest.raises(SettingsError, match="전화번호가 아닙니다"):
        load({}, {"MODU_HOME": str(tmp_path)})


def test_the_file_says_how_reminders_come(tmp_path: Path) -> None:
    written = f'[reminders]\ndesktop = false\ndefault = 10\nsms = [{{ to = "{PHONE}", match = "*발표*" }}]\n'
    (tmp_path / "config.toml").write_text(written, encoding="utf-8")

    found = load({}, {"MODU_HOME": str(tmp_path)}).reminders

    assert (found.desktop, found.terminal, found.default) == (False, True, 10)
    assert found.sms == (SmsRule(to=PHONE, match="*발표*"),)


def test_a_project_that_nobody_trusts_sends_no_messages(tmp_path: Path) -> None:
    (tmp_path / "work" / ".modu").mkdir(parents=True)
    (tmp_path / "work" / ".modu" / "config.toml").write_text(f'[reminders]\nsms = [{{ to = "{PHONE}" }}]\n', "utf-8")

    found = load({"workspace": str(tmp_path / "work")}, {"MODU_HOME": str(tmp_path / "home")})

    assert (found.reminders.sms, found.ignored) == ((), ("reminders",))


def test_the_event_is_json_both_ways() -> None:
    event = Reminder(key="ev_a/1", text="곧 리뷰")

    assert EVENT.validate_json(event.model_dump_json()) == event
    assert event.model_dump() == {"type": "reminder", "key": "ev_a/1", "text": "곧 리뷰"}


def test_a_command_line_says_it_beside_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    TextWriter().show({"type": "reminder", "key": "ev_a/1", "text": "곧 리뷰\x1b[2J"})

    assert capsys.readouterr() == ("", "[알림] 곧 리뷰[2J\n")
