"""From here to the server: what differs from the common ground is sent, deletions first."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.sync import resource, rows
from mcp_servers.calendar.sync.faults import Rejected, Stale
from mcp_servers.calendar.sync.local import Local
from mcp_servers.calendar.sync.plan import Known
from mcp_servers.calendar.sync.remote import Remote, Version, key
from mcp_servers.calendar.sync.report import Report, title
from mcp_servers.common.database import Database

_BATCH = 20


@dataclass
class Pushed:
    """What was sent; what the server did not accept stays queued."""

    sent: set[str] = field(default_factory=set)
    """Keys of the resources that were changed."""
    lines: list[str] = field(default_factory=list)
    """Refusals in Korean, one for each item."""
    stale: bool = False
    """Some were refused because the server has another version by now: another look may help."""

    def refused(self, text: str, rejected: Rejected) -> None:
        self.lines.append(f"보내지 못함: {title(text)} — {rejected}")
        self.stale |= isinstance(rejected, Stale)


@dataclass(frozen=True, slots=True)
class Departing:
    """A text on its way."""

    known: Known
    over: str | None
    """The ETag of the version that it is to replace; None where there must be none yet."""


class Push:
    """Before a text is sent it is written down as being in flight: a crash leaves nothing to guess."""

    def __init__(self, database: Database, remote: Remote, collection_id: str, local: Local, report: Report) -> None:
        self._database = database
        self._remote = remote
        self._collection = collection_id
        self._local = local
        self._report = report

    async def run(self) -> Pushed:
        """Send everything.

        Raises:
            SyncFault: any but those about one item.
        """
        pushed = Pushed()
        await self._delete(pushed)
        while departing := await self._depart():
            await self._settle(await self._put(departing, pushed))
        return pushed

    async def _delete(self, pushed: Pushed) -> None:
        async with self._database.begin() as connection:
            deleted = await rows.to_delete(connection, self._collection)
            await self._forget_state(connection, deleted)
        for known in deleted:
            try:
                await self._remote.delete(known.href, known.etag)
            except Rejected as rejected:
                pushed.refused(known.base, rejected)
                continue
            async with self._database.begin() as connection:
                await rows.forget(connection, self._collection, known.uid)
            pushed.sent.add(key(known.href))
            self._report.deleted += 1

    async def _depart(self) -> list[Departing]:
        """The next ones to send, written down as being in flight."""
        async with self._database.begin() as connection:
            departing = [
                Departing(Known(uid, known.href, known.etag, text, arrived=False), known.etag)
                if known
                else Departing(Known(uid, self._remote.href_of(uid), "", text, arrived=False), None)
                for uid, text, known in await rows.to_put(connection, self._collection, _BATCH)
            ]
            for one in departing:
                await rows.save(connection, self._collection, one.known)
            await self._forget_state(connection, departing)
        return departing

    async def _forget_state(self, connection: AsyncConnection, changes: Sequence[object]) -> None:
        """The token is for what was before our changes: should we die now, everything must be compared."""
        if changes:
            await rows.save_state(connection, self._collection, "", "")

    async def _put(self, departing: list[Departing], pushed: Pushed) -> list[Known]:
        """Those that the server accepted, with their new ETags."""
        accepted = []
        for one in departing:
            try:
                etag = await self._remote.put(one.known.href, one.known.base, one.over)
            except Rejected as rejected:
                pushed.refused(one.known.base, rejected)
                continue
            accepted.append(replace(one.known, etag=etag, arrived=True))
            pushed.sent.add(key(one.known.href))
        async with self._database.begin() as connection:
            for known in accepted:
                # Without its ETag: should we die before we have seen what the server made of it, it is looked at again.
                await rows.save(connection, self._collection, replace(known, etag=""))
        self._report.sent += len(accepted)
        return accepted

    async def _settle(self, accepted: list[Known]) -> None:
        """Look at what the server made of the texts, and take it over where it says something else."""
        versions = await self._remote.fetch([known.href for known in accepted])
        async with self._database.begin() as connection:
            for known in accepted:
                with contextlib.suppress(ValueError):
                    # One that cannot be read any more is told by the next pull.
                    await self._settle_one(connection, known, versions.get(key(known.href)))

    async def _settle_one(self, connection: AsyncConnection, known: Known, version: Version | None) -> None:
        found = resource.read(known.href, version) if version else None
        if found is None or found.uid != known.uid:
            return
        if known.etag in ("", found.etag):
            await self._local.settle(connection, known.base, found)
        else:
            await self._local.absorb(connection, found)
