"""A process that works through turns until it is killed. Run by `test_kill.py` in a forked child."""

import asyncio
import os
import re
from datetime import datetime
from pathlib import Path

from agent.contract import TurnContinued
from agent.events import Event, Failure, ToolCallFinished, ToolCallProposed, TurnFinished
from agent.session.assistant import load
from agent.settings import Settings
from tests.conftest import NOW


def work(root: str, base_url: str, session_id: str, first: int, log: str, *, resumes: bool) -> None:
    """Go on from turn `first` for ever; every event that says `done` is written to the log before the next step."""
    asyncio.run(_work(Path(root), base_url, session_id, first, Path(log), resumes=resumes))


def settings(root: Path, base_url: str) -> Settings:
    return Settings(
        home=root / "home",
        workspace=root / "work",
        base_url=base_url,
        mode="auto",
        now=datetime.fromisoformat(NOW),
        only_servers=("calendar", "phone", "code"),
    )


async def _work(root: Path, base_url: str, session_id: str, first: int, log: Path, *, resumes: bool) -> None:
    assistant = await load(settings(root, base_url))
    session = await assistant.open(session_id)
    screen = _Screen(log)
    if resumes:
        async for event in session.resume(TurnContinued()):
            screen.show(event)
    number = first
    while True:
        screen.write(f"turn {number}")
        async for event in session.send(f"작업 {number}: 010-1234-5678로 알려 줘"):
            screen.show(event)
        number += 1


class _Screen:
    """Writes what a user would have seen; the bytes survive the process."""

    def __init__(self, log: Path) -> None:
        self._file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._effects: dict[str, str] = {}

    def write(self, line: str) -> None:
        os.write(self._file, f"{line}\n".encode())

    def show(self, event: Event) -> None:
        match event:
            case ToolCallProposed(call_id=call_id, arguments=arguments):
                self._effects[call_id] = re.findall(r"[EML]\d+", str(arguments))[0]
            case ToolCallFinished(call_id=call_id, status=status, summary=summary):
                effect = self._effects.get(call_id) or "".join(re.findall(r"\b[EM]\d+", summary)[:1])
                self.write(f"{status} {effect}")
            case Failure(message=message) if "이어서 할 일이 없습니다" not in message:
                self.write(f"failure {message}")
            case TurnFinished(stop_reason=reason):
                self.write(f"end {reason}")
