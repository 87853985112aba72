"""Which zone a TZID means: every program names zones its own way (RFC 5545 section 3.8.3.1 leaves the name free)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from mcp_servers.calendar.ical.block import Block
from mcp_servers.calendar.ical.definition import matching
from mcp_servers.calendar.ical.moment import UTC_ZONE

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_OFFSET = re.compile(r"(?:UTC|GMT)\s*(?:([+-])\s*(\d{1,2}):?(\d\d)?)?", re.IGNORECASE)
_ELSEWHERE = {"localtime", "Factory", "posixrules"}
_KOREAN = {
    "서울": "Asia/Seoul", "대한민국": "Asia/Seoul", "한국": "Asia/Seoul", "평양": "Asia/Pyongyang",
    "도쿄": "Asia/Tokyo", "일본": "Asia/Tokyo", "베이징": "Asia/Shanghai", "중국": "Asia/Shanghai",
    "타이베이": "Asia/Taipei",
    "홍콩": "Asia/Hong_Kong", "싱가포르": "Asia/Singapore", "방콕": "Asia/Bangkok", "하노이": "Asia/Bangkok",
    "뉴델리": "Asia/Kolkata", "시드니": "Australia/Sydney", "런던": "Europe/London", "파리": "Europe/Paris",
    "베를린": "Europe/Berlin", "동부 표준시": "America/New_York", "중부 표준시": "America/Chicago",
    "산지 표준시": "America/Denver", "태평양 표준시": "America/Los_Angeles", "하와이": "Pacific/Honolulu",
    "협정 세계시": "UTC",
}  # fmt: skip
_SHORT = {
    "kst": "Asia/Seoul", "jst": "Asia/Tokyo", "ist": "Asia/Kolkata", "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles", "cst": "America/Chicago", "cdt": "America/Chicago", "mdt": "America/Denver",
    "edt": "America/New_York", "bst": "Europe/London", "cest": "Europe/Berlin", "z": "UTC",
}  # fmt: skip

_NOWHERE = timezone(timedelta(hours=23, minutes=59))


@dataclass(frozen=True)
class Zones:
    """The zones that one calendar object names, and how it names them."""

    definitions: Mapping[str, Block]
    """VTIMEZONE by TZID."""
    home: tzinfo
    """The user's zone: what a TZID that means nothing is read as."""
    floating: tzinfo | None = None
    """X-WR-TIMEZONE: the zone of times that name none."""

    def zone(self, tzid: str) -> tzinfo:
        return known(tzid) or _defined(tzid, self.definitions.get(tzid), self.home)

    def tells(self, tzid: str) -> bool:
        """Whether the name means a zone, by itself or by its definition."""
        return known(tzid) is not None or _defined(tzid, self.definitions.get(tzid), _NOWHERE) is not _NOWHERE

    def tzid(self, zone: ZoneInfo) -> str:
        """The name this object has for a zone already; else the zone's own."""
        if zone.key in self.definitions:
            return zone.key
        return next((tzid for tzid in self.definitions if self.zone(tzid) == zone), zone.key)


def zones(calendar: Block, home: tzinfo) -> Zones:
    definitions = {found.text("TZID"): found for found in reversed(calendar.blocks("VTIMEZONE"))}
    named = calendar.text("X-WR-TIMEZONE")
    return Zones(definitions, home, known(named) if named else None)


def known(tzid: str) -> ZoneInfo | None:
    """The zone that a name alone tells: of the tz database, of Windows, a city, with a path before it."""
    return _by_name(tzid.strip().strip("\"'").strip())


@lru_cache(maxsize=512)
def _defined(tzid: str, definition: Block | None, home: tzinfo) -> tzinfo:
    """What a name that tells nothing is defined as."""
    if definition is None:
        return _by_offset(tzid, home) or home
    located = definition.text("X-LIC-LOCATION")
    return (located and known(located)) or matching(definition, _common(home)) or _by_offset(tzid, home) or home


@lru_cache(maxsize=512)
def _by_name(name: str) -> ZoneInfo | None:
    parts = name.split("/")
    paths = ["/".join(parts[-count:]) for count in (3, 2) if len(parts) > count]
    for key in [name, *paths, _SHORT.get(name.casefold(), "")]:
        if (found := _exact(key)) is not None:
            return found
    key = _windows().get(name.casefold()) or _spelt().get(name.casefold()) or _city(name)
    return ZoneInfo(key) if key else None


def _exact(key: str) -> ZoneInfo | None:
    # The list of all zones takes a while to make, and most files need these two alone.
    if key in ("Asia/Seoul", "UTC") or (_KEY.fullmatch(key) and _spelt().get(key.casefold()) == key):
        return ZoneInfo(key)
    return None


def _city(name: str) -> str:
    """The first place named in "(UTC+09:00) Osaka, Sapporo, Tokyo" or "(UTC+09:00) 서울"."""
    words = _OFFSET.sub(" ", name).strip(" ()")
    for korean, key in _KOREAN.items():
        if words.startswith(korean):
            return key
    cities = _cities()
    places = (re.sub(r"\W+", "_", part.strip(" ()")).casefold() for part in re.split(r"[,;&/]", words))
    return next((cities[place] for place in places if place in cities), "")


def _by_offset(name: str, home: tzinfo) -> tzinfo | None:
    found = _OFFSET.search(name)
    if found is None:
        return None
    offset = timedelta(hours=int(found[2] or 0), minutes=int(found[3] or 0))
    if offset >= timedelta(hours=24):
        return None
    offset = -offset if found[1] == "-" else offset
    if not offset:
        return UTC_ZONE
    same = next((zone for zone in _common(home) if _steady(zone, offset)), None)
    return same or timezone(offset)


def _steady(zone: tzinfo, offset: timedelta) -> bool:
    return all(datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() == offset for month in (1, 7))


@lru_cache(maxsize=16)
def _common(home: tzinfo) -> tuple[tzinfo, ...]:
    """Zones of today in order of preference."""
    return (home, ZoneInfo("Asia/Seoul"), *(ZoneInfo(key) for key in sorted(set(_windows().values()))))


@lru_cache(maxsize=1)
def _windows() -> Mapping[str, str]:
    # icalendar takes a tenth of a second to load, and few files need its table.
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    return {name.casefold(): key for name, key in WINDOWS_TO_OLSON.items()}


@lru_cache(maxsize=1)
def _spelt() -> Mapping[str, str]:
    return {key.casefold(): key for key in available_timezones() - _ELSEWHERE}


@lru_cache(maxsize=1)
def _cities() -> Mapping[str, str]:
    return {key.rpartition("/")[2].casefold(): key for key in sorted(available_timezones()) if "/" in key[:-1]}
