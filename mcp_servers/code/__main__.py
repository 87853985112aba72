"""Run the code server alone."""

from mcp_servers.code.server import create
from mcp_servers.common.run import run

raise SystemExit(run("code", create))
