"""`modu sessions`: list, show, export, delete."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from wcwidth import wcswidth

from agent.cli import logs
from agent.contract import Assistant, Session, SessionSummary
from agent.errors import UsageError
from agent.events import (
    ApprovalAsked,
    Event,
    Notice,
    TextDelta,
    ToolCallFinished,
    ToolCallProposed,
    TurnFinished,
    TurnStarted,
)
from agent.settings import load
from agent.text import printable

_USAGE = """modu sessions              최근 대화 목록
modu sessions show ID      대화를 읽습니다
modu sessions export ID    사건을 JSON 한 줄씩 내보냅니다
modu sessions delete ID    대화를 지웁니다
이어서 하려면: modu --session ID "요청"
"""


def main(arguments: list[str]) -> int:
    match arguments:
        case []:
            return asyncio.run(_with_assistant(_list))
        case ["--help" | "-h"]:
            sys.stdout.write(_USAGE)
            return 0
        case ["show", session_id]:
            return asyncio.run(_with_assistant(lambda assistant: _write(assistant, session_id, _readable)))
        case ["export", session_id]:
            return asyncio.run(_with_assistant(lambda assistant: _write(assistant, session_id, _exported)))
        case ["delete", session_id]:
            return asyncio.run(_with_assistant(lambda assistant: _delete(assistant, session_id)))
    raise UsageError(f"읽을 수 없는 명령입니다: sessions {' '.join(arguments)}", hint="modu sessions --help")


async def _with_assistant(command: Callable[[Assistant], Awaitable[None]]) -> int:
    from agent.session.assistant import load as load_assistant

    settings = load({})
    logs.start(settings.home)
    assistant = await load_assistant(settings)
    try:
        await command(assistant)
    finally:
        await assistant.close()
    return 0


async def _list(assistant: Assistant) -> None:
    found = await assistant.sessions()
    if not found:
        sys.stderr.write("아직 대화가 없습니다.\n")
    for one in found:
        sys.stdout.write(_line(one) + "\n")


def _line(one: SessionSummary) -> str:
    title = one.title + " " * max(0, 42 - wcswidth(one.title))
    waiting = "  [확인 대기]" if one.parked else ""
    return f"{one.id}  {title}  {one.turns:>4}번  {_ago(one.updated_at)}{waiting}"


def _ago(when: datetime) -> str:
    seconds = (datetime.now(UTC) - when).total_seconds()
    for size, unit in ((86_400, "일"), (3_600, "시간"), (60, "분")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit} 전"
    return "방금"


async def _write(assistant: Assistant, session_id: str, form: Callable[[Event], str]) -> None:
    session: Session = await assistant.open(session_id)
    for event in await session.history():
        sys.stdout.write(form(event))


def _exported(event: Event) -> str:
    return event.model_dump_json() + "\n"


def _readable(event: Event) -> str:
    return printable(_shown(event))


def _shown(event: Event) -> str:
    match event:
        case TurnStarted(text=text):
            return f"\n> {text}\n"
        case TextDelta(text=text):
            return f"{text}\n"
        case Notice(text=text):
            return f"  알림: {text}\n"
        case TurnFinished(stop_reason=reason) if reason != "done":
            return f"  ({reason})\n"
    return _shown_call(event)


def _shown_call(event: Event) -> str:
    match event:
        case ToolCallProposed(title=title):
            return f"  · {title}\n"
        case ToolCallFinished(summary=summary):
            return f"    {summary}\n"
        case ApprovalAsked(calls=calls):
            return "".join(f"  [확인 대기] {call.title}: {call.preview}\n" for call in calls)
    return ""


async def _delete(assistant: Assistant, session_id: str) -> None:
    await assistant.delete(session_id)
    sys.stderr.write(f"대화 {session_id} 을(를) 지웠습니다.\n")
