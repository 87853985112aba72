"""The tool that tells what is on."""

from typing import Annotated

from pydantic import Field

from mcp_servers.calendar.agenda import LONGEST, agenda
from mcp_servers.calendar.models import Agenda
from mcp_servers.calendar.when import period
from mcp_servers.common.database import Database
from mcp_servers.common.refusal import Refused
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings
from mcp_servers.common.text import Korean


class AgendaTools:
    """The tool; its docstring is what the model reads."""

    def __init__(self, settings: ServerSettings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def register(self, server: ToolServer) -> None:
        server.read("일정표")(self.agenda)

    async def agenda(self, when: Annotated[Korean, Field(description="예: 이번 주")] = "오늘") -> Agenda:
        """하루·한 주·한 달의 일정과 할 일을 글로 본다."""
        now = self._settings.now()
        start, end, _ = period(when, now)
        end = end or start + LONGEST
        if end - start > LONGEST:
            raise Refused(f"기간이 너무 깁니다: {when!r}. 두 달 안으로 줄이세요. 예: 이번 달")
        async with self._database.begin() as connection:
            return await agenda(connection, start, end, now)
