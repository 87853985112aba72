"""A rule in Korean, for read-backs and previews: "격주 금요일, 2026년 12월 31일까지"."""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo

from mcp_servers.calendar.recurrence.days import completed
from mcp_servers.calendar.recurrence.parts import ByDay, Calendar, Frequency, Skip
from mcp_servers.calendar.recurrence.rule import Rule

_WEEKDAYS = "월화수목금토일"
_WORKING_DAYS = tuple(ByDay(day) for day in range(5))
_NTH = ("", "첫째", "둘째", "셋째", "넷째", "다섯째")
_EVERY = {
    Frequency.YEARLY: ("매년", "년"), Frequency.MONTHLY: ("매월", "개월"), Frequency.WEEKLY: ("매주", "주"),
    Frequency.DAILY: ("매일", "일"), Frequency.HOURLY: ("매시간", "시간"), Frequency.MINUTELY: ("매분", "분"),
    Frequency.SECONDLY: ("매초", "초"),
}  # fmt: skip
_SKIPPED = {Skip.OMIT: "", Skip.BACKWARD: "(없으면 그 앞날)", Skip.FORWARD: "(없으면 그 뒷날)"}


def spoken(rule: Rule, dtstart: date | None = None, zone: tzinfo | None = None) -> str:
    """The rule as people say it; `dtstart` names the day that the rule leaves to it, `zone` is for an UNTIL in UTC."""
    if dtstart:
        rule = completed(rule, dtstart.toordinal())
    lunar = "음력" if rule.rscale is Calendar.DANGI else ""
    said = [_every(rule), lunar, *_days(rule), *_clock(rule), _SKIPPED[rule.skip]]
    return ", ".join([" ".join(filter(None, said)), *_end(rule, zone)])


def _every(rule: Rule) -> str:
    weekly = rule.frequency is Frequency.DAILY and rule.interval == 1 and rule.by_day
    once, unit = _EVERY[Frequency.WEEKLY if weekly else rule.frequency]
    if rule.interval == 1:
        return once
    return "격주" if unit == "주" and rule.interval == 2 else f"{rule.interval}{unit}마다"


def _days(rule: Rule) -> Iterator[str]:
    if rule.by_month:
        yield "·".join(f"{'윤' * month.leap}{month.number}" for month in rule.by_month) + "월"
    if rule.by_week_no:
        yield "·".join(_counted(number, "주차") for number in sorted(rule.by_week_no, key=_from_start))
    if rule.by_year_day:
        yield "·".join(_counted(number, "번째 날") for number in sorted(rule.by_year_day, key=_from_start))
    if rule.by_month_day:
        yield "·".join(_counted(number, "일") for number in sorted(rule.by_month_day, key=_from_start))
    if rule.by_day == _WORKING_DAYS and rule.by_set_pos:
        yield "·".join(map(_nth, rule.by_set_pos)) + " 평일"
    elif rule.by_day:
        yield _weekdays_said(rule)
    if rule.by_set_pos and rule.by_day != _WORKING_DAYS:
        yield f"가운데 {'·'.join(map(_nth, rule.by_set_pos))}"


def _weekdays_said(rule: Rule) -> str:
    said = "·".join(_weekdays(rule))
    if rule.by_month_day or rule.by_year_day:
        return f"({said}일 때)"
    whole = rule.frequency <= Frequency.MONTHLY and not (rule.by_week_no or rule.by_set_pos)
    return f"모든 {said}" if whole and all(day.nth == 0 for day in rule.by_day) else said


def _from_start(number: int) -> tuple[bool, int]:
    """Orders 1, 2 … -2, -1."""
    return number < 0, number


def _counted(number: int, unit: str) -> str:
    if number > 0:
        return f"{number}{unit}"
    if unit == "주차":
        return f"{_nth(number)} 주"
    return "말일" if number == -1 else f"{_nth(number)} 날"


def _nth(number: int) -> str:
    if number == -1:
        return "마지막"
    if number < 0:
        return f"끝에서 {_nth(-number)}"
    return _NTH[number] if number < len(_NTH) else f"{number}번째"


def _weekdays(rule: Rule) -> Iterator[str]:
    """ "화·목요일", "첫째·셋째 주 월요일", "마지막 금요일"."""
    weekdays: dict[int, list[int]] = {}
    for day in rule.by_day:
        weekdays.setdefault(day.nth, []).append(day.weekday)
    orders: dict[str, list[int]] = {}
    for nth, days in weekdays.items():
        orders.setdefault(_joined(days), []).append(nth)
    in_month = rule.frequency is Frequency.MONTHLY or rule.by_month
    for days_said, numbers in orders.items():
        said = "·".join(_nth(number) for number in sorted(numbers, key=_from_start) if number)
        week = " 주" if in_month and max(numbers) > 0 and min(numbers) > 0 else ""
        yield f"{said}{week} {days_said}요일".strip()


def _joined(days: list[int]) -> str:
    first, last = days[0], days[-1]
    if len(days) > 2 and last - first == len(days) - 1:
        return f"{_WEEKDAYS[first]}~{_WEEKDAYS[last]}"
    return "·".join(_WEEKDAYS[day] for day in days)


def _clock(rule: Rule) -> Iterator[str]:
    if rule.frequency > Frequency.DAILY:
        if rule.by_hour:
            yield "·".join(map(str, rule.by_hour)) + "시에"
    elif rule.by_hour:
        yield "·".join(_time(hour, minute) for hour in rule.by_hour for minute in rule.by_minute or (0,))


def _time(hour: int, minute: int) -> str:
    part = "오전" if hour < 12 else "오후" if hour > 12 else "낮"
    said = f"{part} {hour % 12 or hour}시"
    return f"{said} {minute}분" if minute else said


def _end(rule: Rule, zone: tzinfo | None) -> Iterator[str]:
    if rule.count is not None:
        yield f"{rule.count}번"
    if until := rule.until:
        if isinstance(until, datetime) and until.tzinfo and zone:
            until = until.astimezone(zone)
        yield f"{until.year}년 {until.month}월 {until.day}일까지"
