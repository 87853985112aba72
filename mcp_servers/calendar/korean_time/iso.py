"""ISO 8601 instants and intervals inside a text."""

import re
from dataclasses import replace
from datetime import datetime

from mcp_servers.calendar.korean_time.expression import Expression

_INSTANT = re.compile(
    r"(?<![\d-])\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?(?![\d:])"
)
_BETWEEN = re.compile(r"\s*(?:/|~|부터|에서|–|—|--)\s*")
_UNTIL = re.compile(r"\s*까지")


def iso_times(text: str, now: datetime) -> list[Expression]:
    """Instants, and intervals where two of them are joined by "/", "~" or 부터."""
    found: list[Expression] = []
    for match in _INSTANT.finditer(text):
        instant = _read(match.group(), now)
        if instant is None:
            continue
        previous = found[-1] if found else None
        if previous and not previous.end and _BETWEEN.fullmatch(text, previous.span[1], match.start()):
            until = _UNTIL.match(text, match.end())
            stop = until.end() if until else match.end()
            begin = previous.span[0]
            found[-1] = replace(previous, kind="interval", end=instant, span=(begin, stop), text=text[begin:stop])
            continue
        found.append(Expression("instant", match.group(), match.span(), "minute", start=instant))
    return found


def _read(text: str, now: datetime) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.astimezone(now.tzinfo) if instant.tzinfo else instant.replace(tzinfo=now.tzinfo)
