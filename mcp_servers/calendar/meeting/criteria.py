"""What makes one time better than another: each criterion gives points and, where it is worth saying, the reason."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta

from mcp_servers.calendar.korean_time import reading
from mcp_servers.calendar.meeting.intervals import holding, room_around
from mcp_servers.calendar.meeting.slot import Attendee, Slot, Wish

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_BREATH = timedelta(minutes=15)
_EDGE = timedelta(minutes=30)
_FOCUS = timedelta(hours=2)
"""A free stretch in which one can work undisturbed."""
_SCRAP = timedelta(minutes=45)
"""A free stretch too short to begin anything in."""
_MORNING, _AFTERNOON = (time(10), time(11, 45)), (time(14), time(16, 30))
_WAKING = time(7), time(22)
_MONDAY, _FRIDAY = 0, 4

Verdict = tuple[float, str]
Criterion = Callable[[Slot, Wish], Iterator[Verdict]]


def attendance(slot: Slot, wish: Wish) -> Iterator[Verdict]:
    """Who cannot come, or perhaps not. The view names them with what keeps them."""
    yield sum(-12.0 for one in slot.missing if not one.required), ""
    yield sum(-5.0 if one.required else -2.0 for one in slot.unsure), ""


def breath(slot: Slot, wish: Wish) -> Iterator[Verdict]:
    """Time to get there, and to breathe, between this and what comes before and after."""
    wanted = wish.buffer or _BREATH
    tight = [one.name for one in _coming(slot, wish) if _nearest(one, slot) < wanted]
    minutes = wanted // _MINUTE
    if not tight:
        yield 3, f"앞뒤 {minutes}분 여유"
    elif wish.buffer:
        yield -15, f"앞뒤 {minutes}분 여유가 없음: {', '.join(tight)}"
    else:
        yield -2 * len(tight) / len(wish.attendees), ""


def focus(slot: Slot, wish: Wish) -> Iterator[Verdict]:
    """Long free stretches stay whole, and no scraps of time are left over."""
    broken, kept, scraps, coming = 0, 0, 0, _coming(slot, wish)
    for one in coming:
        left, right = _around(one, slot)
        scraps += sum(_BREATH < rest < _SCRAP for rest in (left, right))
        if max(left, right) >= _FOCUS:
            kept += 1
        elif left + wish.length + right >= _FOCUS + wish.length:
            broken += 1
    yield -(5 * broken + scraps) / max(len(coming), 1), "" if broken or not kept else "집중 시간이 끊기지 않음"


def time_of_day(slot: Slot, wish: Wish) -> Iterator[Verdict]:
    """Mid-morning and early afternoon; not on the edges of the day and of lunch."""
    start, end = (at.astimezone(wish.hours.zone) for at in (slot.start, slot.end))
    (opens, closes), lunch = wish.hours.work, wish.hours.lunch
    if _within(start, end, _MORNING):
        yield 5, "오전 한가운데"
    elif _within(start, end, _AFTERNOON):
        yield 5, "이른 오후"
    early, late = _at(start, opens) - start, end - _at(end, closes)
    if early > -_EDGE:
        yield -4 - 2 * (max(early, timedelta()) / _HOUR), "근무 시간 전" if early > timedelta() else "출근 직후"
    if late > -_EDGE:
        yield -6 - 2 * (max(late, timedelta()) / _HOUR), "근무 시간 뒤" if late > timedelta() else "퇴근 직전"
    if lunch and start < _at(start, lunch[1]) and end > _at(start, lunch[0]):
        yield -8, "점심시간과 겹침"
    elif lunch and timedelta() <= start - _at(start, lunch[1]) < _EDGE:
        yield -2, "점심 직후"
    elif lunch and timedelta() <= _at(end, lunch[0]) - end < _BREATH:
        yield -2, "점심 직전"
    if (start.weekday() == _MONDAY and start.time() < time(10)) or (
        start.weekday() == _FRIDAY and end.time() > time(16)
    ):
        yield -3, ""


def roundness(slot: Slot, wish: Wish) -> Iterator[Verdict]:
    """People meet on the hour."""
    yield {0: 3.0, 30: 2.0}.get(slot.start.astimezone(wish.hours.zone).minute, 0.0), ""


def soon(slot: Slot, wish: Wish) -> Iterator[Verdict]:
    yield -0.4 * ((slot.start - wish.since) / _DAY), ""


def abroad(slot: Slot, wish: Wish) -> Iterator[Verdict]:
    """What the clock says where others are."""
    for one in wish.attendees:
        guest = one.agenda.guest
        if not guest.place:
            continue
        start, end = (at.astimezone(guest.hours.zone) for at in (slot.start, slot.end))
        said = f"{guest.name}: {guest.place} 시각 {reading(start, None, False, start)}"
        if holding(one.desk, slot.start, slot.end):
            yield 0, said
        elif _within(start, end, _WAKING):
            early, late = _at(start, guest.hours.work[0]) - start, end - _at(end, guest.hours.work[1])
            yield -2 - 1.5 * (max(early, late, timedelta()) / _HOUR), said
        else:
            yield -25, said


def room(slot: Slot, wish: Wish) -> Iterator[Verdict]:
    """The smallest room that holds everybody."""
    if slot.room:
        spare = slot.room.capacity - (len(wish.attendees) - len(slot.missing))
        yield 2 - min(spare / 5, 4), f"{slot.room.name}({slot.room.capacity}명) 가능"
    elif wish.needs_room:
        yield -10, "빈 회의실 없음"


CRITERIA: tuple[Criterion, ...] = (attendance, breath, focus, room, time_of_day, roundness, soon, abroad)


def judge(slot: Slot, wish: Wish) -> Slot:
    """The slot with its points and reasons."""
    for criterion in CRITERIA:
        for points, reason in criterion(slot, wish):
            slot.points += points
            slot.reasons += [reason] if reason else []
    return slot


def _coming(slot: Slot, wish: Wish) -> list[Attendee]:
    return [one for one in wish.attendees if one.required and one not in slot.missing]


def _nearest(one: Attendee, slot: Slot) -> timedelta:
    before, after = room_around(one.agenda.firm, slot.start, slot.end)
    return min(before, after)


def _around(one: Attendee, slot: Slot) -> tuple[timedelta, timedelta]:
    """How long this person is free at work directly before and after."""
    desk = holding(one.desk, slot.start, slot.end)
    if desk is None:
        return timedelta(), timedelta()
    before, after = room_around(one.agenda.firm, slot.start, slot.end)
    return min(before, slot.start - desk[0]), min(after, desk[1] - slot.end)


def _within(start: datetime, end: datetime, clocks: tuple[time, time]) -> bool:
    return _at(start, clocks[0]) <= start and end <= _at(start, clocks[1])


def _at(day: datetime, clock: time) -> datetime:
    return datetime.combine(day, clock, day.tzinfo)
