"""A calendar on its server as a few verbs: what changed, fetch, put, delete."""

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from mcp_servers.calendar.sync.client import Client
from mcp_servers.calendar.sync.faults import Rejected, Unreachable
from mcp_servers.calendar.sync.multistatus import CALDAV, DAV, Answer, Response

_ETAG = f"{DAV}getetag"
_DATA = f"{CALDAV}calendar-data"
_MOST_PAGES = 1000
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NAMES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
_LISTING = f"<d:propfind {_NAMES}><d:prop><d:getetag/><d:resourcetype/></d:prop></d:propfind>"
_SYNC = (
    f"<d:sync-collection {_NAMES}><d:sync-token>%s</d:sync-token><d:sync-level>1</d:sync-level>"
    "<d:prop><d:getetag/></d:prop></d:sync-collection>"
)
_MULTIGET = f"<c:calendar-multiget {_NAMES}><d:prop><d:getetag/><c:calendar-data/></d:prop>%s</c:calendar-multiget>"


@dataclass(frozen=True, slots=True)
class RemoteCalendar:
    """A calendar collection as its server describes it."""

    url: str
    name: str
    color: str = ""
    writable: bool = True
    ctag: str = ""
    sync_token: str = ""
    multiget: bool = False
    """Many resources can be fetched at once."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened on the server since it was last asked."""

    etags: Mapping[str, str] = field(default_factory=dict)
    """By resource: new and changed ones, or all of them if `complete`. Empty where the server has no ETags."""
    gone: frozenset[str] = frozenset()
    complete: bool = False
    sync_token: str = ""
    """Empty where everything must be compared the next time."""

    def mention(self, hrefs: Set[str]) -> bool:
        """Whether every one of these is told to be changed or gone."""
        return hrefs <= {key(href) for href in (*self.etags, *self.gone)}


@dataclass(frozen=True, slots=True)
class Version:
    """A resource as it is on the server."""

    etag: str
    text: str


def key(href: str) -> str:
    """One spelling of a resource's name: servers write "@" and "%40" as they like."""
    try:
        return unquote(urlsplit(href).path)
    except ValueError:
        return href


class Remote:
    """Resources are named by hrefs as the server writes them."""

    def __init__(self, client: Client, calendar: RemoteCalendar) -> None:
        self._client = client
        self._calendar = calendar

    def href_of(self, uid: str) -> str:
        """Where a new item is put: the same name every time, so that a repeated request meets the first one."""
        name = uid if _PLAIN.fullmatch(uid) else sha256(uid.encode()).hexdigest()
        return urlsplit(urljoin(self._calendar.url.rstrip("/") + "/", f"{name}.ics")).path

    async def changes(self, since: str) -> Changes:
        """What changed since a sync-token (RFC 6578), or everything where there is none or it is no longer known."""
        for token in dict.fromkeys((since, "")) if self._calendar.sync_token else ():
            try:
                return await self._delta(token)
            except Rejected:
                # The token is too old, or the report does not work after all.
                continue
        return await self._listing()

    async def everything(self) -> Changes:
        return await self.changes("")

    async def fetch(self, hrefs: Iterable[str]) -> dict[str, Version]:
        """Those that there are, by `key`."""
        wanted = list(hrefs)
        found: dict[str, Version] = {}
        if len(wanted) > 1 and self._calendar.multiget:
            found = await self._multiget(wanted)
        for href in wanted:
            if key(href) not in found and (got := await self._client.get(self._url(href))):
                found[key(href)] = Version(*got)
        return found

    async def put(self, href: str, text: str, etag: str | None) -> str:
        """Write over the version `etag` (empty: whichever there is), or where there is nothing (None): the new ETag.

        Raises:
            Stale: the server has another version.
            SyncFault: any other.
        """
        condition = {"If-None-Match": "*"} if etag is None else {"If-Match": etag} if etag else {}
        headers = {"Content-Type": "text/calendar; charset=utf-8"} | condition
        return (await self._client.send("PUT", self._url(href), text, headers)).get("ETag", "")

    async def delete(self, href: str, etag: str) -> None:
        """Delete the version `etag`; what is gone already is fine.

        Raises:
            Stale: the server has another version.
            SyncFault: any other.
        """
        try:
            await self._client.send("DELETE", self._url(href), "", {"If-Match": etag} if etag else {})
        except Rejected as rejected:
            if rejected.status not in (404, 410):
                raise

    def _url(self, href: str) -> str:
        return self._client.realm.resolve(href, self._calendar.url)

    async def _delta(self, since: str) -> Changes:
        complete = not since
        etags: dict[str, str] = {}
        gone: set[str] = set()
        for _ in range(_MOST_PAGES):
            answer = await self._client.ask("REPORT", self._calendar.url, _SYNC % escape(since), depth=0)
            for one in self._members(answer):
                if one.status in (404, 410):
                    gone.add(one.href)
                    etags.pop(one.href, None)
                else:
                    etags[one.href] = one.text(_ETAG)
                    gone.discard(one.href)
            if not answer.sync_token:
                raise Rejected("서버의 sync-collection 답에 토큰이 없습니다.", 200)
            since = answer.sync_token
            if not any(one.status == 507 for one in answer.responses):
                return Changes(etags, frozenset(gone), complete, since)
        raise Unreachable("서버가 바뀐 것을 끝없이 나누어 보냅니다.")

    async def _listing(self) -> Changes:
        answer = await self._client.ask("PROPFIND", self._calendar.url, _LISTING, depth=1)
        # One that the server will not show now is not gone.
        etags = {one.href: one.text(_ETAG) for one in self._members(answer) if one.status not in (404, 410)}
        return Changes(etags, complete=True)

    def _members(self, answer: Answer) -> list[Response]:
        """Without the collection itself and folders in it."""
        own = key(self._calendar.url).rstrip("/")
        return [
            one
            for one in answer.responses
            if key(one.href).rstrip("/") != own and f"{DAV}collection" not in one.names(f"{DAV}resourcetype")
        ]

    async def _multiget(self, hrefs: list[str]) -> dict[str, Version]:
        """Empty when the server cannot, or its answer is broken by one of the texts in it."""
        body = _MULTIGET % "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
        try:
            answer = await self._client.ask("REPORT", self._calendar.url, body, depth=1)
        except (Rejected, Unreachable):
            return {}
        return {key(one.href): Version(one.text(_ETAG), one.text(_DATA)) for one in answer.responses if one.text(_DATA)}
