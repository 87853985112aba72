"""The terminal UI: draws events, sends commands."""
