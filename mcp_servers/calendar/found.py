"""Finding the event or task that an id names, ready to be shown or changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Collection, Event, Item, Kind, occurrence_id
from mcp_servers.calendar.ical import Series
from mcp_servers.calendar.store import collections, items
from mcp_servers.common.instant import zone_of
from mcp_servers.common.refusal import Refused

_SEARCH: dict[Kind, str] = {"VEVENT": "search_events", "VTODO": "list_tasks"}
_NOUN: dict[Kind, str] = {"VEVENT": "일정", "VTODO": "할 일"}


@dataclass(frozen=True)
class Found:
    """What an id names: a whole item, or one occurrence of its series."""

    item: Item
    series: Series
    collection: Collection
    recurrence_id: str = ""
    """Empty for the whole item."""

    @cached_property
    def event(self) -> Event:
        """Raises `KeyError` for an occurrence that there is not."""
        return self.series.event(self.recurrence_id)

    @property
    def exists(self) -> bool:
        """Whether the series has that occurrence."""
        try:
            return bool(self.event)
        except KeyError:
            return False

    @property
    def id(self) -> str:
        return occurrence_id(self.item.id, self.recurrence_id)


async def find(connection: AsyncConnection, wanted: str, now: datetime, kind: Kind = "VEVENT") -> Found:
    """What the id names.

    Raises:
        Refused: nothing of the kind has this id.
    """
    item_id, _, recurrence_id = wanted.partition("@")
    item = await items.get(connection, item_id)
    missing = Refused(
        f"{wanted!r} {_NOUN[kind]}이 없습니다. {_SEARCH[kind]}로 찾아 그 id를 넣으세요.", code="not_found"
    )
    if item is None or item.kind != kind:
        raise missing
    collection = await collections.get(connection, item.collection)
    found = Found(item, Series.parse(item.data, zone_of(now)), collection or collections.DEFAULT, recurrence_id)
    if not found.exists:
        raise missing
    return found


async def find_writable(connection: AsyncConnection, wanted: str, now: datetime, kind: Kind = "VEVENT") -> Found:
    """Like `find`. Raises `Refused` also for what lies in a calendar that may only be read."""
    found = await find(connection, wanted, now, kind)
    check_writable(found.collection)
    return found


def check_writable(collection: Collection) -> None:
    """Raises `Refused` for a calendar that may only be read."""
    if collection.rights == "read":
        raise Refused(
            f"'{collection.name}' 달력은 보기만 할 수 있습니다. 내 달력에 복사해서 고치세요.", code="forbidden"
        )


async def collection_named(connection: AsyncConnection, name: str | None) -> Collection:
    """The calendar with that name or id; the user's own when none is named.

    Raises:
        Refused: there is none, or it may only be read.
    """
    found = among(await collections.listed(connection), name) if name else await collections.default(connection)
    check_writable(found)
    return found


def among(known: Sequence[Collection], name: str) -> Collection:
    """The calendar with that name or id.

    Raises:
        Refused: it is none of them.
    """
    wanted = name.casefold()
    if found := next((one for one in known if wanted in (one.id, one.name.casefold())), None):
        return found
    names = ", ".join(one.name for one in known)
    raise Refused(f"{name!r} 달력이 없습니다. 있는 달력: {names}", code="not_found")
