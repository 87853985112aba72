"""The expansion of rules against an evaluator that tries every day, hour, minute or second by the words of the RFCs.

The oracle knows two facts of a calendar only, which days there are and how each is numbered, and shares no code with
what it judges. `MODU_EXAMPLES` sets how many rules are tried for each table.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from korean_lunar_calendar import KoreanLunarCalendar

from mcp_servers.calendar.recurrence import ByDay, ByMonth, Calendar, Frequency, Rule, Skip, continued_from, starts

EXAMPLES = int(os.environ.get("MODU_EXAMPLES", "12"))
FINER = (Frequency.HOURLY, Frequency.MINUTELY, Frequency.SECONDLY)
thorough = settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize="MODU_EXAMPLES" not in os.environ)


class Day(NamedTuple):
    """A day as its calendar numbers it; months are named by year, number and whether they are leap months."""

    on: date
    year: int
    month: int
    leap: bool
    number: int

    @property
    def of_month(self) -> tuple[int, int, bool]:
        return self.year, self.month, self.leap


@cache
def gregorian() -> tuple[Day, ...]:
    days = (date(1999, 1, 1) + timedelta(days=ahead) for ahead in range(365 * 14))
    return tuple(Day(on, on.year, on.month, False, on.day) for on in days)


@cache
def korean() -> tuple[Day, ...]:
    library, days = KoreanLunarCalendar(), []
    for ahead in range(365 * 16):
        on = date(2003, 2, 1) + timedelta(days=ahead)
        assert library.setSolarDate(on.year, on.month, on.day)
        days.append(Day(on, library.lunarYear, library.lunarMonth, library.isIntercalation, library.lunarDay))
    return tuple(days)


class Oracle:
    """Every candidate of every period, by RFC 5545 section 3.3.10 and RFC 7529 section 4."""

    def __init__(self, rule: Rule, dtstart: datetime, days: Sequence[Day]) -> None:
        self.dtstart, self.days = dtstart, days
        self.place = {day.on: place for place, day in enumerate(days)}
        self.years: dict[int, list[Day]] = defaultdict(list)
        self.months: dict[tuple[int, int, bool], list[Day]] = defaultdict(list)
        for day in days:
            self.years[day.year].append(day)
            self.months[day.of_month].append(day)
        self.order = {name: place for place, name in enumerate(self.months)}
        self.start = days[self.place[dtstart.date()]]
        self.scope_is_month = rule.frequency is Frequency.MONTHLY or bool(rule.by_month)
        self.rule = self.with_defaults(rule)

    def with_defaults(self, rule: Rule) -> Rule:
        """Information that the rule does not contain is derived from DTSTART."""
        if not (rule.by_day or rule.by_month_day or rule.by_year_day):
            if rule.frequency is Frequency.WEEKLY or (rule.by_week_no and rule.frequency is Frequency.YEARLY):
                return replace(rule, by_day=(ByDay(self.dtstart.weekday()),))
            if rule.frequency in (Frequency.YEARLY, Frequency.MONTHLY):
                rule = replace(rule, by_month_day=(self.start.number,))
        by_date = rule.by_month_day and not (rule.by_month or rule.by_week_no or rule.by_year_day)
        if rule.frequency is Frequency.YEARLY and by_date:
            rule = replace(rule, by_month=(ByMonth(self.start.month, self.start.leap),))
        return rule

    def occurrences(self, end: datetime) -> list[datetime]:
        sets: dict[int, set[datetime]] = defaultdict(set)
        for period, moment in self.by_clock(end) if self.rule.frequency in FINER else self.by_day():
            if period % self.rule.interval == 0:
                sets[period].add(moment)
        found = sorted({moment for members in sets.values() for moment in self.positioned(sorted(members))})
        found = [moment for moment in found if moment >= self.dtstart]
        if until := self.rule.until:
            last = until if isinstance(until, datetime) else datetime.combine(until, time.max)
            found = [moment for moment in found if moment <= last]
        return [moment for moment in found[: self.rule.count] if moment < end]

    def positioned(self, members: list[datetime]) -> list[datetime]:
        if not self.rule.by_set_pos:
            return members
        size = len(members)
        return [
            member
            for place, member in enumerate(members)
            if place + 1 in self.rule.by_set_pos or place - size in self.rule.by_set_pos
        ]

    def by_day(self) -> Iterator[tuple[int, datetime]]:
        rule, at = self.rule, self.dtstart
        clock = [*product(rule.by_hour or (at.hour,), rule.by_minute or (at.minute,), rule.by_second or (at.second,))]
        expanded = {Frequency.YEARLY: self.of_years, Frequency.MONTHLY: self.of_months}.get(rule.frequency, self.of_all)
        for period, day in expanded():
            if self.on_weekday(day):
                for moment in clock:
                    yield period, datetime.combine(day.on, time(*moment))

    def of_years(self) -> Iterator[tuple[int, Day]]:
        """Days with the year they belong to, all but BYDAY applied."""
        rule, first = self.rule, self.start.year
        if rule.by_month_day:
            days = ((name[0], day) for name, day in self.month_days() if self.on_year_day(day))
        elif rule.by_year_day:
            days = ((year, day) for year, day in self.year_days() if self.in_month(day))
        elif rule.by_week_no:
            of_week = {day.on: self.weeks[day.on][0] for day in self.days}
            first = of_week[self.start.on]
            days = ((of_week[day.on], day) for day in self.days if self.in_month(day))
        else:
            days = ((name[0], day) for name, month in self.wanted_months() for day in self.months[month])
        return ((year - first, day) for year, day in days if self.in_week(day))

    def of_months(self) -> Iterator[tuple[int, Day]]:
        days = self.month_days() if self.rule.by_month_day else ((day.of_month, day) for day in self.days)
        for name, day in days:
            if not self.rule.by_month or ByMonth(*name[1:]) in self.rule.by_month:
                yield self.order[name] - self.order[self.start.of_month], day

    def of_all(self) -> Iterator[tuple[int, Day]]:
        for day in self.days:
            if self.in_month(day) and self.on_month_day(day):
                if self.rule.frequency is Frequency.WEEKLY:
                    yield (self.week_of(day.on) - self.week_of(self.start.on)).days // 7, day
                else:
                    yield (day.on - self.start.on).days, day

    def month_days(self) -> Iterator[tuple[tuple[int, int, bool], Day]]:
        for name in self.wanted_months():
            days = self.months[name[1]]
            for number in self.rule.by_month_day:
                if (day := self.counted(days, number)) is not None:
                    yield name[0], day

    def wanted_months(self) -> Iterator[tuple[tuple[int, int, bool], tuple[int, int, bool]]]:
        """Months by the name the rule gives them, with the one that stands for it."""
        if self.rule.frequency is Frequency.MONTHLY or not self.rule.by_month:
            yield from ((name, name) for name in self.months)
            return
        names = list(self.months)
        for year, month in product(self.years, self.rule.by_month):
            name, regular = (year, *month), (year, month.number, False)
            if name in self.months:
                yield name, name
            elif self.rule.skip is Skip.BACKWARD and regular in self.months:
                yield name, regular
            elif self.rule.skip is Skip.FORWARD and regular in names[:-1]:
                yield name, names[names.index(regular) + 1]

    def year_days(self) -> Iterator[tuple[int, Day]]:
        for year, days in self.years.items():
            for number in self.rule.by_year_day:
                if (day := self.counted(days, number)) is not None:
                    yield year, day

    def counted(self, days: list[Day], number: int) -> Day | None:
        """The nth of the days; if there is none, the day that SKIP puts in its place."""
        if abs(number) <= len(days):
            return days[number - 1 if number > 0 else number]
        if self.rule.skip is Skip.OMIT:
            return None
        edge = days[-1] if number > 0 else days[0]
        step = {(True, Skip.FORWARD): 1, (False, Skip.BACKWARD): -1}.get((number > 0, self.rule.skip), 0)
        place = self.place[edge.on] + step
        return self.days[place] if 0 <= place < len(self.days) else None

    def in_month(self, day: Day) -> bool:
        return not self.rule.by_month or ByMonth(day.month, day.leap) in self.rule.by_month

    def on_month_day(self, day: Day) -> bool:
        wanted, length = self.rule.by_month_day, len(self.months[day.of_month])
        return not wanted or day.number in wanted or day.number - length - 1 in wanted

    def on_year_day(self, day: Day) -> bool:
        wanted, year = self.rule.by_year_day, self.years[day.year]
        return not wanted or any(abs(n) <= len(year) and year[n - (n > 0)] == day for n in wanted)

    def on_weekday(self, day: Day) -> bool:
        rule = self.rule
        wanted = [by_day.nth for by_day in rule.by_day if by_day.weekday == day.on.weekday()]
        if not rule.by_day or 0 in wanted or rule.frequency > Frequency.MONTHLY or rule.by_week_no:
            return not rule.by_day or bool(wanted)
        scope = self.months[day.of_month] if self.scope_is_month else self.years[day.year]
        alike = [other for other in scope if other.on.weekday() == day.on.weekday()]
        return not {alike.index(day) + 1, alike.index(day) - len(alike)}.isdisjoint(wanted)

    def week_of(self, on: date) -> date:
        return on - timedelta(days=(on.weekday() - self.rule.week_start) % 7)

    @cached_property
    def weeks(self) -> dict[date, tuple[int, int, int]]:
        """Year and number, from either end, of the week of each day; a week is of the year with most of its days."""
        members: dict[date, list[Day]] = defaultdict(list)
        for day in self.days:
            members[self.week_of(day.on)].append(day)
        numbers: dict[int, list[date]] = defaultdict(list)
        for monday, days in members.items():
            numbers[sorted(day.year for day in days)[len(days) // 2]].append(monday)
        return {
            day.on: (year, place + 1, place - len(mondays))
            for year, mondays in numbers.items()
            for place, monday in enumerate(mondays)
            for day in members[monday]
        }

    def in_week(self, day: Day) -> bool:
        wanted = self.rule.by_week_no
        return not wanted or not {*wanted}.isdisjoint(self.weeks[day.on][1:])

    def by_clock(self, end: datetime) -> Iterator[tuple[int, datetime]]:
        """The frequencies that count hours, minutes or seconds: whatever clock time no part forbids."""
        rule, at, checks = (
            self.rule,
            self.dtstart,
            (self.in_month, self.on_month_day, self.on_year_day, self.on_weekday),
        )
        size = {Frequency.HOURLY: 3600, Frequency.MINUTELY: 60, Frequency.SECONDLY: 1}[rule.frequency]
        minutes = rule.by_minute or (range(60) if size <= 60 else [at.minute])
        seconds = rule.by_second or (range(60) if size == 1 else [at.second])
        fits = {day.on: all(check(day) for check in checks) for day in self.days}
        first = int((at - datetime.min).total_seconds()) // size
        hour = at.replace(minute=0, second=0)
        while hour <= end:
            if fits[hour.date()] and (not rule.by_hour or hour.hour in rule.by_hour):
                for minute, second in product(minutes, seconds):
                    moment = hour.replace(minute=minute, second=second)
                    yield int((moment - datetime.min).total_seconds()) // size - first, moment
            hour += timedelta(hours=1)


def few(values: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=most, unique=True).map(lambda found: tuple(sorted(found)))


def either_end(highest: int) -> st.SearchStrategy[int]:
    return st.integers(1, highest) | st.integers(-highest, -1)


MONTHS = st.integers(1, 12).map(ByMonth)
PLAIN = st.integers(0, 6).map(ByDay)
NUMBERED = st.builds(ByDay, st.integers(0, 6), st.sampled_from([0, 1, 2, 4, 5, -1, -2, -5]))
PARTS: dict[Frequency, dict[str, st.SearchStrategy[Any]]] = {
    Frequency.YEARLY: {
        "by_month": few(MONTHS), "by_week_no": few(either_end(53)), "by_year_day": few(either_end(366)),
        "by_month_day": few(either_end(31)), "by_day": few(NUMBERED),
    },
    Frequency.MONTHLY: {"by_month": few(MONTHS), "by_month_day": few(either_end(31)), "by_day": few(NUMBERED)},
    Frequency.WEEKLY: {"by_month": few(MONTHS), "by_day": few(PLAIN)},
    Frequency.DAILY: {"by_month": few(MONTHS, 6), "by_month_day": few(either_end(31), 8), "by_day": few(PLAIN)},
}  # fmt: skip
LIMITS: dict[str, st.SearchStrategy[Any]] = {
    "by_month": st.just(()) | few(MONTHS, 6), "by_year_day": st.just(()) | few(either_end(366), 40),
    "by_month_day": st.just(()) | few(either_end(31), 8), "by_day": few(PLAIN),
}  # fmt: skip
HORIZON = {
    Frequency.YEARLY: 365 * 8, Frequency.MONTHLY: 365 * 4, Frequency.WEEKLY: 400, Frequency.DAILY: 300,
    Frequency.HOURLY: 15, Frequency.MINUTELY: 1.5, Frequency.SECONDLY: 0.04,
}  # fmt: skip


@st.composite
def rules(draw: st.DrawFn, frequency: Frequency) -> Rule:
    fine = frequency in FINER
    parts = {
        name: draw(values) for name, values in (LIMITS if fine else PARTS[frequency]).items() if draw(st.booleans())
    }
    for name, highest in (("by_hour", 23), ("by_minute", 59), ("by_second", 59)):
        parts[name] = draw(st.just(()) | few(st.integers(0, highest), 20 if fine else 2))
    if any(parts.values()):
        parts["by_set_pos"] = draw(st.just(()) | few(either_end(5)))
    return Rule(frequency, draw(st.integers(1, 4)), week_start=draw(st.integers(0, 6)), **parts)


def oracle(rule: Rule, dtstart: datetime, horizon: datetime, days: Sequence[Day]) -> list[datetime]:
    """Over whole years around what is asked for."""
    near = [day for day in days if dtstart.year - 2 <= day.year <= horizon.year + 1]
    return Oracle(rule, dtstart, near).occurrences(horizon)


MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2003, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
ENDS = st.sampled_from(["none", "count", "until", "until day", "both"])


def ended(rule: Rule, dtstart: datetime, end: str, count: int, share: float) -> Rule:
    until = dtstart + timedelta(days=HORIZON[rule.frequency] * share)
    return replace(
        rule,
        count=count if end in ("count", "both") else None,
        until=None
        if end in ("none", "count")
        else until.date()
        if end == "until day"
        else until.replace(microsecond=0),
    )


@pytest.mark.parametrize("frequency", Frequency)
def test_every_combination_of_parts_expands_and_limits_as_the_table_says(frequency: Frequency) -> None:
    @thorough
    @given(rules(frequency), MOMENTS, ENDS, st.integers(1, 12), st.floats(0, 1))
    def holds(rule: Rule, dtstart: datetime, end: str, count: int, share: float) -> None:
        rule = ended(rule, dtstart, end, count, share)
        horizon = dtstart + timedelta(days=HORIZON[frequency])

        assert [*starts(rule, dtstart, before=horizon)] == oracle(rule, dtstart, horizon, gregorian())

    holds()


@st.composite
def skipping(draw: st.DrawFn, frequency: Frequency, months: st.SearchStrategy[ByMonth]) -> Rule:
    """Rules that ask for days, and leap months, that not every year has."""
    rare_days = st.sampled_from([1, 15, 28, 29, 30, 31, -1, -29, -30, -31])
    parts: dict[str, Any] = {"by_month_day": draw(few(rare_days))}
    if frequency is Frequency.YEARLY:
        parts["by_year_day"] = draw(st.just(()) | few(st.sampled_from([354, 355, 366, 384, -355, -366])))
    parts["by_month"], parts["by_day"] = draw(few(months)), draw(st.just(()) | few(PLAIN, 5))
    if any(parts.values()):
        parts["by_set_pos"] = draw(st.just(()) | few(either_end(2)))
    return Rule(frequency, draw(st.integers(1, 3)), skip=draw(st.sampled_from(Skip)), **parts)


def check_from_start_and_from_within(rule: Rule, dtstart: datetime, expected: list[datetime]) -> None:
    horizon = dtstart + timedelta(days=HORIZON[rule.frequency])
    assert [*starts(rule, dtstart, before=horizon)] == expected
    for place in {0, len(expected) // 2, len(expected) - 1} if expected else ():
        assert [*starts(rule, dtstart, expected[place], horizon)] == expected[place:]


@pytest.mark.parametrize("frequency", [Frequency.YEARLY, Frequency.MONTHLY])
def test_days_that_a_month_or_year_lacks_are_left_out_or_moved_as_skip_says(frequency: Frequency) -> None:
    @thorough
    @given(skipping(frequency, MONTHS), MOMENTS)
    def holds(rule: Rule, dtstart: datetime) -> None:
        expected = oracle(rule, dtstart, dtstart + timedelta(days=HORIZON[frequency]), gregorian())

        check_from_start_and_from_within(rule, dtstart, expected)

    holds()


@pytest.mark.parametrize("frequency", [Frequency.YEARLY, Frequency.MONTHLY, Frequency.WEEKLY, Frequency.DAILY])
def test_rules_in_the_korean_lunar_calendar_find_its_days(frequency: Frequency) -> None:
    months = st.builds(ByMonth, st.sampled_from([1, 2, 3, 4, 5, 7, 9, 12]), st.booleans())
    days = st.datetimes(datetime(2005, 1, 1), datetime(2008, 1, 1)).map(lambda moment: moment.replace(microsecond=0))

    @thorough
    @given(skipping(frequency, months), days)
    def holds(rule: Rule, dtstart: datetime) -> None:
        rule = replace(rule, rscale=Calendar.DANGI)
        expected = oracle(rule, dtstart, dtstart + timedelta(days=HORIZON[frequency]), korean())

        check_from_start_and_from_within(rule, dtstart, expected)

    holds()


@pytest.mark.parametrize("frequency", Frequency)
def test_a_rule_entered_anywhere_goes_on_as_if_it_had_been_followed_from_its_start(frequency: Frequency) -> None:
    @thorough
    @given(rules(frequency), MOMENTS, ENDS, st.integers(1, 12), st.floats(0, 1), st.floats(0, 1))
    def holds(rule: Rule, dtstart: datetime, end: str, count: int, begin: float, length: float) -> None:
        rule = ended(rule, dtstart, end, count, begin + length)
        after = dtstart + timedelta(days=HORIZON[frequency] * begin)
        before = after + timedelta(days=HORIZON[frequency] * length)
        whole = starts(rule, dtstart, before=before)

        assert [*starts(rule, dtstart, after, before)] == [moment for moment in whole if moment >= after]

    holds()


@pytest.mark.parametrize("frequency", Frequency)
def test_a_rule_split_at_an_occurrence_loses_and_gains_nothing(frequency: Frequency) -> None:
    @thorough
    @given(rules(frequency), MOMENTS, ENDS, st.integers(1, 12), st.integers(0, 20))
    def holds(rule: Rule, dtstart: datetime, end: str, count: int, cut: int) -> None:
        rule = ended(rule, dtstart, end, count, 0.7)
        horizon = dtstart + timedelta(days=HORIZON[frequency])
        whole = [*starts(rule, dtstart, before=horizon)]
        assume(len(whole) > cut)
        at = whole[cut]

        head = starts(rule.bounded_by(at), dtstart)
        tail = starts(continued_from(rule, dtstart, at), at, before=horizon)

        assert [*head, *tail] == whole

    holds()


@pytest.mark.parametrize("frequency", Frequency)
def test_the_text_of_a_rule_is_read_back_to_the_same_rule(frequency: Frequency) -> None:
    @thorough
    @given(rules(frequency), MOMENTS, ENDS, st.integers(1, 12))
    def holds(rule: Rule, dtstart: datetime, end: str, count: int) -> None:
        rule = ended(rule, dtstart, end, count, 0.5)

        assert Rule.parse(str(rule)) == rule

    holds()
