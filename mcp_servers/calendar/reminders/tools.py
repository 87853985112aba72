"""The tools of reminders: three for the program that tells them, one for the user who wants to be told again."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.korean_time import parse_duration, reading
from mcp_servers.calendar.reminders import due, store, words
from mcp_servers.calendar.reminders.alarms import Bell, bells, rings
from mcp_servers.calendar.reminders.store import Candidate
from mcp_servers.calendar.store.occurrences import of_item
from mcp_servers.common.database import Database
from mcp_servers.common.instant import zone_of
from mcp_servers.common.operation import Change, Operations
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean, one_line

_HORIZON = timedelta(days=7)
_LONGEST_HORIZON = timedelta(days=31)
_LEAD = timedelta(days=31)
"""So long before a thing its reminder may ring."""
_BEHIND = due.LOOK_BACK + timedelta(days=1)
_RECENT = timedelta(days=1)
_LONGEST = timedelta(days=7)


_Version = tuple[str, str]
"""An item and the digest of its text."""


class Reminder(BaseModel):
    key: str
    at: str
    title: str
    when: str
    location: str
    text: str
    late: bool


class Due(BaseModel):
    items: list[Reminder]
    next_at: str | None


class Claimed(BaseModel):
    claimed: bool


class Settled(BaseModel):
    settled: bool


class Snoozed(Change):
    """A reminder that rings again."""


class ReminderTools:
    def __init__(self, settings: ServerSettings, database: Database, operations: Operations) -> None:
        self._settings = settings
        self._database = database
        self._operations = operations
        self._bells: dict[_Version, Mapping[str, tuple[Bell, ...]]] = {}
        """By component, for what may ring soon."""

    def register(self, server: ToolServer) -> None:
        server.host("울릴 알림")(self.due_reminders)
        server.host("알림 맡기")(self.claim_reminder)
        server.host("알림 마침")(self.settle_reminder)
        server.change("알림 미루기", effect="change")(self.snooze_reminder)

    async def due_reminders(
        self, until: AwareDatetime | None = None, default: Annotated[float | None, Field(ge=0, le=40_320)] = None
    ) -> Due:
        """지금 울릴 알림과, until까지 다음 알림의 시각. default: 알림 없는 일정은 몇 분 전에."""
        now = self._settings.now()
        horizon = min(until or now + _HORIZON, now + _LONGEST_HORIZON)
        silent = default is not None
        async with self._database.begin() as connection:
            told = await store.told(connection, now - store.KEPT)
            found = await store.candidates(connection, now - _BEHIND, horizon + _LEAD, now, silent=silent)
            wanted = {(one.item, one.digest) for one in found if one.alarms}
            texts = await store.texts(connection, [item for item, _ in wanted - self._bells.keys()])
        await self._learn(wanted, texts, now)
        usual = None if default is None else timedelta(minutes=default)
        planned = due.plan(list(self._ringing(found, usual, now)), told, now, horizon)
        items = [_shown(ring, now) for ring in planned.due]
        if planned.missed:
            title, text = words.summary(planned.missed, now)
            at = planned.missed[-1].at.isoformat()
            items.append(
                Reminder(key=planned.missed_key, at=at, title=title, when="", location="", text=text, late=True)
            )
        return Due(items=items, next_at=planned.next_at.isoformat() if planned.next_at else None)

    async def claim_reminder(self, key: str) -> Claimed:
        """알림을 알리기로 하고 맡는다. 여러 프로세스 가운데 하나만 맡는다."""
        now = self._settings.now()
        name, at = _parsed(key)
        # What sums up the missed ones covers all that would be late by now.
        until = now - due.LATE if name == due.MISSED else at
        async with self._database.begin() as connection:
            return Claimed(claimed=await store.claim(connection, key, until, now))

    async def settle_reminder(self, key: str) -> Settled:
        """맡은 알림을 사용자에게 알렸다."""
        _parsed(key)
        async with self._database.begin() as connection:
            await store.settle(connection, key, self._settings.now())
        return Settled(settled=True)

    async def snooze_reminder(self, ctx: Context, event_id: str | None = None, later: Korean = "10분") -> Snoozed:
        """알림을 미뤄 다시 울린다. event_id가 없으면 방금 알린 것."""
        span = parse_duration(later)
        if span is None or not timedelta() < span <= _LONGEST:
            raise Refused(f"얼마나 미룰지 읽을 수 없습니다: {later!r}. 이레까지 됩니다. 예: 10분, 한 시간")

        async def work(connection: AsyncConnection) -> Snoozed:
            now = self._settings.now()
            name = event_id or await _newest(connection, now)
            found = await of_item(connection, *name.split("@", 1))
            if found is None:
                raise Refused(f"{name!r} 일정이 없습니다. search_events로 찾아 그 id를 넣으세요.", code="not_found")
            until = (now + span).replace(microsecond=0)
            await store.put_off(connection, due.key_of(name, until), until)
            at = reading(until, None, all_day=False, now=now)
            return Snoozed(summary=f"알림 미루기: {one_line(found.title)} · {at}에 다시")

        return await self._operations.once(ctx, Snoozed, {"event_id": event_id, "later": later}, work)

    async def _learn(self, wanted: set[_Version], texts: Mapping[str, str], now: datetime) -> None:
        """Read the alarms of texts that were not read before; those of what is no longer near are forgotten."""
        new = [one for one in wanted if one[0] in texts]
        # A whole calendar at the first look is a second of work.
        read = await asyncio.to_thread(lambda: {one: _read(texts[one[0]], now) for one in new})
        self._bells = {one: self._bells[one] for one in wanted & self._bells.keys()} | read

    def _ringing(self, found: Sequence[Candidate], usual: timedelta | None, now: datetime) -> Iterator[due.Ringing]:
        """Each with its instants. Of a series, one that is given as an instant rings for what comes next then."""
        last, given = datetime.max.replace(tzinfo=UTC), set[tuple[str, str, datetime]]()
        for one in sorted(found, key=lambda one: one.start or last):
            instants = []
            for at, absolute in self._instants(one, usual, now):
                if absolute and one.recurrence_id:
                    if (one.start or at) < at or (one.item, one.component, at) in given:
                        continue
                    given.add((one.item, one.component, at))
                instants.append(at)
            yield one, instants

    def _instants(self, one: Candidate, usual: timedelta | None, now: datetime) -> Iterator[tuple[datetime, bool]]:
        if one.alarms:
            for bell in self._bells.get((one.item, one.digest), {}).get(one.component, ()):
                for at in rings(bell, one.start, one.end, zone_of(now)):
                    yield at, bell.alarm.at is not None
        elif usual is not None and one.start and not one.all_day:
            yield one.start - usual, False


def _read(text: str, now: datetime) -> Mapping[str, tuple[Bell, ...]]:
    try:
        return bells(text, zone_of(now))
    except ValueError:
        return {}


def _shown(ring: due.Ring, now: datetime) -> Reminder:
    return Reminder(
        key=ring.key,
        at=ring.at.astimezone(now.tzinfo).isoformat(),
        title=words.title(ring),
        when=words.when(ring, now),
        location=ring.candidate.location,
        text=words.text(ring, now),
        late=ring.late,
    )


def _parsed(key: str) -> tuple[str, datetime]:
    try:
        return due.parsed(key)
    except ValueError as error:
        raise Refused(f"알림의 키가 아닙니다: {key!r}", code="invalid") from error


async def _newest(connection: AsyncConnection, now: datetime) -> str:
    if key := await store.newest(connection, now - _RECENT):
        return _parsed(key)[0]
    raise Refused("방금 알린 것이 없습니다. search_events로 일정을 찾아 event_id를 넣으세요.", code="not_found")
