"""Reminders in Korean words."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time import length_reading, reading
from mcp_servers.calendar.reminders.due import Ring
from mcp_servers.common.text import one_line

_TITLE = 100
"""Characters: titles may be a stranger's."""
_MINUTE = timedelta(minutes=1)
_NAMED = 3
"""So many missed ones are named, the others counted."""


def title(ring: Ring) -> str:
    return _clipped(ring.candidate.title) or "(제목 없음)"


def when(ring: Ring, now: datetime) -> str:
    """When the thing itself is; the same words whenever they are asked for in one year."""
    start, end = ring.candidate.start, ring.candidate.end
    return reading(start, end, ring.candidate.all_day, now) if start else ""


def text(ring: Ring, now: datetime) -> str:
    """ "디자인 리뷰 · 10분 뒤 시작 · 12월 1일 화요일 오후 3시~4시 · 회의실 A"."""
    parts = (title(ring), _distance(ring, now), when(ring, now), _clipped(ring.candidate.location))
    line = " · ".join(filter(None, parts))
    return f"늦은 알림: {line}" if ring.late else line


def summary(missed: Sequence[Ring], now: datetime) -> tuple[str, str]:
    """Title and text of what was missed, the newest first."""
    named = ", ".join(f"{title(ring)} ({when(ring, now)})" for ring in reversed(missed[-_NAMED:]))
    rest = f" 외 {len(missed) - _NAMED}건" if len(missed) > _NAMED else ""
    head = f"놓친 알림 {len(missed)}건"
    return head, f"{head}: {named}{rest}"


def _distance(ring: Ring, now: datetime) -> str:
    start, end = ring.candidate.start, ring.candidate.end
    if start is None or ring.candidate.all_day:
        return ""
    task = ring.candidate.kind == "VTODO"
    at, verb = (end or start, "마감") if task else (start, "시작")
    if abs(at - now) < _MINUTE:
        return f"지금 {verb}"
    if at > now:
        return f"{_length(at - now)} 뒤 {verb}"
    return f"{_length(now - at)} 전 {verb}" + ("" if task else "함")


def _length(span: timedelta) -> str:
    """In the two largest units, whole minutes, rounded."""
    said = length_reading(round(span / _MINUTE) * _MINUTE)
    return " ".join(said.split()[:2])


def _clipped(raw: str) -> str:
    line = one_line(raw)
    return line if len(line) <= _TITLE else f"{line[: _TITLE - 1]}…"
