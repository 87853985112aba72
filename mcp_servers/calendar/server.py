"""The calendar server: events, tasks, meetings and files over one SQL database."""

from collections.abc import Mapping
from pathlib import Path

from mcp_servers.calendar.meeting.room_tools import RoomTools
from mcp_servers.calendar.meeting.tools import MeetingTools
from mcp_servers.calendar.reminders.tools import ReminderTools
from mcp_servers.calendar.resources import CalendarResources, register_prompts
from mcp_servers.calendar.sync.tools import SyncTools
from mcp_servers.calendar.tables import operation
from mcp_servers.calendar.tools.agenda import AgendaTools
from mcp_servers.calendar.tools.answers import AnswerTools
from mcp_servers.calendar.tools.calendars import CalendarTools
from mcp_servers.calendar.tools.events import EventTools
from mcp_servers.calendar.tools.files import FileTools
from mcp_servers.calendar.tools.lookup import LookupTools
from mcp_servers.calendar.tools.tasks import TaskTools
from mcp_servers.common.database import Database
from mcp_servers.common.operation import Operations
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings, load

HEAD = "calendar0002"


def create(env: Mapping[str, str]) -> ToolServer:
    """The server over the settings in `env`.

    Raises:
        ValueError: a setting does not parse.
    """
    settings = load(env)
    return build(settings, open_database(settings), env)


def open_database(settings: ServerSettings) -> Database:
    return Database.open(settings, Path(__file__).parent, HEAD)


def build(settings: ServerSettings, database: Database, env: Mapping[str, str] | None = None) -> ToolServer:
    """The server over a database that the caller closes; `env` holds the passwords of calendar accounts."""
    server = ToolServer("달력", server="calendar", instructions="일정을 적고 찾고 바꾼다.", database=database)
    operations = Operations(database, operation)
    EventTools(settings, database, operations).register(server)
    LookupTools(settings, database).register(server)
    AgendaTools(settings, database).register(server)
    AnswerTools(settings, database, operations).register(server)
    TaskTools(settings, database, operations).register(server)
    CalendarTools(settings, database, operations).register(server)
    FileTools(settings, database, operations).register(server)
    MeetingTools(settings, database).register(server)
    RoomTools(settings, database, operations).register(server)
    ReminderTools(settings, database, operations).register(server)
    SyncTools(settings, database, operations, env or {}).register(server)
    CalendarResources(settings, database).register(server)
    register_prompts(server)
    server.serve_outcomes(operations.outcome)
    return server
