"""`python -m mcp_servers.phone`."""

from mcp_servers.common.run import run
from mcp_servers.phone.server import create

raise SystemExit(run("phone", create))
