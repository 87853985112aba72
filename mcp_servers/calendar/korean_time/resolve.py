"""One time out of a text, for programs that need just that."""

from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.expression import Expression, Toward
from mcp_servers.calendar.korean_time.normal import Normal
from mcp_servers.calendar.korean_time.parser import parse
from mcp_servers.calendar.korean_time.scan import scan
from mcp_servers.calendar.korean_time.words.lengths import length_of
from mcp_servers.calendar.korean_time.words.token import Length


def resolve(text: str, now: datetime, toward: Toward = "future") -> Expression | None:
    """The first instant, interval or recurrence the text names, with the hours of a working day."""
    return next((found for found in parse(text, now, "work", toward) if found.start), None)


def resolve_interval(text: str, now: datetime, toward: Toward = "future") -> tuple[datetime, datetime | None] | None:
    """Start and exclusive end of what an ISO 8601 or Korean text names; the end is None for an instant or "…부터".

    Periods are whole ("이번 주", "11월"), and "…까지" begins now. None when the text names no time.
    """
    found = resolve(text, now, toward)
    if found is None:
        return None
    if found.open == "before":
        return min(now, found.first), found.end or found.first
    return found.first, None if found.open == "after" else found.end


def parse_duration(text: str) -> timedelta | None:
    """The length the text names, ISO 8601 ("PT1H") or Korean ("한 시간 반"); None when there is none."""
    text = Normal(text).text
    if amount := length_of(text):
        return amount.delta or None
    lengths = (token.meaning for token in scan(text) if isinstance(token.meaning, Length))
    return next((length.amount.delta for length in lengths if length.amount.delta), None)
