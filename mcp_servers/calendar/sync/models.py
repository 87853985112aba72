"""What the tools of this package return."""

from pydantic import BaseModel

from mcp_servers.common.operation import Change


class Synced(Change):
    """`detail` tells conflicts and what did not work."""


class AccountAdded(Change):
    calendars: list[str]


class AccountRemoved(Change):
    pass


class SetupHelp(BaseModel):
    provider: str
    steps: str
    url: str = ""
    connected: list[str] = []
    """Accounts that are there already."""
