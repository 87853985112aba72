"""The days of one period of a rule, by the expand and limit table of RFC 5545 section 3.3.10 with RFC 7529's SKIP."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from mcp_servers.calendar.recurrence.dangi import dangi
from mcp_servers.calendar.recurrence.limits import Limit, limits
from mcp_servers.calendar.recurrence.parts import ByDay, ByMonth, Calendar, Frequency, Skip
from mcp_servers.calendar.recurrence.rule import Rule
from mcp_servers.calendar.recurrence.scale import LAST_DAY, Gregorian, Month, Scale, span
from mcp_servers.calendar.recurrence.weeks import Weeks, weekday, weekdays_within


class Periods(Protocol):
    """The years, months, weeks or days of a rule, counted by integers; days are ordinals."""

    def index(self, day: int) -> int:
        """The period a day lies in."""

    def days(self, index: int) -> Sequence[int] | None:
        """The days of a period that the rule chooses, in order; None where the calendar knows no more periods."""


@lru_cache(maxsize=2048)
def periods(rule: Rule, start: int) -> Periods:
    """Those of the rule's frequency, or days if it is finer, for a series that starts on the day `start`."""
    scale = _scale(rule)
    within_month = rule.frequency is Frequency.MONTHLY or bool(rule.by_month)
    rule = completed(rule, start)
    checks = tuple(limits(_unexpanded(rule), scale, within_month))
    match rule.frequency:
        case Frequency.YEARLY:
            return _Years(rule, scale, checks, within_month)
        case Frequency.MONTHLY:
            return _Months(rule, scale, checks)
        case Frequency.WEEKLY:
            return _Weeks(rule, checks)
        case _:
            return _Days(checks)


def completed(rule: Rule, start: int) -> Rule:
    """With what the rule leaves to the day of DTSTART written out, and without weekday numbers that mean nothing."""
    scale = _scale(rule)
    month = scale.month(scale.month_index(start))
    if rule.frequency >= Frequency.WEEKLY or rule.by_week_no:
        rule = replace(rule, by_day=tuple(sorted({ByDay(day.weekday) for day in rule.by_day})))
    if not (rule.by_day or rule.by_month_day or rule.by_year_day):
        if rule.frequency is Frequency.WEEKLY or (rule.by_week_no and rule.frequency < Frequency.WEEKLY):
            rule = replace(rule, by_day=(ByDay(weekday(start)),))
        elif month and rule.frequency < Frequency.WEEKLY:
            rule = replace(rule, by_month_day=(start - month.first + 1,))
    by_date = rule.by_month_day and not (rule.by_month or rule.by_week_no or rule.by_year_day)
    if month and by_date and rule.frequency is Frequency.YEARLY:
        rule = replace(rule, by_month=(ByMonth(month.number, month.leap),))
    return rule


@dataclass(frozen=True, slots=True)
class _Years:
    rule: Rule
    scale: Scale
    checks: tuple[Limit, ...]
    within_month: bool

    def index(self, day: int) -> int:
        rule = self.rule
        by_week = rule.by_week_no and not (rule.by_month_day or rule.by_year_day)
        return Weeks(self.scale, rule.week_start).year(day) if by_week else self.scale.year(day)

    def days(self, index: int) -> Sequence[int] | None:
        months = self.scale.months(index)
        return _limited(self._expanded(index, months), self.checks) if months else None

    def _expanded(self, year: int, months: Sequence[Month]) -> Iterator[int]:
        rule = self.rule
        first, length = span(months)
        if rule.by_month_day:
            for month in self._chosen(year, months):
                yield from _counted(month.first, month.length, rule.by_month_day, rule.skip)
        elif rule.by_year_day:
            yield from _counted(first, length, rule.by_year_day, rule.skip)
        elif rule.by_week_no:
            yield from Weeks(self.scale, rule.week_start).days(months, rule.by_week_no)
        elif self.within_month:
            for month in self._chosen(year, months):
                yield from weekdays_within(month.first, month.length, rule.by_day)
        else:
            yield from weekdays_within(first, length, rule.by_day)

    def _chosen(self, year: int, months: Sequence[Month]) -> Iterable[Month]:
        """The months of BYMONTH, a missing leap month replaced as SKIP says."""
        if not self.rule.by_month:
            return months
        places = {ByMonth(month.number, month.leap): place for place, month in enumerate(months)}
        chosen = set()
        for wanted in self.rule.by_month:
            if wanted in places:
                chosen.add(months[places[wanted]])
            elif self.rule.skip is Skip.BACKWARD:
                chosen.add(months[places[ByMonth(wanted.number)]])
            elif self.rule.skip is Skip.FORWARD:
                chosen.update([*months, *self.scale.months(year + 1)][places[ByMonth(wanted.number)] + 1 :][:1])
        return chosen


