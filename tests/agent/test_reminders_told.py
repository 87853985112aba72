"""Reminders from the real calendar server to faces and desktops: one process of many tells, also after a kill."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.session.assistant import OwnAssistant
from agent.settings.values import ReminderWays, SmsRule
from agent.wire.link import Link
from mcp_servers.calendar.entities import Item
from mcp_servers.calendar.server import open_database
from mcp_servers.calendar.store import collections, items
from mcp_servers.common.settings import load
from tests.agent.test_host import Process
from tests.command_line import ROOT
from tests.conftest import NOW, Start

AT = datetime.fromisoformat(NOW)
TEXT = "디자인 리뷰 · 10분 뒤 시작 · 11월 22일 일요일 오전 9시 10분~10시 10분 · 회의실 A"
PROCESS = """
import asyncio
from agent.session.assistant import load as opened
from agent.settings import load

async def main():
    assistant = await opened(load({}))
    await assistant.reminders.round()
    await assistant.close()

asyncio.run(main())
"""


def put(home: Path, *, ring: datetime = AT) -> None:
    """An event of an hour that rings ten minutes before."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//KO", "BEGIN:VEVENT", "UID:a"]
    lines += ["DTSTAMP:20261101T000000Z", f"DTSTART:{ring + timedelta(minutes=10):%Y%m%dT%H%M%S}", "DURATION:PT1H"]
    lines += ["SUMMARY:디자인 리뷰", "LOCATION:회의실 A", "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT10M"]
    data = "".join(f"{line}\r\n" for line in [*lines, "END:VALARM", "END:VEVENT", "END:VCALENDAR"])

    async def written() -> None:
        database = open_database(load({"MODU_HOME": str(home), "MODU_NOW": NOW}))
        async with database.begin() as connection:
            place = (await collections.default(connection)).id
            new = Item(id="ev_a", collection=place, uid="a", kind="VEVENT", data=data, outside=False)
            await items.put(connection, new, AT - timedelta(days=1))
        await database.close()

    asyncio.run(written())


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """A desktop on which a script shows notifications; call it with more for the script to do."""
    shown = tmp_path / "shown"
    program = tmp_path / "bin" / "notify-send"
    program.parent.mkdir()
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    def read(more: str = "") -> list[str]:
        program.write_text(f'#!/bin/sh\necho "$3: $4" >> {shown}\n{more}\n', encoding="utf-8")
        program.chmod(0o755)
        return shown.read_text(encoding="utf-8").splitlines() if shown.exists() else []

    read()
    return read


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    monkeypatch.setenv("MODU_NOW", NOW)
    monkeypatch.delenv("DISPLAY", raising=False)
    running = Process(tmp_path / "home")
    yield running
    running.close()


def follow(process: Process, session: str | None = None) -> tuple[Link, str, Iterator[dict[str, Any]]]:
    greeting = {"modu": 1, "face": os.urandom(4).hex(), "cwd": "/", "options": {"model": "offline"}, "env": {}}
    link = Link(process.dial, greeting)
    session = session or link.call("assistant.open", session=None)["session"]
    lines = link.stream("session.follow", session=session)
    next(lines)
    return link, session, lines


def test_who_reads_a_session_hears_a_reminder_and_nobody_later(process: Process, tmp_path: Path) -> None:
    put(tmp_path / "home")
    first, session, lines = follow(process)
    other, _, elsewhere = follow(process)
    process._loop.call_soon_threadsafe(process.host.remind)

    told = [next(lines), next(elsewhere)]
    late, _, afterwards = follow(process, session)
    talker, *_ = follow(process)
    said = list(talker.stream("session.say", session=session, text="안녕", key=os.urandom(16).hex()))

    expected = {"type": "reminder", "key": "ev_a/20261122T000000Z", "text": TEXT}
    assert [line["event"] for line in told] == [expected, expected]
    assert [line.get("k") for line in told] == [None, None]
    assert next(afterwards)["event"]["type"] == said[1]["event"]["type"] == "turn_started"
    for link in (first, other, late, talker):
        link.close()


def test_a_reminder_that_waits_keeps_the_process_and_is_seen_in_its_status(process: Process, tmp_path: Path) -> None:
    put(tmp_path / "home", ring=AT + timedelta(days=6))
    free = process.host.idle_seconds
    process._loop.call_soon_threadsafe(process.host.remind)
    watch = process.host._desk.reminders
    while watch.next_at is None:
        process._do(asyncio.sleep(0.01))

    status = process._do(process.host.status())

    assert free > 0
    assert process.host.idle_seconds == 0
    assert status["next_reminder"] == "2026-11-28T09:00:00+09:00"


async def test_of_many_processes_on_one_home_one_tells(
    assist: Start, tmp_path: Path, desktop: Callable[[str], list[str]]
) -> None:
    await asyncio.to_thread(put, tmp_path / "home")
    processes: list[OwnAssistant] = [await assist() for _ in range(4)]

    await asyncio.gather(*(one.reminders.round() for one in processes))
    await asyncio.gather(*(one.reminders.round() for one in processes))

    assert desktop("") == [f"디자인 리뷰: {TEXT.removeprefix('디자인 리뷰 · ')}"]


async def test_a_message_by_rule_is_sent_once_by_the_telephone_also_when_it_is_told_again(
    assist: Start, tmp_path: Path
) -> None:
    await asyncio.to_thread(put, tmp_path / "home")
    ways = ReminderWays(desktop=False, sms=(SmsRule(to="010-1234-5678", match="*리뷰*"),))
    processes: list[OwnAssistant] = [await assist(reminders=ways) for _ in range(2)]
    await asyncio.gather(*(one.reminders.round() for one in processes))
    with closing(sqlite3.connect(tmp_path / "home" / "calendar.db")) as calendar, calendar:
        # As after a crash before it was settled.
        calendar.execute("DELETE FROM calendar_reminder")
    await processes[0].reminders.round()

    with closing(sqlite3.connect(tmp_path / "home" / "phone.db")) as phone:
        sent = phone.execute("SELECT text FROM phone_message").fetchall()
    assert sent == [("[알림] 디자인 리뷰 11월 22일 일요일 오전 9시 10분~10시 10분 회의실 A",)]


async def test_a_process_killed_while_it_tells_leaves_the_reminder_to_the_next(
    assist: Start, tmp_path: Path, desktop: Callable[[str], list[str]]
) -> None:
    await asyncio.to_thread(put, tmp_path / "home")

    async def told(minutes: int) -> int:
        one: OwnAssistant = await assist(now=AT + timedelta(minutes=minutes))
        await one.reminders.round()
        return len(desktop(""))

    early = await told(-1)
    desktop("kill -9 $PPID")
    env = os.environ | {"MODU_HOME": str(tmp_path / "home"), "MODU_NOW": NOW, "PYTHONPATH": str(ROOT)}
    killed = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", PROCESS], env=env, check=False)
    first = len(desktop(""))

    assert (early, killed.returncode, first) == (0, -signal.SIGKILL, 1)
    assert [await told(minutes) for minutes in (1, 3, 4)] == [1, 2, 2]


def test_a_process_that_gives_way_leaves_reminders_to_the_next(process: Process, tmp_path: Path) -> None:
    put(tmp_path / "home", ring=AT + timedelta(days=1))
    process._loop.call_soon_threadsafe(process.host.remind)
    watch = process.host._desk.reminders
    while watch.next_at is None:
        process._do(asyncio.sleep(0.01))

    process._do(process.host.finish(0))

    assert watch._task
    assert watch._task.done()
