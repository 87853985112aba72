"""Sessions: the boundary between the agent and whoever reads it."""
