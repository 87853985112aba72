"""Reminders: what tool servers say is due is claimed, told to the user once, and settled."""