@dataclass(frozen=True, slots=True)
class _Months:
    rule: Rule
    scale: Scale
    checks: tuple[Limit, ...]

    def index(self, day: int) -> int:
        return self.scale.month_index(day)

    def days(self, index: int) -> Sequence[int] | None:
        month = self.scale.month(index)
        if month is None:
            return None
        if self.rule.by_month and (month.number, month.leap) not in self.rule.by_month:
            return ()
        return _limited(self._expanded(month), self.checks)

    def _expanded(self, month: Month) -> Iterable[int]:
        if self.rule.by_month_day:
            return _counted(month.first, month.length, self.rule.by_month_day, self.rule.skip)
        if self.rule.by_day:
            return weekdays_within(month.first, month.length, self.rule.by_day)
        return range(month.first, month.first + month.length)


@dataclass(frozen=True, slots=True)
class _Weeks:
    rule: Rule
    checks: tuple[Limit, ...]

    def index(self, day: int) -> int:
        return (day - 1 - self.rule.week_start) // 7

    def days(self, index: int) -> Sequence[int] | None:
        first = index * 7 + 1 + self.rule.week_start
        if first > LAST_DAY:
            return None
        week = weekdays_within(first, 7, self.rule.by_day) if self.rule.by_day else range(first, first + 7)
        return _limited(week, self.checks)


@dataclass(frozen=True, slots=True)
class _Days:
    checks: tuple[Limit, ...]

    def index(self, day: int) -> int:
        return day

    def days(self, index: int) -> Sequence[int] | None:
        return _limited((index,), self.checks) if index <= LAST_DAY else None


def _scale(rule: Rule) -> Scale:
    return dangi() if rule.rscale is Calendar.DANGI else Gregorian()


def _unexpanded(rule: Rule) -> Rule:
    """The rule without the parts that generate the days of its periods: what is left limits them."""
    if rule.frequency >= Frequency.WEEKLY:
        return replace(rule, by_day=()) if rule.frequency is Frequency.WEEKLY else rule
    if rule.by_month_day:
        return replace(rule, by_month=(), by_month_day=())
    if rule.frequency is Frequency.MONTHLY:
        return replace(rule, by_month=(), by_day=())
    if rule.by_year_day:
        return replace(rule, by_year_day=())
    if rule.by_week_no:
        return replace(rule, by_week_no=())
    return replace(rule, by_month=(), by_day=())


def _limited(days: Iterable[int], checks: Sequence[Limit]) -> Sequence[int]:
    return sorted({day for day in days if 0 < day <= LAST_DAY and (not checks or all(check(day) for check in checks))})


def _counted(first: int, length: int, numbers: Iterable[int], skip: Skip) -> Iterator[int]:
    """The nth days of a month or year, from its end if n is negative; one that it lacks as SKIP says."""
    for number in numbers:
        if abs(number) <= length:
            yield first + (number - 1 if number > 0 else length + number)
        elif skip is Skip.FORWARD:
            yield first + (length if number > 0 else 0)
        elif skip is Skip.BACKWARD:
            yield first + (length if number > 0 else 0) - 1
