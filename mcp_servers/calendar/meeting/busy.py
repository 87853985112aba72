"""What takes time in a stretch of the calendar: its busy events, read for speed, and who they keep."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Person
from mcp_servers.calendar.store import spans
from mcp_servers.calendar.store.items import reach
from mcp_servers.calendar.store.people import keys
from mcp_servers.calendar.tables import DESCRIBES, component, occurrence, participant


class Attendance(NamedTuple):
    keys: frozenset[str]
    """What the index calls the person (see `store.people`)."""
    status: str


class Taken(NamedTuple):
    """A busy event; instants in UTC."""

    start: datetime
    end: datetime
    all_day: bool
    tentative: bool
    title: str
    location: str
    collection: str
    outside: bool
    attendees: tuple[Attendance, ...]


# Instants and attendees as the driver has them: SQLAlchemy takes longer over them than the database over the query.
_COLUMNS = (
    sa.type_coerce(occurrence.c.starts_at, sa.String), sa.type_coerce(occurrence.c.ends_at, sa.String),
    occurrence.c.all_day, component.c.status == "TENTATIVE", component.c.title, component.c.location,
    component.c.collection, component.c.outside, sa.cast(component.c.attendees, sa.Text),
)  # fmt: skip


async def taken(
    connection: AsyncConnection,
    start: datetime,
    end: datetime,
    now: datetime,
    *,
    collections: Collection[str] | None = None,
    people: Collection[str] = (),
) -> list[Taken]:
    """Busy events that share time with [start, end), the earliest first.

    With `collections`, only those in one of them or to which one of the `people` (their keys) is invited.
    """
    await reach(connection, start, end, now)
    query = sa.select(*_COLUMNS).join(component, DESCRIBES).where(occurrence.c.busy, occurrence.c.kind == "VEVENT")
    if collections is not None:
        query = query.where(sa.or_(component.c.collection.in_(collections), _invited(people)))
    read = _Reader()
    found: list[Taken] = []
    for part in (spans.running(query, start), spans.starting(query, start, end)):
        found += [read.row(row) for row in await connection.execute(part)]
    return sorted(found, key=attrgetter("start"))


def directory(events: Sequence[Taken]) -> dict[str, frozenset[str]]:
    """The people in the events: to each name its addresses, to each address the names that are nobody else's."""
    known = {one.keys for event in events for one in event.attendees}
    addresses: dict[str, set[str]] = {}
    for both in known:
        mails = {key for key in both if key.startswith("mail:")}
        for key in both:
            addresses.setdefault(key, set()).update(mails - {key})
    names = {key: mails for key, mails in addresses.items() if not key.startswith("mail:")}
    for name, mails in names.items():
        if len(mails) == 1:
            addresses[next(iter(mails))].add(name)
    return {key: frozenset(others) for key, others in addresses.items()}


async def everybody_invited(connection: AsyncConnection) -> set[str]:
    """The keys of all who were ever invited to anything; each costs one look into the index."""
    known = sa.select(sa.func.min(participant.c.person).label("person")).cte("known", recursive=True)
    following = sa.select(sa.func.min(participant.c.person)).where(participant.c.person > known.c.person)
    known = known.union_all(sa.select(following.scalar_subquery()).where(known.c.person.is_not(None)))
    return {key for key in await connection.scalars(sa.select(known.c.person)) if key}


def _invited(people: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        participant.c.item == occurrence.c.item,
        participant.c.component == occurrence.c.component,
        participant.c.person.in_(people),
    )


class _Reader:
    """Rows as values; what occurs again and again (a series, the same few people) is made once."""

    def __init__(self) -> None:
        self._invited: dict[str, tuple[Attendance, ...]] = {}
        self._attendances: dict[tuple[str, str, str], Attendance] = {}

    def row(self, row: Sequence[Any]) -> Taken:
        start, end, all_day, tentative, title, location, collection, outside, attendees = row
        if (invited := self._invited.get(attendees)) is None:
            invited = self._invited[attendees] = tuple(map(self._attendance, json.loads(attendees)))
        return Taken(_instant(start), _instant(end), all_day, tentative, title, location, collection, outside, invited)

    def _attendance(self, plain: Mapping[str, str]) -> Attendance:
        asked = plain["name"], plain["address"], plain["status"]
        if (known := self._attendances.get(asked)) is None:
            known = self._attendances[asked] = Attendance(frozenset(keys(Person(*asked[:2]))), asked[2])
        return known


def _instant(value: str | datetime) -> datetime:
    """What SQLite keeps is UTC without saying so."""
    return datetime.fromisoformat(f"{value}+00:00") if isinstance(value, str) else value.astimezone(UTC)
