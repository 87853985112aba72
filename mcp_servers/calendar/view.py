"""Events and tasks as the tools show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from mcp_servers.calendar import ical, models
from mcp_servers.calendar.entities import Alarm, Event, Moment, Occurrence, Person
from mcp_servers.calendar.found import Found
from mcp_servers.calendar.korean_time import length_reading, reading
from mcp_servers.calendar.recurrence import InvalidRule, Rule, spoken
from mcp_servers.calendar.store.collections import DEFAULT
from mcp_servers.calendar.when import Slot
from mcp_servers.common.instant import zone_of
from mcp_servers.common.text import one_line

_ANSWERS = {"ACCEPTED": "수락", "DECLINED": "거절", "TENTATIVE": "미정", "DELEGATED": "위임"}
_STATUS = {"TENTATIVE": "미확정", "CANCELLED": "취소됨"}
_DAY = timedelta(days=1)


class _Times(TypedDict):
    start: str
    end: str
    all_day: bool
    when: str


def when(slot: Slot, now: datetime) -> str:
    """ "11월 23일 월요일 오후 3시~4시"."""
    return reading(slot.start, slot.end, slot.all_day, now)


def slot_of(event: Event, now: datetime) -> Slot:
    """When an event is, in the user's zone; what has no length lasts no time, or its day."""
    start = instant(event.start or event.end or now, now)
    end = instant(event.end, now) if event.end else start + (_DAY if event.all_day else timedelta())
    return Slot(start, end, event.all_day)


def slot_of_occurrence(one: Occurrence, now: datetime) -> Slot:
    zone = now.tzinfo
    return Slot(one.start.astimezone(zone), one.end.astimezone(zone), one.all_day)


def instant(moment: Moment, now: datetime) -> datetime:
    """A moment in the user's zone; a day begins at midnight there."""
    return ical.instant(moment, zone_of(now)).astimezone(now.tzinfo)


def shown(found: Found, now: datetime) -> models.Event:
    """One event for the answer to a change."""
    event, slot = found.event, slot_of(found.event, now)
    return models.Event(
        id=found.id,
        title=event.title,
        location=event.location,
        description=event.description,
        attendees=[named(person) for person in event.attendees],
        repeat=repeat(found.series.master) or None,
        calendar=None if found.collection.id == DEFAULT.id else found.collection.name,
        outside=found.item.outside or None,
        **_times(slot, now),
    )


def details(found: Found, now: datetime) -> models.EventDetails:
    """Everything about one event."""
    event = found.event
    return models.EventDetails(
        **shown(found, now).model_dump(),
        organizer=named(event.organizer) if event.organizer else None,
        status=_STATUS.get(event.status),
        reminders=[reminder(alarm, now) for alarm in event.alarms] or None,
        categories=list(event.categories) or None,
        attachments=list(event.attachments) or None,
        url=event.url or None,
    )


def listed(one: Occurrence, names: Mapping[str, str], now: datetime) -> models.Event:
    """One occurrence of a list; `names` are those of the calendars."""
    return models.Event(
        id=one.id,
        title=one.title,
        location=one.location,
        description=one.description,
        attendees=[named(person) for person in one.attendees],
        calendar=None if one.collection == DEFAULT.id else names.get(one.collection),
        outside=one.outside or None,
        **_times(slot_of_occurrence(one, now), now),
    )


def _times(slot: Slot, now: datetime) -> _Times:
    said = when(slot, now)
    return {"start": slot.start.isoformat(), "end": slot.end.isoformat(), "all_day": slot.all_day, "when": said}


def named(person: Person) -> str:
    """ "김민수 (수락)"."""
    answer = _ANSWERS.get(person.status)
    name = person.name or person.address
    return f"{name} ({answer})" if answer else name


def repeat(event: Event) -> str:
    """ "매주 화요일"; empty for what does not recur."""
    return " / ".join(_spoken(rule) for rule in event.rules) or (f"{len(event.rdates)}번 더" if event.rdates else "")


def _spoken(text: str) -> str:
    try:
        return spoken(Rule.parse(text))
    except InvalidRule:
        return text


def reminder(alarm: Alarm, now: datetime) -> str:
    """ "10분 전"."""
    if alarm.at:
        return reading(alarm.at.astimezone(zone_of(now)), None, all_day=False, now=now)
    before = alarm.before or timedelta()
    if not before:
        return "정각"
    edge = "끝나기 " if alarm.related == "END" else ""
    return f"{edge}{length_reading(abs(before))} {'전' if before > timedelta() else '뒤'}"


def line(verb: str, event: Event, now: datetime) -> str:
    """The summary of a change."""
    slot, again = slot_of(event, now), repeat(event)
    past = " · 지난 시각입니다" if slot.end <= now and not again else ""
    return f"일정 {verb}: {one_line(event.title)} · {when(slot, now)}{f' · {again}' if again else ''}{past}"


def titled(event: Event, now: datetime) -> str:
    """ "디자인 리뷰 (11월 23일 월요일 오후 3시~4시)"."""
    return f"{one_line(event.title)} ({when(slot_of(event, now), now)})"


def clashes(others: Sequence[Occurrence], now: datetime) -> str:
    """A line that names overlapping events, or nothing."""
    told = ", ".join(f"{one_line(other.title)} ({when(slot_of_occurrence(other, now), now)})" for other in others)
    return f"겹치는 일정: {told}" if told else ""


def differences(old: Event, new: Event, now: datetime) -> list[str]:
    """What a change altered, a line each."""
    pairs = [
        ("제목", old.title, new.title),
        ("시간", when(slot_of(old, now), now), when(slot_of(new, now), now)),
        ("반복", repeat(old), repeat(new)),
        ("장소", old.location, new.location),
        ("참석자", *(", ".join(named(person) for person in event.attendees) for event in (old, new))),
        ("설명", old.description, new.description),
        ("알림", *(", ".join(reminder(alarm, now) for alarm in event.alarms) for event in (old, new))),
        ("상태", *(_STATUS.get(event.status, "") for event in (old, new))),
    ]
    return [f"{label}: {before or '없음'} → {after or '없음'}" for label, before, after in pairs if before != after]
