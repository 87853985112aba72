"""What clients may attach: the calendar as MCP resources, and ready-made requests as MCP prompts."""

from datetime import date, datetime, timedelta
from pathlib import Path
from string import Template

from mcp_servers.calendar import view
from mcp_servers.calendar.agenda import agenda
from mcp_servers.calendar.found import find
from mcp_servers.common.database import Database
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings

_PROMPTS = Path(__file__).parent / "prompts"
_DAY = timedelta(days=1)


class CalendarResources:
    """`calendar://today`, `calendar://week/2026-11-23` (any day of the week) and `calendar://event/ID`."""

    def __init__(self, settings: ServerSettings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def register(self, server: ToolServer) -> None:
        plain = "text/plain"
        server.resource("calendar://today", title="오늘 일정", description="오늘의 일정과 할 일", mime_type=plain)(
            self.today
        )
        server.resource(
            "calendar://week/{day}", title="한 주 일정", description="그 날이 든 주의 일정", mime_type=plain
        )(self.week)
        server.resource(
            "calendar://event/{event_id}", title="일정", description="일정 하나", mime_type="application/json"
        )(self.event)

    async def today(self) -> str:
        """The user's day."""
        now = self._settings.now()
        return await self._agenda(_midnight(now.date(), now), 1)

    async def week(self, day: str) -> str:
        """Monday to Sunday around a day (ISO 8601), or "this" and "next"."""
        now = self._settings.now()
        ahead = {"this": timedelta(), "next": timedelta(days=7)}
        try:
            wanted = now.date() + ahead[day] if day in ahead else date.fromisoformat(day)
        except ValueError as error:
            raise Refused(f"날짜를 읽을 수 없습니다: {day!r}. 예: calendar://week/2026-11-23") from error
        return await self._agenda(_midnight(wanted - wanted.weekday() * _DAY, now), 7)

    async def event(self, event_id: str) -> str:
        """Everything about one event."""
        now = self._settings.now()
        async with self._database.begin() as connection:
            return view.details(await find(connection, event_id, now), now).model_dump_json(indent=1)

    async def _agenda(self, start: datetime, days: int) -> str:
        async with self._database.begin() as connection:
            return (await agenda(connection, start, start + days * _DAY, self._settings.now())).text


def register_prompts(server: ToolServer) -> None:
    """오늘 브리핑, 주간 회고 and 회의 잡기; their texts lie in `prompts/`."""

    @server.prompt(title="오늘 브리핑", description="오늘 일정과 할 일을 짧게 정리한다")
    def today_briefing() -> str:
        return _text("today_briefing")

    @server.prompt(title="주간 회고", description="지난 한 주를 돌아보고 다음 주를 준비한다")
    def weekly_review() -> str:
        return _text("weekly_review")

    @server.prompt(title="회의 잡기", description="여럿이 모일 시간을 찾아 회의를 잡는다")
    def schedule_meeting(people: str, topic: str = "회의", duration: str = "1시간", when: str = "이번 주") -> str:
        return _text("schedule_meeting", people=people, topic=topic, duration=duration, when=when)


def _text(name: str, **values: str) -> str:
    body = (_PROMPTS / f"{name}.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    return Template(body).substitute(values).strip()


def _midnight(day: date, now: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
