"""Recurring events by RFC 5545 and RFC 7529, Gregorian and Korean lunar, without a calendar around them."""

from mcp_servers.calendar.recurrence.dangi import LunarDate, leap_month, lunar, month_length, solar
from mcp_servers.calendar.recurrence.expand import TooManyOccurrences, continued_from, starts
from mcp_servers.calendar.recurrence.parts import ByDay, ByMonth, Calendar, Frequency, InvalidRule, Skip
from mcp_servers.calendar.recurrence.rule import Rule
from mcp_servers.calendar.recurrence.series import Occurrence, Period, RecurrenceSet
from mcp_servers.calendar.recurrence.spoken import spoken

__all__ = [
    "ByDay", "ByMonth", "Calendar", "Frequency", "InvalidRule", "LunarDate", "Occurrence", "Period", "RecurrenceSet",
    "Rule", "Skip", "TooManyOccurrences", "continued_from", "leap_month", "lunar", "month_length", "solar", "spoken",
    "starts",
]  # fmt: skip
