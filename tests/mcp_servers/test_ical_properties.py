"""Any event comes back as it was written, and any edits leave the occurrences that a plain list of them would have."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import get_args
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_servers.calendar.entities import Alarm, Event, Moment, PartStat, Person, Scope
from mcp_servers.calendar.ical import Series, key, new, read, read_file, write_file

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), max_size=90)
words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=30)
links = st.from_regex(r"https://[a-z]{1,9}\.kr/[a-z0-9,;=?%]{0,90}", fullmatch=True)
people = st.builds(
    Person,
    name=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40),
    address=st.one_of(st.just(""), st.from_regex(r"[a-z0-9.]{1,12}@[a-z]{1,9}\.kr", fullmatch=True)),
    status=st.sampled_from(get_args(PartStat)),
    role=st.sampled_from(["REQ-PARTICIPANT", "OPT-PARTICIPANT", "CHAIR"]),
    kind=st.sampled_from(["INDIVIDUAL", "ROOM", "GROUP"]),
).filter(lambda person: bool(person.name or person.address))
lengths = st.integers(-100_000, 1_000_000).map(lambda minutes: timedelta(minutes=minutes))
zones: st.SearchStrategy[tzinfo | None] = st.sampled_from(
    [None, UTC, SEOUL, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")]
)
# In March and November a clock shows times twice or never; RFC 5545 cannot write the second of two.
days = st.dates(date(1950, 1, 1), date(2090, 12, 31)).filter(lambda day: day.month not in (3, 4, 10, 11))
clocks = st.integers(0, 86_399).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def moments(draw: st.DrawFn) -> tuple[Moment, Moment | None]:
    day, length = draw(days), draw(st.integers(0, 20_000))
    if draw(st.booleans()):
        return day, draw(st.sampled_from([None, day + timedelta(days=1 + length % 9)]))
    start = datetime(day.year, day.month, day.day, tzinfo=draw(zones)) + draw(clocks)
    return start, draw(st.sampled_from([None, start + timedelta(minutes=length % 1_000)]))


instants = st.builds(lambda day, clock: datetime(day.year, day.month, day.day, tzinfo=UTC) + clock, days, clocks)
alarms = st.one_of(
    st.builds(Alarm, before=lengths, related=st.sampled_from(["START", "END"]), text=texts),
    st.builds(Alarm, at=instants, text=texts, action=st.sampled_from(["DISPLAY", "AUDIO", "EMAIL"])),
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    start, end = draw(moments())
    recurring = draw(st.booleans())
    more = [start + timedelta(days=count) for count in draw(st.lists(st.integers(1, 90), unique=True, max_size=4))]
    more = [each for each in more if each.month not in (3, 4, 10, 11)]
    return Event(
        uid=draw(words),
        title=draw(texts),
        start=start,
        end=end,
        kind=draw(st.sampled_from(["VEVENT", "VTODO"])) if end is None else "VEVENT",
        rules=("FREQ=DAILY;COUNT=100",) if recurring else (),
        rdates=tuple(more[:2]) if recurring else (),
        exdates=tuple(more[2:]) if recurring else (),
        location=draw(texts),
        description=draw(texts),
        url=draw(st.one_of(st.just(""), links)),
        status=draw(st.sampled_from(["", "CONFIRMED", "CANCELLED"])),
        busy=draw(st.booleans()),
        visibility=draw(st.sampled_from(["", "PRIVATE"])),
        categories=tuple(draw(st.lists(words, max_size=3))),
        organizer=draw(st.one_of(st.none(), people.map(lambda each: Person(each.name, each.address)))),
        attendees=tuple(draw(st.lists(people, max_size=3))),
        alarms=tuple(draw(st.lists(alarms, max_size=2))),
        attachments=tuple(draw(st.lists(links, max_size=2, unique=True))),
        sequence=draw(st.integers(0, 99)),
        priority=draw(st.integers(0, 9)),
        completed_at=draw(st.one_of(st.none(), instants)),
        percent=draw(st.integers(0, 100)),
    )  # fmt: skip


@given(events())
@settings(deadline=None, max_examples=60)
def test_an_event_that_is_written_is_read_as_the_same(event: Event) -> None:
    text = new(event, NOW)

    assert read(text, SEOUL) == [event]
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert [item.data for item in read_file(text.encode()).items] == [text]
    assert [item.data for item in read_file(write_file([text]).encode()).items] == [text]


@given(events(), events())
@settings(deadline=None, max_examples=40)
def test_any_event_can_be_made_any_other(event: Event, other: Event) -> None:
    wanted = replace(other, uid=event.uid, kind=event.kind, rules=(), rdates=(), exdates=(), sequence=0)
    if event.kind == "VTODO":
        wanted = replace(wanted, end=None)
    single = replace(event, rules=(), rdates=(), exdates=())

    changed, _ = Series.parse(new(single, NOW), SEOUL).changed_to(wanted, "all", "", NOW + HOUR)

    assert replace(changed.master, sequence=0) == wanted
    assert read(changed.data, SEOUL) == [changed.master]


DAY, WEEK = timedelta(days=1), timedelta(days=7)
SERIES = {"FREQ=WEEKLY;BYDAY=TU;COUNT=12": WEEK, "FREQ=DAILY;COUNT=9": DAY, "FREQ=WEEKLY;INTERVAL=2;COUNT=9": 2 * WEEK}
CHANGES = st.tuples(
    st.integers(0, 99),
    st.sampled_from(get_args(Scope)),
    st.integers(0, 99),
    st.one_of(
        st.none(), st.tuples(st.integers(-30, 30).map(lambda hours: hours * HOUR), st.sampled_from(["", "가", "나"]))
    ),
)
"""Which series, scope, which occurrence, and how far to move it and how to call it; None to remove it."""


@dataclass
class Row:
    nominal: datetime
    start: datetime
    title: str


@dataclass
class Listed:
    """What a series ought to be: its occurrences one by one."""

    title: str
    rows: list[Row]

    def split(self, at: Row) -> "tuple[Listed, Listed]":
        before = [row for row in self.rows if row.nominal < at.nominal]
        return Listed(self.title, before), Listed(self.title, [row for row in self.rows if row.nominal >= at.nominal])

    def change_all(self, at: Row, move: timedelta, title: str) -> None:
        """A field that an occurrence has of its own stays, but for the one that is edited."""
        was = self.title
        self.title = title if title != at.title else was
        for row in self.rows:
            follows = row.start == row.nominal
            row.nominal += move
            row.start = row.nominal if follows and row is not at else row.start + move * (row is at)
            if (self.title != was and row.title == was) or row is at:
                row.title = title

    def shown(self) -> list[tuple[datetime, str]]:
        return sorted((row.start, row.title) for row in self.rows)


def shown(series: Series) -> list[tuple[datetime, str]]:
    found = series.occurrences(datetime(2024, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC), 500)
    return sorted((each.start, each.event.title) for each in found)


def removed(series: Series, listed: Listed, scope: Scope, row: Row) -> list[tuple[Series, Listed]]:
    left = series.without(scope, key(row.nominal), NOW)
    gone = [] if scope == "all" else listed.split(row)[0].rows
    rows = [each for each in listed.rows if each is not row] if scope == "this" else gone
    assert (left is None) == (not rows)
    return [] if left is None else [(left, Listed(listed.title, rows))]


def changed(
    series: Series, listed: Listed, scope: Scope, row: Row, move: timedelta, title: str
) -> list[tuple[Series, Listed]]:
    event = series.event(key(row.nominal))
    assert (event.start, event.title) == (row.start, row.title)
    title = title or row.title
    wanted = replace(event, start=row.start + move, end=row.start + move + HOUR, title=title)
    first, second = series.changed_to(wanted, scope, key(row.nominal), NOW)
    if scope == "this":
        row.start, row.title = row.start + move, title
        return [(first, listed)]
    before, after = listed.split(row)
    if scope == "all" or not before.rows or wanted == event:
        assert second is None
        listed.change_all(row, move, title)
        return [(first, listed)]
    assert second is not None
    after.change_all(row, move, title)
    return [(first, before), (second, after)]


@given(
    st.sampled_from(sorted(SERIES)),
    st.sampled_from([SEOUL, UTC, ZoneInfo("America/New_York")]),
    st.lists(CHANGES, max_size=7),
)
@settings(deadline=None, max_examples=60)
def test_edits_do_to_a_series_what_they_do_to_a_list(
    rule: str, zone: tzinfo, changes: list[tuple[int, Scope, int, tuple[timedelta, str] | None]]
) -> None:
    start = datetime(2026, 12, 1, 15, 30, tzinfo=zone)
    event = Event("u", "회의", start, start + HOUR, rules=(rule,))
    times = [start + count * SERIES[rule] for count in range(int(rule.rpartition("COUNT=")[2]))]
    rows = [Row(at, at, "회의") for at in times]
    pool = [(Series.parse(new(event, NOW), SEOUL), Listed("회의", rows))]
    for which, scope, at, change in changes:
        if not pool:
            return
        series, listed = pool.pop(which % len(pool))
        row = sorted(listed.rows, key=lambda row: row.nominal)[at % len(listed.rows)]
        if change is None:
            pool += removed(series, listed, scope, row)
        else:
            pool += changed(series, listed, scope, row, *change)

        for series, listed in pool:
            assert shown(series) == listed.shown()
            assert shown(Series.parse(series.data, SEOUL)) == listed.shown()
            assert read_file(series.data.encode()).items[0].data == series.data
