"""Finding meeting times where the calendar lies in PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcp_servers.calendar.server import open_database
from mcp_servers.common.settings import load
from tests.mcp_servers.calendar_client import environment
from tests.mcp_servers.test_meeting import TOMORROW, Office, attendee


@pytest.fixture
async def office(postgres_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    settings = load({**environment(tmp_path), "MODU_DATABASE_URL": postgres_url})
    database = open_database(settings)
    yield Office(settings, database)
    await database.close()


async def test_people_rooms_and_calendars_of_others_are_read_there_too(office: Office) -> None:
    yours = await office.calendar_of("이영희")
    await office.calendar_of("모르는 사람")
    await office("save_room", name="대회의실", capacity=12)
    await office.put("면접", "20261119", "0900-1200", collection=yours)
    await office.put("미정", "20261119", "1300-1400", attendee("이영희", status="TENTATIVE"))
    await office.meets("주간 회의", "내일 오후 2시", "김민수", location="대회의실", duration="2시간")

    answer = await office("find_meeting_time", people=["민수", "이영희", "홍길동"], when=TOMORROW, capacity=4)
    best = answer["suggestions"][0]

    assert best["when"] == "11월 19일 목요일 오후 4시 30분~5시 30분"
    assert (best["missing"], best["room"]) == ([], "대회의실")
    assert "비어 있다고 본 사람: 홍길동" in answer["note"]
    assert await office.keeps("이영희", "내일 오후 1시") == [("미정", True)]
    assert (await office("list_rooms", when=TOMORROW))["rooms"][0]["booked"] == ["11월 19일 목요일 오후 2시~4시"]
