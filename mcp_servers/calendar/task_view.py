"""Tasks as the tools show them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from mcp_servers.calendar import view
from mcp_servers.calendar.entities import Event, Moment, occurrence_id
from mcp_servers.calendar.found import Found
from mcp_servers.calendar.ical import Series
from mcp_servers.calendar.korean_time import day_reading, reading
from mcp_servers.calendar.models import Priority, Task
from mcp_servers.calendar.store.collections import DEFAULT
from mcp_servers.calendar.store.tasks import Listed
from mcp_servers.common.instant import zone_of
from mcp_servers.common.text import one_line

_DAY = timedelta(days=1)
_LOOK_BACK, _LOOK_AHEAD = timedelta(days=366), timedelta(days=2 * 366)
_MOST = 1_000


def listed(row: Listed, names: Mapping[str, str], now: datetime) -> Task:
    """One row of a list; of a recurring task its first open occurrence."""
    series = Series.parse(row.data, zone_of(now))
    recurrence_id = (next_open(series, now) or "") if series.master.recurs else ""
    name = None if row.collection == DEFAULT.id else names.get(row.collection)
    task_id = occurrence_id(row.item, recurrence_id)
    return _task(task_id, series.event(recurrence_id), name, now, outside=row.outside)


def shown(found: Found, now: datetime) -> Task:
    """One task for the answer to a change."""
    name = None if found.collection.id == DEFAULT.id else found.collection.name
    return _task(found.id, found.event, name, now, outside=found.item.outside)


def next_open(series: Series, now: datetime) -> str | None:
    """The RECURRENCE-ID of the first occurrence of a recurring task that is not done."""
    found = series.occurrences(now - _LOOK_BACK, now + _LOOK_AHEAD, _MOST)
    return next((one.recurrence_id for one in found if one.event.status not in ("COMPLETED", "CANCELLED")), None)


def line(verb: str, task: Event, now: datetime) -> str:
    """The summary of a change."""
    due, again = _due(task, now), view.repeat(task)
    parts = (one_line(task.title), f"기한 {due}" if due else "", again, _priority(task.priority))
    return f"할 일 {verb}: {' · '.join(part for part in parts if part)}"


def day_before(end: datetime) -> datetime:
    """The last day of a stretch with an exclusive end."""
    return end - _DAY


def _task(task_id: str, task: Event, calendar: str | None, now: datetime, *, outside: bool) -> Task:
    due = task.end
    return Task(
        id=task_id,
        title=task.title,
        due=_due(task, now) or None,
        due_at=None if due is None else (view.instant(due, now) if isinstance(due, datetime) else due).isoformat(),
        priority=_priority(task.priority),
        done=task.status == "COMPLETED" or task.completed_at is not None,
        description=task.description or None,
        calendar=calendar,
        outside=outside or None,
    )


def _due(task: Event, now: datetime) -> str:
    if task.end is None:
        return ""
    at = view.instant(task.end, now)
    said = reading(at, None, all_day=False, now=now) if isinstance(task.end, datetime) else day_reading(at, now)
    return said + _how_late(task.end, at, now) * (task.status != "COMPLETED")


def _how_late(due: Moment, at: datetime, now: datetime) -> str:
    days = (now.date() - at.date()).days
    if days > 0:
        return f" ({days}일 지남)"
    if isinstance(due, datetime) and at < now:
        return " (지남)"
    return " (오늘)" if days == 0 else ""


def _priority(number: int) -> Priority | None:
    """RFC 5545 3.8.1.9: 1 to 4 is high, 5 medium, 6 to 9 low."""
    if number == 0:
        return None
    return "높음" if number < 5 else "보통" if number == 5 else "낮음"
