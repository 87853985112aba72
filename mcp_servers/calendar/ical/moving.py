"""Recurrence rules of a series whose start moves: what they say of the old start they say of the new one."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeVar

from mcp_servers.calendar.entities import Moment
from mcp_servers.calendar.recurrence.rule import ByDay, ByMonth, Calendar, Frequency, InvalidRule, Rule

_T = TypeVar("_T")


class UnclearEdit(ValueError):
    """The edit has no one meaning; the Korean message says what to give with it."""


def clock(moment: Moment) -> datetime:
    """What the clock on the wall shows; midnight for a date."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    return datetime.combine(moment, time())


def shifted(moment: Moment, by: timedelta, like: Moment) -> Moment:
    """`by` later on the clock, in the form and zone of `like`."""
    at = clock(moment) + by
    return at.replace(tzinfo=like.tzinfo) if isinstance(like, datetime) else at.date()


def moved_rule(text: str, old: Moment, new: Moment, home: tzinfo) -> str:
    """The rule of a series that started at `old` and starts at `new`.

    Raises:
        UnclearEdit: the rule says too much of days or hours to tell what it should say now.
    """
    if old == new and type(old) is type(new):
        return text
    try:
        rule = Rule.parse(text)
    except InvalidRule:
        return text
    rule = _on_hours(rule, clock(old), clock(new))
    if (days := (clock(new).date() - clock(old).date()).days) != 0:
        rule = _on_days(rule, clock(old).date(), clock(new).date(), days)
    return str(replace(rule, until=_until(rule, old, new, home)))


def _until(rule: Rule, old: Moment, new: Moment, home: tzinfo) -> Moment | None:
    """So much later that the last occurrence stays the last; in the form that the new start asks for."""
    if rule.until is None:
        return None
    before = rule.until
    if not isinstance(before, datetime):
        before = datetime.combine(before, clock(old).time())
    elif before.tzinfo is not None:
        before = before.astimezone(_zone(old, home)).replace(tzinfo=None)
    until = before + (clock(new) - clock(old))
    if not isinstance(new, datetime):
        return until.date()
    return until if new.tzinfo is None else until.replace(tzinfo=new.tzinfo).astimezone(UTC)


def _zone(moment: Moment, home: tzinfo) -> tzinfo:
    return (moment.tzinfo if isinstance(moment, datetime) else None) or home


def _on_hours(rule: Rule, old: datetime, new: datetime) -> Rule:
    if old.time() == new.time():
        return rule
    return replace(
        rule,
        by_hour=_single(rule.by_hour, old.hour, new.hour),
        by_minute=_single(rule.by_minute, old.minute, new.minute),
        by_second=_single(rule.by_second, old.second, new.second),
    )


def _on_days(rule: Rule, old: date, new: date, days: int) -> Rule:
    """The same rule with the days it names moved; days that it takes from DTSTART move by themselves."""
    named = rule.by_day or rule.by_month_day or rule.by_year_day or rule.by_week_no or rule.by_month
    if not named:
        return rule
    if rule.rscale is not Calendar.GREGORIAN or rule.by_year_day or rule.by_week_no or rule.by_set_pos:
        raise _unclear()
    by_month = rule.by_month
    if old.month != new.month:
        by_month = _single(by_month, ByMonth(old.month), ByMonth(new.month))
    return replace(rule, by_month=by_month, by_month_day=_month_day(rule, old, new), by_day=_weekdays(rule, new, days))


def _month_day(rule: Rule, old: date, new: date) -> tuple[int, ...]:
    if rule.by_month_day == (-1,) and (new + timedelta(days=1)).day == 1:
        return rule.by_month_day
    return _single(rule.by_month_day, old.day, new.day)


def _weekdays(rule: Rule, new: date, days: int) -> tuple[ByDay, ...]:
    """Every weekday goes so many days on; a numbered one becomes the one that the new start is."""
    numbered = [day for day in rule.by_day if day.nth]
    if not numbered or rule.frequency not in (Frequency.MONTHLY, Frequency.YEARLY):
        return tuple(sorted(day._replace(weekday=(day.weekday + days) % 7) for day in rule.by_day))
    within_year = rule.frequency is Frequency.YEARLY and not rule.by_month
    last = numbered[0].nth == -1 and (new + timedelta(days=7)).month != new.month
    if len(rule.by_day) > 1 or within_year or (numbered[0].nth < 0 and not last):
        raise _unclear()
    return (ByDay(new.weekday(), -1 if last else (new.day - 1) // 7 + 1),)


def _single(values: tuple[_T, ...], old: _T, new: _T) -> tuple[_T, ...]:
    if not values or old == new:
        return values
    if values != (old,):
        raise _unclear()
    return (new,)


def _unclear() -> UnclearEdit:
    return UnclearEdit(
        "반복 규칙에 날짜나 시각이 여럿 적혀 있어 어떻게 옮길지 정할 수 없습니다. 새 반복 규칙도 함께 정해 주세요."
    )
