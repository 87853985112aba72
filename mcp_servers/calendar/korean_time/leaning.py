"""Which half of the day a bare hour leans to, by what people do then: "7시 회식" is in the evening."""

import re

from mcp_servers.calendar.korean_time.period import Period

_EVENING = re.compile(r"저녁|회식|술|치맥|야근|뒤풀이|송년회|망년회|소개팅|데이트|공연|콘서트|야식|퇴근|야구|축구|영화")
_MORNING = re.compile(r"아침|조식|조찬|출근|등교|기상|조깅|일출|새벽|모닝")
_CLAUSE_END = re.compile(r"[.!?\n]|(?:고|며|지만|는데|서)\s|\d")
_AHEAD, _BEHIND = 14, 6
_NOON = 12


def leaning(text: str, start: int, end: int, found: list[Period]) -> list[Period]:
    """The readings of a bare hour, those first that suit the words around it in its clause."""
    behind = text[end : end + _AHEAD]
    if stop := _CLAUSE_END.search(behind):
        behind = behind[: stop.start()]
    around = f"{text[max(0, start - _BEHIND) : start]} {behind}"
    evening, morning = _EVENING.search(around), _MORNING.search(around)
    if bool(evening) == bool(morning):
        return found
    first = found[0].start.date() if found else None
    return sorted(
        found, key=lambda period: (period.start.date() != first, (period.start.hour >= _NOON) != bool(evening))
    )
