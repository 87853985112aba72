"""The four tool servers of modu. Each is a package that also runs alone: `python -m mcp_servers.NAME`."""
