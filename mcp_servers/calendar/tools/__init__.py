"""The tools of the calendar server, by what they are about."""
