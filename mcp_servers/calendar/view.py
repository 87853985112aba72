"""Events as the tools show them."""

from collections.abc import Sequence
from datetime import datetime

from mcp_servers.calendar.korean_time import reading
from mcp_servers.calendar.models import Event
from mcp_servers.calendar.store import Stored
from mcp_servers.calendar.when import Slot


def when(event: Stored | Slot, now: datetime) -> str:
    """ "11월 23일 월요일 오후 3시~4시"."""
    slot = event if isinstance(event, Slot) else slot_of(event, now)
    return reading(slot.start, slot.end, slot.all_day, now)


def slot_of(event: Stored, now: datetime) -> Slot:
    zone = now.tzinfo
    return Slot(event.starts_at.astimezone(zone), event.ends_at.astimezone(zone), event.all_day)


def shown(event: Stored, now: datetime) -> Event:
    slot = slot_of(event, now)
    return Event(
        id=event.id,
        title=event.title,
        start=slot.start.isoformat(),
        end=slot.end.isoformat(),
        all_day=event.all_day,
        when=when(slot, now),
        location=event.location,
        attendees=event.attendees,
        description=event.description,
    )


def line(verb: str, event: Stored, now: datetime) -> str:
    """The summary of a change."""
    past = " · 지난 시각입니다" if event.ends_at <= now else ""
    return f"일정 {verb}: {_one_line(event.title)} · {when(event, now)}{past}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def clashes(others: Sequence[Stored], now: datetime) -> str:
    """A line that names overlapping events, or nothing."""
    named = ", ".join(f"{_one_line(other.title)} ({when(other, now)})" for other in others)
    return f"겹치는 일정: {named}" if named else ""


def differences(old: Stored, new: Stored, now: datetime) -> list[str]:
    """What a change altered, a line each."""
    pairs = [
        ("제목", old.title, new.title),
        ("시간", when(old, now), when(new, now)),
        ("장소", old.location, new.location),
        ("참석자", ", ".join(old.attendees), ", ".join(new.attendees)),
        ("설명", old.description, new.description),
    ]
    return [f"{label}: {before or '없음'} → {after or '없음'}" for label, before, after in pairs if before != after]
