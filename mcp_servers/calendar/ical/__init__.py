"""iCalendar (RFC 5545) both ways: an item's text as events, edits of it that keep the rest, files, invitations."""

from mcp_servers.calendar.ical import invitation
from mcp_servers.calendar.ical.block import InvalidCalendar
from mcp_servers.calendar.ical.file import File, FileItem, read_file, write_file
from mcp_servers.calendar.ical.moment import instant, key
from mcp_servers.calendar.ical.moving import UnclearEdit
from mcp_servers.calendar.ical.occurrences import Instance
from mcp_servers.calendar.ical.series import Series, new, read

__all__ = [
    "File",
    "FileItem",
    "Instance",
    "InvalidCalendar",
    "Series",
    "UnclearEdit",
    "instant",
    "invitation",
    "key",
    "new",
    "read",
    "read_file",
    "write_file",
]
