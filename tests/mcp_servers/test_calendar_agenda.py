import json

from mcp import Client
from mcp.types import TextContent, TextResourceContents

from tests.mcp_servers.calendar_client import Tools


async def read(tools: Tools, uri: str) -> str:
    async with Client(tools.server) as client:
        [content] = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def test_a_day_is_told_in_the_order_of_its_hours(tools: Tools) -> None:
    await tools("create_event", title="디자인 리뷰", start="오늘 오후 3시", location="3층", attendees=["김민수"])
    await tools("create_event", title="창립 기념일", start="오늘")
    await tools("create_event", title="점심", start="오늘 낮 12시")
    await tools("create_task", title="보고서 제출", due="오늘까지", priority="높음")

    told = await tools("agenda")

    assert told["text"] == (
        "11월 18일 수요일 (오늘) · 일정 3건\n"
        "  종일 창립 기념일\n"
        "  12:00~13:00 점심\n"
        "  15:00~16:00 디자인 리뷰 · 3층 · 김민수\n"
        "할 일 · 1건\n"
        "  [ ] 보고서 제출 · 11월 18일 수요일 (오늘) · 높음"
    )


async def test_a_month_names_its_holidays_and_skips_empty_days(tools: Tools) -> None:
    await tools("create_event", title="송년회", start="12월 23일 저녁 7시부터 10시까지")

    assert (await tools("agenda", when="12월"))["text"] == (
        "12월 23일 수요일 · 일정 1건\n  19:00~22:00 송년회\n12월 25일 금요일 · 기독탄신일 · 일정 없음"
    )


async def test_what_lasts_for_days_is_on_every_one_of_them(tools: Tools) -> None:
    await tools("create_event", title="당직", start="내일 오후 10시", end="모레 오전 6시")

    assert (await tools("agenda", when="내일부터 모레까지"))["text"] == (
        "11월 19일 목요일 · 일정 1건\n  22:00~다음 날까지 당직\n11월 20일 금요일 · 일정 1건\n  전날부터~06:00 당직"
    )


async def test_a_year_is_too_long_for_an_agenda(tools: Tools) -> None:
    assert "두 달 안으로" in (await tools.refused("agenda", when="내년"))[1]


async def test_days_weeks_and_events_are_resources(tools: Tools) -> None:
    event = (await tools("create_event", title="디자인 리뷰", start="다음 주 월요일 3시"))["event"]

    assert "일정 없음" in await read(tools, "calendar://today")
    assert "디자인 리뷰" in await read(tools, "calendar://week/2026-11-25")
    assert "디자인 리뷰" in await read(tools, "calendar://week/next")
    assert json.loads(await read(tools, f"calendar://event/{event['id']}"))["title"] == "디자인 리뷰"


async def test_ready_made_requests_are_prompts(tools: Tools) -> None:
    async with Client(tools.server) as client:
        names = [(prompt.name, prompt.title) for prompt in (await client.list_prompts()).prompts]
        asked = await client.get_prompt("schedule_meeting", {"people": "김민수, 박지영"})

    [message] = asked.messages
    assert names == [
        ("today_briefing", "오늘 브리핑"),
        ("weekly_review", "주간 회고"),
        ("schedule_meeting", "회의 잡기"),
    ]
    assert isinstance(message.content, TextContent)
    assert "참석자: 김민수, 박지영" in message.content.text
