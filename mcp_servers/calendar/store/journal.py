"""Every change by the user's order is written down with what was there before, so that the last one can be undone."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Item
from mcp_servers.calendar.ical import read
from mcp_servers.calendar.store import items
from mcp_servers.calendar.tables import change
from mcp_servers.common.instant import zone_of
from mcp_servers.common.refusal import Refused

_ITEM = TypeAdapter(Item)
_KEPT = 200
"""Changes that can still be undone, one after the other."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One item before and after; None where there was or is none."""

    before: Item | None
    after: Item | None


@dataclass(frozen=True, slots=True)
class Undone:
    """A change that was taken back."""

    summary: str
    changes: tuple[Changed, ...]
    """As they were made: what is `before` is there again."""


async def commit(connection: AsyncConnection, summary: str, changes: Sequence[Changed], now: datetime) -> None:
    """Write the items and the change, in the caller's transaction."""
    await _apply(connection, changes, now)
    entries = [asdict(changed) for changed in changes]
    added = await connection.execute(change.insert().values(at=now, summary=summary, entries=entries))
    number = added.inserted_primary_key[0] if added.inserted_primary_key else 0
    await connection.execute(change.delete().where(change.c.number <= number - _KEPT))


async def undo(connection: AsyncConnection, now: datetime) -> Undone:
    """Take back the newest change that still stands.

    Raises:
        Refused: there is none, or its items were changed by somebody else since.
    """
    newest = change.select().where(change.c.undone_at.is_(None)).order_by(change.c.number.desc()).limit(1)
    row = (await connection.execute(newest)).one_or_none()
    if row is None:
        raise Refused("되돌릴 변경이 없습니다.", code="not_found")
    changes = tuple(Changed(_item(entry["before"]), _item(entry["after"])) for entry in row.entries)
    for changed in changes:
        await _unchanged_since(connection, changed, row.summary, now)
    await _apply(connection, [Changed(changed.after, changed.before) for changed in reversed(changes)], now)
    await connection.execute(change.update().where(change.c.number == row.number).values(undone_at=now))
    return Undone(row.summary, changes)


async def _unchanged_since(connection: AsyncConnection, changed: Changed, summary: str, now: datetime) -> None:
    known = changed.after or changed.before
    current = await items.get(connection, known.id) if known else None
    if not _same(current, changed.after, now):
        raise Refused(
            f"그 뒤에 다른 곳에서 바뀌어 되돌릴 수 없습니다: {summary}. 일정을 보고 직접 고치세요.", code="conflict"
        )


def _same(one: Item | None, other: Item | None, now: datetime) -> bool:
    """A server that synchronises may write the same thing in another way."""
    if one is None or other is None or one.data == other.data:
        return one == other
    return read(one.data, zone_of(now)) == read(other.data, zone_of(now))


async def _apply(connection: AsyncConnection, changes: Sequence[Changed], now: datetime) -> None:
    # What goes makes room first: a UID is unique in its calendar.
    for changed in changes:
        if changed.before and not changed.after:
            await items.delete(connection, changed.before.id)
    await items.put_all(connection, [changed.after for changed in changes if changed.after], now)


def _item(entry: dict[str, str] | None) -> Item | None:
    return _ITEM.validate_python(entry) if entry else None
