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
        return f"{_date(start, now)} {clock_reading(start)}"
    if end.date() == start.date():
        same_half = (start.hour < 12) == (end.hour < 12) and 0 < start.hour != 12
        return f"{_date(start, now)} {clock_reading(start)}~{_bare(end) if same_half else clock_reading(end)}"
    if end == _midnight_after(start):
        return f"{_date(start, now)} {clock_reading(start)}~자정"
    return f"{_date(start, now)} {clock_reading(start)}~{_date(end, start)} {clock_reading(end)}"


def day_reading(day: datetime, now: datetime) -> str:
    """ "11월 23일 월요일"."""
    return _date(day.astimezone(now.tzinfo), now)


def clock_reading(moment: datetime) -> str:
    """ "오후 3시 30분"; midnight is 0시, for 자정 may end the day as well."""
    if moment.hour == 0:
        return f"오전 0시{_minutes(moment)}"
    part = "오전" if moment.hour < 12 else "낮" if moment.hour == 12 else "오후"
    return f"{part} {_bare(moment)}"


def length_reading(span: timedelta) -> str:
    """ "1일 2시간 30분"; what is left of a minute is not said."""
    minutes = span // timedelta(minutes=1)
    parts = ((minutes // 1440, "일"), (minutes // 60 % 24, "시간"), (minutes % 60, "분"))
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0분"


def _midnight_after(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _date(day: datetime, now: datetime) -> str:
    year = "" if day.year == now.year else f"{day.year}년 "
    return f"{year}{day.month}월 {day.day}일 {WEEKDAYS[day.weekday()]}요일"


def _bare(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}시{_minutes(moment)}"


def _minutes(moment: datetime) -> str:
    if moment.second:
        return f" {moment.minute}분 {moment.second}초"
    return f" {moment.minute}분" if moment.minute else ""
