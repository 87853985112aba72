"""One collection of this machine, as versions from the server are merged into it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.entities import Item, Kind
from mcp_servers.calendar.store import items
from mcp_servers.calendar.sync import rows
from mcp_servers.calendar.sync.conflict_copy import conflict_copy
from mcp_servers.calendar.sync.plan import Known, Note, ground, merge
from mcp_servers.calendar.sync.remote import key
from mcp_servers.calendar.sync.report import Report
from mcp_servers.calendar.sync.resource import Resource


class Local:
    """Every method works in the caller's transaction, on what is there at that moment."""

    def __init__(self, collection_id: str, now: datetime, report: Report) -> None:
        self._collection = collection_id
        self._now = now
        self._report = report

    async def absorb(self, connection: AsyncConnection, found: Resource) -> None:
        """Merge a version of the server."""
        known = await rows.get(connection, self._collection, found.uid)
        await self._merge(connection, found.uid, found, ground(known, found.text, found.etag))

    async def absorb_absence(self, connection: AsyncConnection, uid: str, href: str) -> None:
        """Merge that the server has nothing there any more, unless the item lies elsewhere by now."""
        known = await rows.get(connection, self._collection, uid)
        if known and key(known.href) == key(href):
            await self._merge(connection, uid, None, ground(known, None, ""))

    async def settle(self, connection: AsyncConnection, sent: str, found: Resource) -> None:
        """Merge what the server has made of the text that it accepted."""
        item = await items.by_uid(connection, self._collection, found.uid)
        unchanged = item is not None and item.data == sent
        await self._merge(connection, found.uid, found, sent if unchanged else found.text)

    async def _merge(self, connection: AsyncConnection, uid: str, found: Resource | None, base: str | None) -> None:
        item = await items.by_uid(connection, self._collection, uid)
        here = item.data if item else None
        there = found.text if found else None
        merged = merge(base, here, there)
        if item and merged.here is None:
            await items.delete(connection, item.id)
        elif found and merged.here is not None and merged.here != here:
            await self._put(connection, uid, found.kind, merged.here, item)
        if merged.copy is not None and item:
            copy_uid, copy = conflict_copy(merged.copy)
            copied = Item(items.new_id(item.kind), self._collection, copy_uid, item.kind, copy, item.outside)
            await items.put(connection, copied, self._now)
        if found and merged.base is not None:
            await rows.save(connection, self._collection, Known(uid, found.href, found.etag, merged.base))
        else:
            await rows.forget(connection, self._collection, uid)
        if merged.note is not Note.NOTHING:
            self._report.note(merged.note, there or here or "")

    async def _put(self, connection: AsyncConnection, uid: str, kind: Kind, text: str, old: Item | None) -> None:
        # An item that changes its kind gets a new id, for the id says the kind.
        item_id = old.id if old and old.kind == kind else items.new_id(kind)
        if old and old.id != item_id:
            await items.delete(connection, old.id)
        await items.put(connection, Item(item_id, self._collection, uid, kind, text, outside=True), self._now)
