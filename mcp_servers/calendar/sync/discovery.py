"""From an address to the calendars behind it: principal, home, collections (RFC 4791, 5397, 6764)."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from mcp_servers.calendar.sync.client import Client
from mcp_servers.calendar.sync.faults import Rejected, SyncFault, Unsafe
from mcp_servers.calendar.sync.multistatus import APPLE, CALDAV, CALENDAR_SERVER, DAV, Answer, Response
from mcp_servers.calendar.sync.remote import RemoteCalendar

_PRINCIPAL = f"{DAV}current-user-principal"
_HOME = f"{CALDAV}calendar-home-set"
_NAMES = (
    'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/" '
    'xmlns:a="http://apple.com/ns/ical/"'
)
_WHO = (
    f"<d:propfind {_NAMES}><d:prop><d:current-user-principal/><c:calendar-home-set/><d:resourcetype/></d:prop>"
    "</d:propfind>"
)
_CALENDARS = (
    f"<d:propfind {_NAMES}><d:prop><d:resourcetype/><d:displayname/><a:calendar-color/><cs:getctag/><d:sync-token/>"
    "<d:supported-report-set/><c:supported-calendar-component-set/><d:current-user-privilege-set/></d:prop>"
    "</d:propfind>"
)
_WRITE = frozenset(f"{DAV}{name}" for name in ("all", "write", "write-content", "bind"))


@dataclass(frozen=True, slots=True)
class Profile:
    """What a server was found to be, kept with the account."""

    home: str
    """Where its calendars are."""
    single: bool = False
    """The account's address is one calendar, and no more is wanted."""
    by_token: bool = False
    """It tells what changed since a sync-token."""
    by_ctag: bool = False
    """It tells whether anything changed."""
    multiget: bool = False
    reads_only: bool = False
    """None of its calendars can be written."""

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self | None:
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known}) if stored.get("home") else None

    def stored(self) -> dict[str, Any]:
        return asdict(self)


async def discover(client: Client, paths: tuple[str, ...] = ()) -> tuple[Profile, list[RemoteCalendar]]:
    """Find the home of the calendars and what the server can do. `paths` are tried after the account's own address.

    Raises:
        SyncFault: nothing there is CalDAV, or the server does not answer.
    """
    profile = await _home(client, paths)
    found = await calendars(client, profile)
    if not found:
        raise SyncFault("서버에 달력이 없습니다. 서버에서 달력을 하나 만든 다음 다시 시도하세요.")
    able = replace(
        profile,
        by_token=any(one.sync_token for one in found),
        by_ctag=any(one.ctag for one in found),
        multiget=any(one.multiget for one in found),
        reads_only=not any(one.writable for one in found),
    )
    return able, found


async def calendars(client: Client, profile: Profile) -> list[RemoteCalendar]:
    """Every calendar of the account that takes events or tasks, with its state of now."""
    answer = await client.ask("PROPFIND", profile.home, _CALENDARS, depth=0 if profile.single else 1)
    return [one for response in answer.responses if (one := _calendar(client, profile.home, response))]


async def _home(client: Client, paths: tuple[str, ...]) -> Profile:
    refusal: SyncFault | None = None
    for path in ("", "/.well-known/caldav", *paths):
        try:
            if home := await _home_from(client, client.realm.resolve(path), hops=3):
                return home
        except (Rejected, Unsafe) as fault:
            refusal = refusal or fault
    if isinstance(refusal, Unsafe):
        raise refusal
    raise SyncFault(f"이 주소에서 CalDAV 달력을 찾지 못했습니다: {client.realm.url}. {refusal or ''}".strip())


async def _home_from(client: Client, url: str, hops: int) -> Profile | None:
    """Follow principals to the home set."""
    answer = await client.ask("PROPFIND", url, _WHO, depth=0)
    if home := _first(answer, _HOME):
        return Profile(client.realm.resolve(home, url))
    if any(f"{CALDAV}calendar" in one.names(f"{DAV}resourcetype") for one in answer.responses):
        return Profile(url, single=True)
    principal = _first(answer, _PRINCIPAL)
    if not principal or not hops or (there := client.realm.resolve(principal, url)) == url:
        return None
    return await _home_from(client, there, hops - 1)


def _first(answer: Answer, name: str) -> str:
    return next((href for one in answer.responses if (href := one.href_in(name))), "")


def _calendar(client: Client, home: str, response: Response) -> RemoteCalendar | None:
    if f"{CALDAV}calendar" not in response.names(f"{DAV}resourcetype"):
        return None
    components = response.properties.get(f"{CALDAV}supported-calendar-component-set")
    kinds = {str(one.get("name", "")).upper() for one in components} if components is not None else set()
    if kinds and not {"VEVENT", "VTODO"} & kinds:
        return None
    privileges = response.names(f"{DAV}current-user-privilege-set")
    reports = [name.rpartition("}")[2] for name in response.names(f"{DAV}supported-report-set")]
    url = client.realm.resolve(response.href, home)
    return RemoteCalendar(
        url=url,
        name=response.text(f"{DAV}displayname") or url.rstrip("/").rpartition("/")[2],
        color=response.text(f"{APPLE}calendar-color")[:7],
        writable=not privileges or bool(_WRITE & set(privileges)),
        ctag=response.text(f"{CALENDAR_SERVER}getctag"),
        sync_token=response.text(f"{DAV}sync-token") if "sync-collection" in reports else "",
        multiget="calendar-multiget" in reports,
    )
