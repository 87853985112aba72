"""The phone server: messages, calls and contacts in one SQL database."""

from collections.abc import Mapping

from mcp_servers.common.database import Database
from mcp_servers.common.operation import Operations
from mcp_servers.common.server import ToolServer
from mcp_servers.common.settings import ServerSettings, load
from mcp_servers.phone import store
from mcp_servers.phone.address_book import AddressBookTools
from mcp_servers.phone.calls import CallTools
from mcp_servers.phone.messages import MessageTools
from mcp_servers.phone.provider import RecordingProvider
from mcp_servers.phone.tables import operation


def create(env: Mapping[str, str]) -> ToolServer:
    """The server over the settings in `env`; messages go to the provider that only records.

    Raises:
        ValueError: a setting does not parse.
    """
    settings = load(env)
    return build(settings, store.open_database(settings))


def build(settings: ServerSettings, database: Database) -> ToolServer:
    """The server over a database that the caller closes."""
    server = ToolServer(
        "전화·문자", server="phone", instructions="문자를 보내고 찾으며, 통화와 연락처를 봅니다.", database=database
    )
    operations = Operations(database, operation)
    MessageTools(settings, database, operations, RecordingProvider()).register(server)
    CallTools(settings, database).register(server)
    AddressBookTools(database, operations).register(server)
    server.serve_outcomes(operations.outcome)
    return server
