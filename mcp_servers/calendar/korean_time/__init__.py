"""Korean time: text and a reference instant in, instants, intervals, lengths and recurrences out. Usable on its own."""

from mcp_servers.calendar.korean_time.expression import Expression, Hours, Toward
from mcp_servers.calendar.korean_time.parser import parse
from mcp_servers.calendar.korean_time.reading import day_reading, length_reading, reading
from mcp_servers.calendar.korean_time.resolve import parse_duration, resolve, resolve_interval

__all__ = [
    "Expression",
    "Hours",
    "Toward",
    "day_reading",
    "length_reading",
    "parse",
    "parse_duration",
    "reading",
    "resolve",
    "resolve_interval",
]
