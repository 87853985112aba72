"""What tools do not show: the way from the first revision, the stretch that is indexed, and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mcp_servers.calendar import server
from mcp_servers.calendar.store import spans
from mcp_servers.calendar.tables import item, occurrence
from mcp_servers.common.database import Database
from mcp_servers.common.settings import load
from tests.mcp_servers.calendar_client import Tools, environment, titles

PACKAGE = Path(server.__file__).parent
OLD = """INSERT INTO calendar_event
(id, title, starts_at, ends_at, all_day, location, attendees, description, searchable, created_at, updated_at)
VALUES (:id, :title, :starts_at, :ends_at, :all_day, :location, :attendees, :description, '', :created_at, :created_at)
"""


def old_event(**changed: Any) -> dict[str, Any]:
    event = {"id": "ev_abc123", "title": "디자인; 리뷰, 2차", "starts_at": "2026-11-19 06:00:00.000000"}
    event |= {"ends_at": "2026-11-19 07:00:00.000000", "all_day": False, "location": "3층", "attendees": '["민수"]'}
    return event | {"description": "첫 줄\n둘째 줄", "created_at": "2026-11-01 00:00:00.000000"} | changed


async def test_events_of_the_first_revision_are_all_there(tmp_path: Path) -> None:
    settings = load(environment(tmp_path))
    first = Database.open(settings, PACKAGE, "calendar0001")
    midnight = {"starts_at": "2026-11-30 15:00:00.000000", "ends_at": "2026-12-02 15:00:00.000000"}
    async with first.begin() as connection:
        await connection.execute(sa.text(OLD), old_event())
        await connection.execute(sa.text(OLD), old_event(id="ev_days00", title="출장", all_day=True, **midnight))
    await first.close()

    database = server.open_database(settings)
    tools = Tools(server.build(settings, database))
    kept = await tools("get_event", event_id="ev_abc123")
    found = (await tools("search_events"))["items"]
    await database.close()

    assert kept["when"] == "11월 19일 목요일 오후 3시~4시"
    assert (kept["title"], kept["attendees"], kept["description"]) == ("디자인; 리뷰, 2차", ["민수"], "첫 줄\n둘째 줄")
    assert [event["when"] for event in found] == [kept["when"], "12월 1일 화요일~12월 2일 수요일"]


async def indexed(database: Database) -> tuple[int, datetime | None, datetime | None]:
    async with database.begin() as connection:
        count = await connection.scalar(sa.select(sa.func.count()).select_from(occurrence))
        stretch = (await connection.execute(sa.select(item.c.indexed_from, item.c.indexed_until))).one()
    return int(count or 0), stretch[0], stretch[1]


async def test_an_endless_series_is_indexed_for_two_years_and_further_when_asked(tmp_path: Path) -> None:
    settings = load(environment(tmp_path))
    database = server.open_database(settings)
    tools = Tools(server.build(settings, database))
    await tools("create_event", title="주간 회의", start="매주 화요일 오전 10시")
    at_first = await indexed(database)

    found = await titles(tools, when="2035-03-06")
    later = await indexed(database)
    await database.close()

    assert (at_first[0], at_first[1]) == (104, None)
    assert found == ["주간 회의"]
    assert later[2] is not None
    assert later[2] > datetime(2036, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "number"),
    [
        (timedelta(), 0),
        (timedelta(days=1), 0),
        (timedelta(days=2), 1),
        (timedelta(days=60), 2),
        (timedelta(days=900), 4),
    ],
)
async def test_whatever_its_length_an_event_is_found_while_it_lasts(
    tmp_path: Path, length: timedelta, number: int
) -> None:
    settings = load(environment(tmp_path))
    database = server.open_database(settings)
    begin = datetime(2026, 1, 5, 0, 0, tzinfo=settings.now().tzinfo)
    row = {"item": "ev_1", "recurrence_id": "", "component": "", "starts_at": begin, "ends_at": begin + length}
    row |= {"kind": "VEVENT", "all_day": False, "busy": True, "span": spans.span(begin, begin + length)}
    minute = timedelta(minutes=1)
    looked = {
        "before": (begin - minute, begin),
        "first": (begin, begin + minute),
        "last": (begin + length - minute, begin + length + minute),
        "after": (begin + length + minute, begin + length + 2 * minute),
    }
    async with database.begin() as connection:
        await connection.execute(sa.text("PRAGMA defer_foreign_keys=ON"))
        await connection.execute(occurrence.insert().values(row))
        query = sa.select(occurrence.c.item)
        found = {
            name: [
                *await connection.scalars(spans.running(query, first)),
                *await connection.scalars(spans.starting(query, first, last)),
            ]
            for name, (first, last) in looked.items()
        }
        await connection.rollback()
    await database.close()

    assert row["span"] == number
    assert found == {"before": [], "first": ["ev_1"], "last": ["ev_1"], "after": []}
