"""`python -m mcp_servers.calendar`."""

from mcp_servers.calendar.server import create
from mcp_servers.common.run import run

if __name__ == "__main__":
    raise SystemExit(run("calendar", create))
