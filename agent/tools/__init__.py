"""Tools reach the agent only over MCP (invariant 5): connections, the catalog, and what comes back."""
