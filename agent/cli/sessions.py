"""`modu sessions`: list, show, export, delete."""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from wcwidth import wcswidth

from agent.cli.access import Access
from agent.cli.options import taken_out
from agent.cli.writers import as_line, write_utf8
from agent.errors import UsageError
from agent.text import printable
from agent.wire.link import Link

_USAGE = """modu sessions              최근 대화 목록
modu sessions show ID      대화를 읽습니다
modu sessions export ID    사건을 JSON 한 줄씩 내보냅니다
modu sessions delete ID    대화를 지웁니다
이어서 하려면: modu --session ID "요청"
"""
Event = Mapping[str, Any]


def main(arguments: list[str]) -> int:
    by_itself, rest = taken_out(arguments)
    match rest:
        case []:
            return _over(_list, by_itself)
        case ["--help" | "-h"]:
            sys.stdout.write(_USAGE)
            return 0
        case ["show", session_id]:
            return _over(lambda link: _write(link, session_id, _readable), by_itself)
        case ["export", session_id]:
            write_utf8()
            return _over(lambda link: _write(link, session_id, _exported), by_itself)
        case ["delete", session_id]:
            return _over(lambda link: _delete(link, session_id), by_itself)
    raise UsageError(f"읽을 수 없는 명령입니다: sessions {' '.join(rest)}", hint="modu sessions --help")


def _over(command: Callable[[Link], None], by_itself: bool) -> int:
    with Access({}, by_itself=by_itself) as access:
        command(access.link)
    return 0


def _list(link: Link) -> None:
    found = link.call("assistant.sessions", limit=50)
    if not found:
        sys.stderr.write("아직 대화가 없습니다.\n")
    for one in found:
        sys.stdout.write(_line(one) + "\n")


def _line(one: Mapping[str, Any]) -> str:
    title = one["title"] + " " * max(0, 42 - wcswidth(one["title"]))
    waiting = "  [확인 대기]" if one["parked"] else ""
    return f"{one['id']}  {title}  {one['turns']:>4}번  {_ago(datetime.fromisoformat(one['updated_at']))}{waiting}"


def _ago(when: datetime) -> str:
    seconds = (datetime.now(UTC) - when).total_seconds()
    for size, unit in ((86_400, "일"), (3_600, "시간"), (60, "분")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit} 전"
    return "방금"


def _write(link: Link, session_id: str, form: Callable[[Event], str]) -> None:
    for line in link.stream("session.history", session=session_id):
        if event := line.get("event"):
            sys.stdout.write(form(event))


def _exported(event: Event) -> str:
    return as_line(event) + "\n"


def _readable(event: Event) -> str:
    return printable(_shown(event))


def _shown(event: Event) -> str:
    match event:
        case {"type": "turn_started", "text": text}:
            return f"\n> {text}\n"
        case {"type": "text_delta", "text": text}:
            return f"{text}\n"
        case {"type": "notice", "text": text}:
            return f"  알림: {text}\n"
        case {"type": "turn_finished", "stop_reason": reason} if reason != "done":
            return f"  ({reason})\n"
    return _shown_call(event)


def _shown_call(event: Event) -> str:
    match event:
        case {"type": "tool_call_proposed", "title": title}:
            return f"  · {title}\n"
        case {"type": "tool_call_finished", "summary": summary}:
            return f"    {summary}\n"
        case {"type": "approval_asked", "calls": calls}:
            return "".join(f"  [확인 대기] {call['title']}: {call['preview']}\n" for call in calls)
    return ""


def _delete(link: Link, session_id: str) -> None:
    link.call("assistant.delete", session=session_id)
    sys.stderr.write(f"대화 {session_id} 을(를) 지웠습니다.\n")
