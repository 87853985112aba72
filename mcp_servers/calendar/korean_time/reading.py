"""Time read back in Korean, with the weekday, for people to check."""

from datetime import datetime, timedelta

WEEKDAYS = "월화수목금토일"


def reading(start: datetime, end: datetime | None, all_day: bool, now: datetime) -> str:
    """ "11월 23일 월요일 오후 3시~4시". The year is named when it is not this one; `end` is exclusive."""
    zone = now.tzinfo
    start, end = start.astimezone(zone), end.astimezone(zone) if end else None
    if all_day:
        last = end - timedelta(days=1) if end and end > start + timedelta(days=1) else start
        return f"{_date(start, now)} 하루 종일" if last == start else f"{_date(start, now)}~{_date(last, start)}"
    if end is None or end == start:
        return f"{_date(start, now)} {_clock(start)}"
    if end.date() == start.date():
        same_half = (start.hour < 12) == (end.hour < 12) and 0 < start.hour != 12
        return f"{_date(start, now)} {_clock(start)}~{_bare(end) if same_half else _clock(end)}"
    if end == _midnight_after(start):
        return f"{_date(start, now)} {_clock(start)}~자정"
    return f"{_date(start, now)} {_clock(start)}~{_date(end, start)} {_clock(end)}"


def day_reading(day: datetime, now: datetime) -> str:
    """ "11월 23일 월요일"."""
    return _date(day.astimezone(now.tzinfo), now)


def _midnight_after(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _date(day: datetime, now: datetime) -> str:
    year = "" if day.year == now.year else f"{day.year}년 "
    return f"{year}{day.month}월 {day.day}일 {WEEKDAYS[day.weekday()]}요일"


def _clock(moment: datetime) -> str:
    if (moment.hour, moment.minute) == (0, 0):
        return "자정"
    if moment.hour == 0:
        return f"오전 0시 {moment.minute}분"
    part = "오전" if moment.hour < 12 else "낮" if moment.hour == 12 else "오후"
    return f"{part} {_bare(moment)}"


def _bare(moment: datetime) -> str:
    hour = moment.hour % 12 or 12
    return f"{hour}시 {moment.minute}분" if moment.minute else f"{hour}시"
