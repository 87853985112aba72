"""Events as they are asked for: tool arguments in, components out."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile

from mcp_servers.calendar.entities import Alarm, Event, Moment
from mcp_servers.calendar.holiday import is_holiday
from mcp_servers.calendar.korean_time import Expression, parse_duration
from mcp_servers.calendar.recurrence import Rule, starts
from mcp_servers.calendar.store.people import person_of
from mcp_servers.calendar.view import slot_of
from mcp_servers.calendar.when import Slot, moved_slot, repetition
from mcp_servers.common.refusal import Refused

_NONE = {"없음", "안 함", "반복 없음", "none", "no"}
_SEPARATOR = re.compile(r"\s*(?:,|·|그리고|와\s|과\s|및)\s*")
_AT_START = {"정각", "시작할 때", "0분 전", "시작 시각"}
_HOLIDAYS_AHEAD = timedelta(days=5 * 366)
"""So far ahead holidays are taken out of a recurrence without an end: nobody knows them for longer."""


def new_uid() -> str:
    return str(uuid.uuid4())


def drafted(title: str, slot: Slot, fields: dict[str, str | None], attendees: Sequence[str], now: datetime) -> Event:
    """A new event; `fields` are location, description, reminder and repeat as they were said.

    Raises:
        Refused: one of them cannot be read.
    """
    event = Event(
        uid=new_uid(),
        title=title,
        start=_moment(slot.start, None, slot.all_day),
        end=_moment(slot.end, None, slot.all_day),
        location=fields["location"] or "",
        description=fields["description"] or "",
        attendees=tuple(person_of(name) for name in attendees),
        alarms=alarms(fields["reminder"]) if fields["reminder"] else (),
    )
    if fields["repeat"]:
        return repeated(event, fields["repeat"], now)
    return _by_rule(event, slot.repetition) if slot.repetition else event


def rescheduled(event: Event, times: dict[str, str | None], now: datetime) -> Event:
    """The event at another time; what is not said of start, end and duration stays as it was."""
    slot = moved_slot(slot_of(event, now), times["start"], times["end"], times["duration"], now)
    start = _moment(slot.start, event.start, slot.all_day)
    return replace(event, start=start, end=_moment(slot.end, event.start, slot.all_day))


def repeated(event: Event, repeat: str, now: datetime) -> Event:
    """The event as a series, from the first day of the rule on; "없음" makes it a single one."""
    if repeat.strip().casefold() in _NONE:
        return replace(event, rules=(), rdates=(), exdates=())
    said = repetition(repeat, now)
    return _by_rule(_at_first(event, _rule(said)), said)


def alarms(text: str) -> tuple[Alarm, ...]:
    """ "10분 전", "하루 전과 한 시간 전", "없음".

    Raises:
        Refused: a part is no length of time.
    """
    if text.strip().casefold() in _NONE:
        return ()
    return tuple(Alarm(before=_before(part)) for part in _SEPARATOR.split(text) if part)


def _before(text: str) -> timedelta:
    if text.strip() in _AT_START:
        return timedelta()
    length = parse_duration(re.sub(r"\s*전(?:에)?$", "", text.strip()))
    if length is None:
        raise Refused(f"알림을 읽을 수 없습니다: {text!r}. 예: 10분 전, 하루 전, 정각, 없음")
    return length


def _rule(said: Expression) -> Rule:
    """Without the time of day, which the start of the event says."""
    return replace(Rule.parse(said.rrule or ""), by_hour=(), by_minute=(), by_second=())


def _by_rule(event: Event, said: Expression) -> Event:
    rule = _rule(said)
    rules = (str(replace(rule, until=_until(rule, event.start))),)
    return replace(event, rules=rules, rdates=(), exdates=_exceptions(event, rule, said))


def _until(rule: Rule, start: Moment | None) -> Moment | None:
    """UNTIL in the form of DTSTART: a date for dates, UTC for what has a zone (RFC 5545 3.3.10)."""
    if rule.until is None or not isinstance(start, datetime):
        return rule.until and _day(rule.until)
    last = rule.until
    if not isinstance(last, datetime):
        last = datetime.combine(last, time(23, 59, 59))
    return last.replace(tzinfo=start.tzinfo).astimezone(UTC) if start.tzinfo and not last.tzinfo else last


def _at_first(event: Event, rule: Rule) -> Event:
    """An event whose own day is none of the rule's begins on the first that is."""
    wall = _wall(event.start)
    first = next(starts(rule, wall), None)
    if first is None or event.start is None:
        raise Refused("그 반복에는 해당하는 날이 없습니다. 시작이나 끝을 고치세요.")
    shift = first - wall
    return replace(event, start=event.start + shift, end=event.end + shift if event.end else None)


def _exceptions(event: Event, rule: Rule, said: Expression) -> tuple[Moment, ...]:
    """The occurrences on days that are left out: those that were named, and public holidays."""
    if event.start is None or not (said.except_holidays or said.exdates):
        return ()
    wall, named = _wall(event.start), set(said.exdates)
    last = wall + _HOLIDAYS_AHEAD
    days = takewhile(lambda at: at < last, starts(rule, wall))
    out = (at for at in days if _day(at) in named or (said.except_holidays and is_holiday(at)))
    return tuple(event.start + (at - wall) for at in out)


def _wall(start: Moment | None) -> date:
    """What the clock on the wall shows at a start."""
    if start is None:
        raise Refused("반복하려면 시작이 있어야 합니다. start를 넣으세요.")
    return start.replace(tzinfo=None) if isinstance(start, datetime) else start


def _day(at: date) -> date:
    return at.date() if isinstance(at, datetime) else at


def _moment(at: datetime, like: Moment | None, all_day: bool) -> Moment:
    """In the form that the event has: its own zone, floating, or a date."""
    if all_day:
        return at.date()
    if isinstance(like, datetime):
        return at.astimezone(like.tzinfo) if like.tzinfo else at.replace(tzinfo=None)
    return at
