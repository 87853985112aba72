"""Business days: Monday to Friday without public and substitute holidays of Korea."""

from datetime import datetime, timedelta

from mcp_servers.calendar.holiday import is_working_day


def business_day(start: datetime, count: int) -> datetime:
    """The `count`th business day after the start, before it when negative; the start itself does not count."""
    step = timedelta(days=1 if count > 0 else -1)
    day, left = start, abs(count)
    while left:
        day += step
        left -= is_working_day(day)
    return day
