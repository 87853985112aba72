"""Moments as a Korean reader says them."""

from datetime import datetime, timedelta


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, or the day; days are those of the zone that `moment` carries."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return "방금"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)}분 전"
    today = now.astimezone(moment.tzinfo).date()
    if moment.date() == today:
        return f"오늘 {_clock(moment)}"
    if moment.date() == today - timedelta(days=1):
        return f"어제 {_clock(moment)}"
    day = f"{moment.month}월 {moment.day}일"
    return day if moment.year == today.year else f"{moment.year}년 {day}"


def _clock(moment: datetime) -> str:
    half = "오전" if moment.hour < 12 else "오후"
    return f"{half} {(moment.hour - 1) % 12 + 1}:{moment:%M}"
