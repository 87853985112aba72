"""Meetings of several people: who is free when, which time is best and why, and in which room."""
