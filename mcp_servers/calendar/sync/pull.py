"""From the server to here: what changed there is fetched and merged, each batch in one transaction."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.sync import resource, rows
from mcp_servers.calendar.sync.faults import SyncFault
from mcp_servers.calendar.sync.local import Local
from mcp_servers.calendar.sync.plan import Known
from mcp_servers.calendar.sync.remote import Changes, Remote, Version, key
from mcp_servers.calendar.sync.report import Report
from mcp_servers.calendar.sync.resource import Resource
from mcp_servers.common.database import Database

_BATCH = 50
_SUSPICIOUS = 10
"""From so many items on, a server that suddenly has none at all is not believed."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be looked at."""

    hrefs: list[str]
    """To be fetched."""
    gone: list[Known]


def compare(changes: Changes, known: Sequence[Known]) -> Look:
    """What differs from what is known, and what was in flight when we last looked."""
    by_key = {key(one.href): one for one in known}
    current = {key(href) for href in changes.etags}
    gone = by_key.keys() - current if changes.complete else {key(href) for href in changes.gone} & by_key.keys()
    changed = [href for href, etag in changes.etags.items() if not _agrees(by_key.get(key(href)), etag)]
    doubtful = [one.href for name, one in by_key.items() if not one.arrived and name not in gone | current]
    return Look(changed + doubtful, [by_key[name] for name in sorted(gone)])


class Pull:
    def __init__(self, database: Database, remote: Remote, collection_id: str, local: Local, report: Report) -> None:
        self._database = database
        self._remote = remote
        self._collection = collection_id
        self._local = local
        self._report = report

    async def run(self, since: str, ctag: str, sent: Set[str] = frozenset()) -> str:
        """Take everything that happened on the server since a token, and return the new token.

        `sent` are the keys of resources that were written since then. Where tokens are digests of the contents, a token
        can be the same again after others took back what we wrote: then it does not tell of it, and all is compared.
        What was taken stays when a fault ends it in the middle.

        Raises:
            SyncFault: any.
        """
        async with self._database.begin() as connection:
            known = await rows.listed(connection, self._collection)
        changes = await self._remote.changes(since)
        if not changes.complete and not changes.mention(sent):
            changes = await self._remote.everything()
        if changes.complete and not changes.etags and len(known) >= _SUSPICIOUS:
            raise SyncFault(
                f"서버의 달력이 갑자기 비었습니다. 여기 있는 {len(known)}건을 지우지 않고 멈췄습니다. "
                "정말 비웠다면 계정을 지우고 다시 추가하세요."
            )
        look = compare(changes, known)
        there = {one.uid: key(one.href) for one in known if one not in look.gone}
        doubled = [await self._take(look.hrefs[at : at + _BATCH], there) for at in range(0, len(look.hrefs), _BATCH)]
        await self._drop(look.gone)
        # What was left out is only seen again by comparing everything.
        token = "" if any(doubled) else changes.sync_token
        async with self._database.begin() as connection:
            await rows.save_state(connection, self._collection, token, ctag)
        return token

    async def _take(self, hrefs: list[str], there: dict[str, str]) -> bool:
        """Fetch and merge. `there` says where each UID lies on the server; one that lies there twice is left out."""
        versions = await self._remote.fetch(hrefs)
        owners = {name: uid for uid, name in there.items()}
        read = [one for href in hrefs if (one := self._read(href, versions.get(key(href))))]
        found = [one for one in read if there.setdefault(one.uid, key(one.href)) == key(one.href)]
        for one in read:
            if one not in found:
                self._report.skip(f"같은 일정(UID)이 서버에 두 번 있어 {one.href} 은(는) 건너뛰었습니다.")
        uids = {key(one.href): one.uid for one in found}
        async with self._database.begin() as connection:
            for one in found:
                await self._absorb(connection, one)
            for href in hrefs:
                owner = owners.get(key(href))
                if owner and (key(href) not in versions or uids.get(key(href), owner) != owner):
                    await self._local.absorb_absence(connection, owner, href)
        return len(found) < len(read)

    async def _absorb(self, connection: AsyncConnection, found: Resource) -> None:
        try:
            await self._local.absorb(connection, found)
        except ValueError as error:
            self._report.skip(f"서버의 {found.href} 을(를) 읽을 수 없어 건너뛰었습니다: {error}")

    async def _drop(self, gone: Sequence[Known]) -> None:
        for at in range(0, len(gone), _BATCH):
            async with self._database.begin() as connection:
                for one in gone[at : at + _BATCH]:
                    await self._local.absorb_absence(connection, one.uid, one.href)

    def _read(self, href: str, version: Version | None) -> Resource | None:
        try:
            return resource.read(href, version) if version else None
        except ValueError as error:
            self._report.skip(str(error))
            return None


def _agrees(known: Known | None, etag: str) -> bool:
    return known is not None and known.arrived and bool(etag) and known.etag == etag
