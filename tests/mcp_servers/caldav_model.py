"""What must exist after any sequence of changes on two sides: every version that nobody who saw it replaced or deleted.

A version carries its number in the DESCRIPTION. Whoever writes over a version or deletes it supersedes it; versions
that nobody superseded must be on both sides in the end, in the item or in a conflict copy. One that others delete
before we know that it arrived there cannot be told from one that never arrived: it may be sent again.
"""

import random
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from mcp_servers.calendar.entities import Alarm, Event, Person
from mcp_servers.calendar.ical import Series, new
from mcp_servers.calendar.sync.conflict_copy import SUFFIX

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 22, 9, tzinfo=SEOUL)
_MARK = re.compile(r"판 (\d+)")
_TITLES = ("주간 회의", "거래처 미팅; 강남", "점심, 약속", '발표 "초안"', "팀 회식🍻", "출장(부산)", "뷁 점검\\확인")
_PEOPLE = (
    Person("김민수", "minsu@example.com", "ACCEPTED"),
    Person("이영희, 부장", "yh@example.com"),
    Person("대회의실", "room1@example.com", kind="ROOM"),
)

Facts = tuple[tuple[Any, ...], ...]


@dataclass
class Model:
    facts: dict[int, Facts] = field(default_factory=dict)
    superseded: set[int] = field(default_factory=set)
    unsure: set[int] = field(default_factory=set)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def wrote(self, text: str, over: str | None) -> None:
        self.facts[mark(text)] = facts(text)
        self.deleted(over)

    def deleted(self, text: str | None) -> None:
        if text is not None:
            self.superseded.add(mark(text))

    def check(self, texts: list[str]) -> int:
        """Whether everything is there that must be. Returns how many superseded versions were kept as copies."""
        found = {mark(text): facts(text) for text in texts}
        standing = self.facts.keys() - self.superseded
        assert standing <= found.keys(), f"lost: {standing - found.keys()}"
        spoilt = {number: (self.facts[number], said) for number, said in found.items() if said != self.facts[number]}
        assert not spoilt, f"written and found: {spoilt}"
        kept = {mark(text) for text in texts if str(_components(text)[0]["SUMMARY"]).endswith(SUFFIX)}
        back = found.keys() - standing - kept
        assert back <= self.unsure, f"came back: {back - self.unsure}"
        assert len(found) == len(texts)
        return len(found.keys() - standing)


def mark(text: str) -> int:
    master = _components(text)[0]
    return int(_MARK.findall(str(master["DESCRIPTION"]))[-1])


def facts(text: str) -> Facts:
    """What an item says, read by another library than ours."""
    return tuple(sorted((_said(component) for component in _components(text)), key=repr))


def _components(text: str) -> list[Any]:
    found = [one for one in icalendar.Calendar.from_ical(text).walk() if one.name in ("VEVENT", "VTODO")]
    return sorted(found, key=lambda one: "RECURRENCE-ID" in one)


def _said(component: Any) -> tuple[Any, ...]:
    texts = [str(component.get(name, "")).replace(SUFFIX, "") for name in ("SUMMARY", "LOCATION", "DESCRIPTION")]
    times = [component[name].to_ical() if name in component else b"" for name in _TIMES]
    people = component.get("ATTENDEE", [])
    people = people if isinstance(people, list) else [people]
    named = sorted((str(one), one.params.get("CN", ""), one.params.get("PARTSTAT", "NEEDS-ACTION")) for one in people)
    exdates = component.get("EXDATE", [])
    exdates = exdates if isinstance(exdates, list) else [exdates]
    skipped = sorted(one.dt.isoformat() for dates in exdates for one in dates.dts)
    alarms = sorted(alarm["TRIGGER"].to_ical() for alarm in component.walk("VALARM"))
    return (component.name, *texts, *times, tuple(named), tuple(skipped), tuple(alarms))


_TIMES = ("DTSTART", "DTEND", "DUE", "RRULE", "RECURRENCE-ID", "STATUS")


def invented(rng: random.Random, number: int, uid: str) -> str:
    """A new item of some sort."""
    start = NOW + timedelta(days=rng.randrange(1, 300), minutes=30 * rng.randrange(0, 30))
    event = Event(uid, rng.choice(_TITLES), start, start + timedelta(hours=1), description=f"설명\n판 {number}")
    match rng.randrange(6):
        case 0:
            event = replace(event, start=start.date(), end=start.date() + timedelta(days=rng.randrange(1, 4)))
        case 1 | 2:
            event = replace(event, rules=(f"FREQ=WEEKLY;COUNT={rng.randrange(4, 12)}",))
        case 3:
            event = replace(event, kind="VTODO", status="NEEDS-ACTION")
        case 4:
            event = replace(event, organizer=Person("나", "me@example.com"), attendees=_PEOPLE)
    if rng.random() < 0.3:
        event = replace(event, alarms=(Alarm(before=timedelta(minutes=15), text="알림"),), location="강남역 3번 출구")
    return new(event, NOW)


def edited(rng: random.Random, text: str, numbers: "count[int]") -> tuple[str, str | None]:
    """The item changed in some way, and a second one where a series was divided. Each has a number of its own."""
    series, rest = Series.parse(text, SEOUL), None
    ids = [one.recurrence_id for one in series.occurrences(NOW, NOW + timedelta(days=1000), 50)]
    one = rng.choice(ids) if series.master.recurs and len(ids) > 2 and rng.random() < 0.7 else ""
    scope = rng.choice(("this", "following", "all")) if one else "all"
    if one and rng.random() < 0.3:
        series = series.without("this", one, NOW) or series
    else:
        changed = replace(series.event(one), **_change(rng, series.event(one), timed=scope != "all"))
        series, rest = series.changed_to(changed, scope, one, NOW)
    return _numbered(series, numbers), _numbered(rest, numbers) if rest else None


def _change(rng: random.Random, event: Event, *, timed: bool) -> dict[str, Any]:
    title = SUFFIX if event.title.endswith(SUFFIX) else ""
    match rng.randrange(4):
        case 0 if timed and isinstance(event.start, datetime) and isinstance(event.end, datetime):
            later = timedelta(minutes=30 * rng.randrange(1, 4))
            return {"start": event.start + later, "end": event.end + later}
        case 1:
            return {"attendees": tuple(rng.sample(_PEOPLE, rng.randrange(1, 4)))}
        case 2:
            return {"location": rng.choice(("본사 3층", "화상 회의", ""))}
    return {"title": f"{rng.choice(_TITLES)} {rng.randrange(1000)}{title}"}


def _numbered(series: Series, numbers: "count[int]") -> str:
    master = replace(series.master, description=f"설명\n판 {next(numbers)}")
    return series.changed_to(master, "all", "", NOW)[0].data
