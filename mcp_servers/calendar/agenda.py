"""A day, a week or a month as Korean text."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import view
from mcp_servers.calendar.entities import Occurrence
from mcp_servers.calendar.holiday import holidays_in
from mcp_servers.calendar.korean_time import day_reading
from mcp_servers.calendar.meeting.hours import days
from mcp_servers.calendar.models import Agenda, Task
from mcp_servers.calendar.store import collections, occurrences, tasks
from mcp_servers.calendar.task_view import listed
from mcp_servers.common.instant import zone_of
from mcp_servers.common.text import one_line

_DAY = timedelta(days=1)
_MOST_EVENTS = 200
_MOST_TASKS = 20
_MOST_NAMES = 3
LONGEST = timedelta(days=62)


async def agenda(connection: AsyncConnection, start: datetime, end: datetime, now: datetime) -> Agenda:
    """What is on in [start, end), day by day, and the tasks due until then."""
    own = [one for one in await collections.listed(connection) if not one.owner]
    ids, names = [one.id for one in own], {one.id: one.name for one in own}
    found = await occurrences.between(connection, start, end, now, collections=ids, most=_MOST_EVENTS + 1)
    wanted = tasks.Wanted(due_before=end)
    due = [listed(row, names, now) for row in await tasks.listed(connection, wanted, offset=0, limit=_MOST_TASKS)]
    text = "\n".join([*_events(found[:_MOST_EVENTS], start, end, now), *_tasks(due)])
    more = f"\n… 일정이 {_MOST_EVENTS}건보다 많습니다. 기간을 줄이세요." if len(found) > _MOST_EVENTS else ""
    return Agenda(text=text + more, outside=any(one.outside for one in found) or any(one.outside for one in due))


def _events(found: Sequence[Occurrence], start: datetime, end: datetime, now: datetime) -> Iterator[str]:
    zone, by_day = zone_of(now), defaultdict[date, list[str]](list)
    for one in found:
        slot = view.slot_of_occurrence(one, now)
        for day in days(max(slot.start, start), min(max(slot.end, slot.start + timedelta(minutes=1)), end), zone):
            by_day[day].append(_line(one, slot.start, slot.end, day))
    asked = list(days(start, end, zone))
    for day in asked:
        lines, holiday = by_day[day], holidays_in(day.year).get(day)
        if lines or holiday or len(asked) == 1:
            yield _heading(day, len(lines), holiday, now)
            yield from lines
    if len(asked) > 1 and not any(by_day.values()):
        yield "일정이 없습니다."


def _heading(day: date, count: int, holiday: str | None, now: datetime) -> str:
    said = day_reading(datetime.combine(day, time(), now.tzinfo), now)
    today = " (오늘)" if day == now.date() else ""
    name = f" · {holiday}" if holiday else ""
    number = f" · 일정 {count}건" if count else " · 일정 없음"
    return f"{said}{today}{name}{number}"


def _line(one: Occurrence, start: datetime, end: datetime, day: date) -> str:
    clock = "종일" if one.all_day else f"{_clock(start, day)}~{_clock(end, day)}"
    people = [person.name or person.address for person in one.attendees if person.kind != "ROOM"]
    names = ", ".join(people[:_MOST_NAMES]) + f" 외 {len(people) - _MOST_NAMES}명" * (len(people) > _MOST_NAMES)
    return "  " + " · ".join(part for part in (f"{clock} {one_line(one.title)}", one.location, names) if part)


def _clock(at: datetime, day: date) -> str:
    if at.date() < day:
        return "전날부터"
    if at.date() > day:
        return "24:00" if (at.date() - day == _DAY and (at.hour, at.minute) == (0, 0)) else "다음 날까지"
    return f"{at:%H:%M}"


def _tasks(due: Sequence[Task]) -> Iterator[str]:
    if due:
        yield f"할 일 · {len(due[:_MOST_TASKS])}건{' 이상' if len(due) > _MOST_TASKS else ''}"
    for task in due[:_MOST_TASKS]:
        yield "  " + " · ".join(part for part in (f"[ ] {one_line(task.title)}", task.due, task.priority) if part)
