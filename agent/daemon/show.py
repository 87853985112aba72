"""How the resident process and its log look to people."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from agent.text import clip, one_line, printable

_LONGEST = 2_000
_LEVELS = {"DEBUG": "상세", "INFO": "알림", "WARNING": "주의", "ERROR": "오류", "CRITICAL": "치명"}


def status_lines(status: Mapping[str, Any]) -> Iterator[str]:
    """What `daemon.status` answered, with `build`, `transport`, `log` and `supervisor` besides."""
    sessions = status.get("sessions", ())
    running = sum(bool(one.get("running")) for one in sessions)
    watcher = f", 감시 {status['supervisor']}" if status.get("supervisor") else ""
    yield f"상주 프로세스  실행 중 (PID {status.get('pid')}{watcher}), {duration(status.get('uptime', 0))}째"
    yield f"판             {status.get('build', '')}"
    yield f"창             {status.get('faces', 0)}개 연결됨 ({status.get('transport', '')})"
    yield f"대화           {len(sessions)}개 열림, {running}개 일하는 중"
    yield f"도구 서버      {_named(status.get('servers', {})) or '없음'}"
    yield f"모델           {', '.join(map(str, status.get('models', ()))) or '아직 없음'}"
    yield f"다음 알림      {_moment(status.get('next_reminder'))}"
    yield f"메모리         {size(status.get('memory', 0))} (가장 많을 때 {size(status.get('memory_peak', 0))})"
    yield f"사건           1분에 {status.get('events_per_minute', 0):,}건"
    yield f"기록           {status.get('log', '')}"


def _named(states: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {one_line(str(state), 100)}" for name, state in states.items())


def duration(seconds: float) -> str:
    for length, unit in ((86_400, "일"), (3_600, "시간"), (60, "분")):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}초"


def _moment(iso: str | None) -> str:
    if not iso:
        return "이레 안에 없음"
    when = datetime.fromisoformat(iso)
    return f"{when:%Y-%m-%d} ({'월화수목금토일'[when.weekday()]}) {when:%H:%M}"


def size(octets: float) -> str:
    return f"{octets / 1_048_576:,.0f}MB"


def log_line(raw: str) -> str:
    """A line of the log for people; what is none of ours, as it is."""
    try:
        said = json.loads(raw)
        when = datetime.fromisoformat(said["time"]).astimezone()
        level = _LEVELS.get(said["level"], said["level"])
        text = f"{when:%m-%d %H:%M:%S} {level} {said['message']}"
    except (ValueError, TypeError, KeyError):
        return clip(printable(raw.rstrip("\n")), _LONGEST)
    if said["logger"] != "agent.daemon":
        text += f" [{said['logger']}]"
    if "fault" in said:
        text += "".join(f"\n    {part}" for part in (*said.get("frames", ()), said["fault"]))
    return clip(printable(text), _LONGEST)
