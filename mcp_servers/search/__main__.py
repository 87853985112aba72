"""`python -m mcp_servers.search`."""

from mcp_servers.common.run import run
from mcp_servers.search.server import create

raise SystemExit(run("search", create))
