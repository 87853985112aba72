"""Recurrences read back in Korean: "매주 화·목요일 오전 10시, 12월 31일까지, 공휴일 제외"."""

import re
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.expression import Expression
from mcp_servers.calendar.korean_time.reading import WEEKDAYS, clock_reading, day_reading
from mcp_servers.calendar.korean_time.words.weeks import CODES

_EVERY = {
    "HOURLY": "매시간",
    "DAILY": "매일",
    "WEEKLY": "매주",
    "MONTHLY": "매월",
    "YEARLY": "매년",
    "MINUTELY": "매분",
}
_STEPS = {
    "HOURLY": "{}시간마다", "DAILY": "{}일마다", "WEEKLY": "{}주마다", "MONTHLY": "{}개월마다", "YEARLY": "{}년마다",
    "MINUTELY": "{}분마다",
}  # fmt: skip
_TWO = {"DAILY": "격일", "WEEKLY": "격주", "MONTHLY": "격월", "YEARLY": "격년"}
_ORDERS = {1: "첫째", 2: "둘째", 3: "셋째", 4: "넷째", 5: "다섯째", -1: "마지막"}
_COUNTED = re.compile(r"(-?\d)([A-Z]{2})")


def rule_reading(found: Expression, now: datetime) -> str:
    """The rule of a recurrence in Korean, with its end and its exceptions."""
    parts = dict(part.split("=", 1) for part in (found.rrule or "").split(";"))
    said = [_every(parts), *_date(found, parts, now), *_days(parts), *_hours(found, parts, now)]
    clauses = [" ".join(word for word in said if word)]
    if until := parts.get("UNTIL"):
        clauses.append(f"{_until(until, now)}까지")
    if count := parts.get("COUNT"):
        clauses.append(f"{count}회")
    if found.except_holidays:
        clauses.append("공휴일 제외")
    if found.exdates:
        clauses.append(", ".join(f"{day.month}월 {day.day}일" for day in found.exdates[:5]) + " 제외")
    return ", ".join(clauses)


def _every(parts: dict[str, str]) -> str:
    frequency, step = parts["FREQ"], int(parts.get("INTERVAL", "1"))
    if step == 1:
        return _EVERY[frequency]
    return _TWO.get(frequency) or "" if step == 2 and frequency in _TWO else _STEPS[frequency].format(step)


def _date(found: Expression, parts: dict[str, str], now: datetime) -> list[str]:
    """The day of a yearly rule that the calendar reckons anew each year, such as 동지."""
    if parts["FREQ"] != "YEARLY" or "BYMONTH" in parts or found.start is None or found.grain != "day":
        return []
    return [day_reading(found.start.replace(year=now.year), now).rsplit(" ", 1)[0]]


def _days(parts: dict[str, str]) -> list[str]:
    days = [f"음력 {'윤' if 'L' in parts['BYMONTH'] else ''}".strip()] if "RSCALE" in parts else []
    if month := parts.get("BYMONTH"):
        days.append(f"{month.strip('L').replace(',', '·')}월")
    if day := parts.get("BYMONTHDAY"):
        days.append("말일" if day == "-1" else f"{day.replace(',', '·')}일")
    if position := parts.get("BYSETPOS"):
        days.append(f"{_ORDERS.get(int(position), position)} 평일")
    elif weekdays := parts.get("BYDAY"):
        days.append(_weekdays(weekdays))
    return days


def _weekdays(codes: str) -> str:
    if counted := _COUNTED.findall(codes):
        return ", ".join(f"{_ORDERS.get(int(order), order)} {_letter(code)}요일" for order, code in counted)
    return "·".join(_letter(code) for code in codes.split(",")) + "요일"


def _letter(code: str) -> str:
    return WEEKDAYS[CODES.index(code)]


def _hours(found: Expression, parts: dict[str, str], now: datetime) -> list[str]:
    if found.start is None or found.grain == "day":
        return []
    start = clock_reading(found.start.astimezone(now.tzinfo))
    if found.end is None:
        return [start] if "BYHOUR" in parts else []
    return [f"{start}~{clock_reading(found.end.astimezone(now.tzinfo))}"]


def _until(until: str, now: datetime) -> str:
    day = datetime.strptime(until[:8], "%Y%m%d").replace(tzinfo=now.tzinfo)
    if until.endswith("Z"):
        day = datetime.strptime(until, "%Y%m%dT%H%M%S%z").astimezone(now.tzinfo)
    return day_reading(day + timedelta(0), now).rsplit(" ", 1)[0]
