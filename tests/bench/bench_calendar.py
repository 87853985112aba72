"""What a big calendar costs: `python tests/bench/bench_calendar.py [sqlite|postgres]`.

20 people, three in each event, on SQLite and PostgreSQL: finding a time for all of them in four weeks, and the events
of a week. First the same density in ever more years, then the same events crowded into fewer years. Prints the
median of several calls, and for the biggest calendar the query plans: nothing may read a whole table.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[2]))

from mcp_servers.calendar.meeting.tools import MeetingTools
from mcp_servers.calendar.server import open_database
from mcp_servers.calendar.store import collections, spans
from mcp_servers.calendar.tables import component, item, occurrence, participant
from mcp_servers.calendar.tools.lookup import LookupTools
from mcp_servers.common.database import Database
from mcp_servers.common.settings import ServerSettings, load
from tests.postgres import empty_database, running

NOW = datetime(2026, 11, 18, 1, 30, tzinfo=UTC)
PEOPLE = [f"사람{number:02}" for number in range(20)]
CALENDARS = ((1_000, 0.1), (10_000, 1.0), (100_000, 10.0), (100_000, 3.0), (100_000, 1.0))
"""Events, and the years over which they lie, half of them past."""
ROUNDS = 9
AT_ONCE = 2_000
BIG = ("calendar_item", "calendar_component", "calendar_occurrence", "calendar_participant")
WHOLE = ("(kind=?)", *(f"{verb} {table}" for verb in ("SCAN", "Seq Scan on") for table in BIG))
"""What a plan says where it reads a whole table; every event is of the same kind."""

Rows = dict[sa.Table, list[dict[str, Any]]]


def rows(first: int, last: int, years: float, chance: random.Random) -> Rows:
    made: Rows = {item: [], component: [], occurrence: [], participant: []}
    days = int(365 * years / 2)
    for number in range(first, last):
        name, title = f"ev_{number:08}", f"회의 {number}"
        midnight = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC)
        start = midnight + timedelta(days=chance.randint(-days, days), minutes=15 * chance.randrange(36))
        end = start + timedelta(minutes=chance.choice((30, 60, 60, 90)))
        people = [{"name": one, "address": f"{PEOPLE.index(one)}@example.com"} for one in chance.sample(PEOPLE, 3)]
        stamps = f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\n"
        event = f"BEGIN:VEVENT\r\nUID:{name}\r\n{stamps}SUMMARY:{title}\r\nEND:VEVENT\r\n"
        text = f"BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n"
        here = {"item": name, "recurrence_id": "", "component": ""}
        made[item].append({"id": name, "collection": "cal_mine", "uid": name, "kind": "VEVENT", "data": text,
                           "digest": "", "outside": False, "created_at": NOW, "updated_at": NOW})  # fmt: skip
        made[component].append({"item": name, "recurrence_id": "", "collection": "cal_mine", "kind": "VEVENT",
                                "title": title, "location": "", "description": "", "status": "", "recurs": False,
                                "outside": False, "alarms": 0, "priority": 0, "searchable": title,
                                "attendees": [{**one, "status": "ACCEPTED", "role": "REQ-PARTICIPANT",
                                               "kind": "INDIVIDUAL"} for one in people]})  # fmt: skip
        made[occurrence].append({**here, "kind": "VEVENT", "starts_at": start, "ends_at": end, "all_day": False,
                                 "busy": True, "span": spans.span(start, end)})  # fmt: skip
        made[participant] += [
            {"item": name, "component": "", "person": key, "status": "ACCEPTED"}
            for one in people
            for key in (f"name:{one['name']}", f"mail:{one['address']}")
        ]
    return made


async def fill(database: Database, events: int, years: float) -> None:
    chance = random.Random(5)
    async with database.begin() as connection:
        await collections.default(connection)
        for first in range(0, events, AT_ONCE):
            for table, values in rows(first, min(first + AT_ONCE, events), years, chance).items():
                await connection.execute(table.insert(), values)
        if connection.dialect.name == "postgresql":
            # As autovacuum does by itself in a server that runs on; SQLite has no such thing.
            await connection.exec_driver_sql("ANALYZE")


async def median(call: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Milliseconds on the clock and of this process's processor."""
    await call()
    clock, processor = [], []
    for _ in range(ROUNDS):
        begun, used = time.perf_counter(), time.process_time()
        await call()
        clock.append(1000 * (time.perf_counter() - begun))
        processor.append(1000 * (time.process_time() - used))
    return statistics.median(clock), statistics.median(processor)


@asynccontextmanager
async def calendar(settings: ServerSettings, events: int, years: float) -> AsyncIterator[Database]:
    database = open_database(settings)
    await fill(database, events, years)
    try:
        yield database
    finally:
        await database.close()


async def measure(settings: ServerSettings, label: str, events: int, years: float) -> None:
    async with calendar(settings, events, years) as database:
        meeting, lookup = MeetingTools(settings, database), LookupTools(settings, database)
        find = partial(meeting.find_meeting_time, PEOPLE, "오늘부터 4주")
        week = partial(lookup.search_events, when="이번 주")
        in_four_weeks = round(events * 28 / (365 * years)) if years > 0.2 else events // 2
        figures = [*await median(find), *await median(week)]
        print(f"{label:<10}{events:>8,}{years:>6}{in_four_weeks:>9,}" + "".join(f"{one:>10.1f}" for one in figures))
        if (events, years) == CALENDARS[2]:
            await explain(database, find, week)


async def explain(database: Database, *calls: Callable[[], Awaitable[object]]) -> None:
    """Print the plan of every query of the calls that touches what grows with the calendar."""
    seen: dict[str, Any] = {}

    def note(_c: Any, _u: Any, statement: str, parameters: Any, _x: Any, _m: bool) -> None:
        if statement.startswith(("SELECT", "WITH")) and any(table in statement for table in BIG):
            seen.setdefault(statement, parameters)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    for call in calls:
        await call()
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
    async with database.begin() as connection:
        how = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        for statement, parameters in seen.items():
            plan = [str(row[-1]).strip() for row in await connection.exec_driver_sql(how + statement, parameters)]
            steps = [step for step in plan if step.startswith(("SCAN", "SEARCH", "->", "Index", "Seq"))]
            whole = any(each in step for each in WHOLE for step in steps)
            print("    reads a whole table:" if whole else "    reads what it asks for:", " ; ".join(steps)[:400])


def settings(home: Path, **more: str) -> ServerSettings:
    return load({"MODU_HOME": str(home), "MODU_NOW": NOW.isoformat(), **more})


def main(wanted: str = "") -> None:
    four = ("find ms", "CPU", "week ms", "CPU")
    print(f"{'':<10}{'events':>8}{'years':>6}{'4 weeks':>9}" + "".join(f"{head:>10}" for head in four))
    if wanted in ("", "sqlite"):
        for events, years in CALENDARS:
            with tempfile.TemporaryDirectory() as home:
                asyncio.run(measure(settings(Path(home)), "SQLite", events, years))
    if wanted in ("", "postgres"):
        with running() as server, tempfile.TemporaryDirectory() as home:
            for events, years in CALENDARS:
                there = settings(Path(home), MODU_DATABASE_URL=asyncio.run(empty_database(server)))
                asyncio.run(measure(there, "PostgreSQL", events, years))


if __name__ == "__main__":
    main(*sys.argv[1:2])
