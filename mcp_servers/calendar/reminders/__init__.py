"""Reminders of events and tasks: which are due, who tells them, and what was missed."""
