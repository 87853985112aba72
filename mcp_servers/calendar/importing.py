"""Files and invitations that came, into a calendar: what is new is added, what is newer replaces, the rest stays."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar import view
from mcp_servers.calendar.entities import Collection, Item
from mcp_servers.calendar.ical import InvalidCalendar, Series
from mcp_servers.calendar.ical.invitation import Incoming, applied
from mcp_servers.calendar.models import Imported
from mcp_servers.calendar.store import items, journal
from mcp_servers.calendar.store.journal import Changed
from mcp_servers.common.instant import zone_of
from mcp_servers.common.refusal import Refused

_SHOWN = 20
_LABELS = {"REQUEST": "초대 받음", "REPLY": "답장 반영", "CANCEL": "취소 반영"}


@dataclass(slots=True)
class _Sorted:
    """What becomes of the items of a file."""

    changes: list[Changed] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: int = 0
    faults: list[str] = field(default_factory=list)


async def imported(connection: AsyncConnection, incoming: Incoming, target: Collection, now: datetime) -> Imported:
    """Apply a file to a calendar; replies and cancellations go to the event they are about, wherever it is.

    Raises:
        Refused: the message is of a kind that is not handled, or there is nothing in the file.
    """
    if not incoming.items:
        raise Refused("가져올 일정이나 할 일이 없습니다. " + " ".join(incoming.faults[:3]))
    known = _by_uid(await items.with_uids(connection, [series.uid for series in incoming.items]), target)
    found = _Sorted(faults=list(incoming.faults))
    for series in incoming.items:
        _sort(found, series, incoming.method, known.get(series.uid), target, now)
    summary = _summary(found, incoming.method, target)
    if found.changes:
        await journal.commit(connection, summary, found.changes, now)
    return Imported(
        summary=summary,
        detail="\n".join(_lines(found)),
        added=found.added[:_SHOWN],
        changed=found.changed[:_SHOWN],
        faults=found.faults,
    )


def _sort(
    found: _Sorted, series: Series, method: str, existing: Item | None, target: Collection, now: datetime
) -> None:
    said = view.titled(series.master, now)
    before = Series.parse(existing.data, zone_of(now)) if existing else None
    try:
        after = applied(method, series, before)
    except InvalidCalendar as error:
        raise Refused(str(error), code="unsupported") from error
    if after is None:
        found.faults.append(f"{said}: 달력에 없는 일정이라 {_LABELS.get(method, '반영')}을 할 수 없습니다.")
    elif existing is None:
        new = Item(items.new_id(after.kind), target.id, after.uid, after.kind, after.data, outside=True)
        found.changes.append(Changed(None, new))
        found.added.append(said)
    elif after.data == existing.data:
        found.same += 1
    else:
        found.changes.append(Changed(existing, replace(existing, data=after.data, outside=True)))
        found.changed.append(said)


def _by_uid(known: Iterable[Item], target: Collection) -> dict[str, Item]:
    """That of the calendar itself before one elsewhere."""
    return {item.uid: item for item in sorted(known, key=lambda item: item.collection == target.id)}


def _summary(found: _Sorted, method: str, target: Collection) -> str:
    counts = (
        ("추가", len(found.added)),
        ("변경", len(found.changed)),
        ("그대로", found.same),
        ("문제", len(found.faults)),
    )
    told = " · ".join(f"{label} {count}건" for label, count in counts if count)
    return f"{_LABELS.get(method, '달력 가져오기')}: {target.name} · {told or '바뀐 것 없음'}"


def _lines(found: _Sorted) -> Iterable[str]:
    for label, lines in (("추가", found.added), ("변경", found.changed), ("문제", found.faults)):
        yield from (f"{label}: {line}" for line in lines[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f"{label}: … 외 {len(lines) - _SHOWN}건"
