"""The occurrences of one rule on the clock of its DTSTART, lazily and within bounds (RFC 5545 section 3.3.10)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import TypeVar

from mcp_servers.calendar.recurrence.days import Periods, periods
from mcp_servers.calendar.recurrence.parts import Frequency
from mcp_servers.calendar.recurrence.rule import Rule
from mcp_servers.calendar.recurrence.scale import LAST_DAY

MAX_IDLE = 50_000
"""Periods without an occurrence after which a rule counts as ended: "every 30 February" has none to come."""
_MAX_IDLE = {Frequency.YEARLY: 400, Frequency.MONTHLY: 4800}
"""Fewer where they are long: the Gregorian calendar repeats itself after 400 years."""
MAX_COUNTED = 200_000
"""Occurrences of a rule with COUNT that are counted, unseen, on the way to the first wanted one."""

_DAY = 86_400
_END = (LAST_DAY + 1) * _DAY
_UNITS = {Frequency.HOURLY: 3600, Frequency.MINUTELY: 60, Frequency.SECONDLY: 1}

_Clock = TypeVar("_Clock", bound=date)
_Set = tuple[Sequence[int], Sequence[int]]
"""The set of a period: moments, and the seconds after each of them; every sum is a member."""


class TooManyOccurrences(ValueError):
    """More occurrences than anybody may ask for; the message says what to do, in Korean."""


def starts(rule: Rule, dtstart: _Clock, after: date | None = None, before: date | None = None) -> Iterator[_Clock]:
    """The rule's own occurrences from `dtstart` on, ascending, with `after` <= occurrence < `before`.

    All times are naive, on one clock, or dates as `dtstart` is one (BYHOUR, BYMINUTE and BYSECOND then mean nothing).
    A `dtstart` that does not match the rule is no occurrence; the sets of BYSETPOS are those of whole periods. A rule
    without COUNT is entered near `after`, at whatever distance. Raises TooManyOccurrences.
    """
    dated = not isinstance(dtstart, datetime)
    for moment in _moments(
        _prepared(rule, dated),
        _moment(dtstart),
        _moment(after) if after else 0,
        _moment(before) if before else _END,
    ):
        day, second = divmod(moment, _DAY)
        if dated:
            yield dtstart.fromordinal(day)
        else:
            yield dtstart.fromordinal(day) + timedelta(seconds=second)


def continued_from(rule: Rule, dtstart: date, start: date) -> Rule:
    """The rule for a series that goes on from `start`, its COUNT less what came before: the second half of a split."""
    if rule.count is None:
        return rule
    return replace(rule, count=rule.count - sum(1 for _ in starts(rule, dtstart, before=start)))


def _moment(value: date) -> int:
    """Seconds of the clock, counted from the day before year 1."""
    if not isinstance(value, datetime):
        return value.toordinal() * _DAY
    return value.toordinal() * _DAY + value.hour * 3600 + value.minute * 60 + value.second


def _prepared(rule: Rule, dated: bool) -> Rule:
    """With what a clock cannot show made plain: leap seconds, and any clock at all where there are only dates."""
    if not dated:
        seconds = tuple({min(second, 59) for second in rule.by_second})
        return replace(rule, by_second=seconds) if seconds else rule
    rule = replace(rule, by_hour=(), by_minute=(), by_second=())
    if rule.frequency in _UNITS:
        days = rule.interval * _UNITS[rule.frequency] // _DAY
        rule = replace(rule, frequency=Frequency.DAILY, interval=max(1, days))
    return rule


def _moments(rule: Rule, first: int, after: int, before: int) -> Iterator[int]:
    """Strictly ascending: what precedes DTSTART or was there already, moved by SKIP, is passed over."""
    end = min(before, _after_until(rule))
    enter = first if rule.count else max(first, after)
    latest, idle, counted = enter - 1, 0, 0
    for bases, offsets in _sets(rule, first, enter, end):
        idle += 1
        for moment in _placed(bases, offsets, rule.by_set_pos, latest):
            if moment <= latest:
                continue
            if moment >= end or counted == rule.count:
                return
            latest, idle, counted = moment, 0, counted + 1
            if moment >= after:
                yield moment
            elif counted > MAX_COUNTED:
                raise TooManyOccurrences(f"반복이 {MAX_COUNTED:,}번을 넘습니다. COUNT 대신 UNTIL로 끝을 적어 주세요.")
        if idle > _MAX_IDLE.get(rule.frequency, MAX_IDLE) or counted == rule.count:
            return


def _after_until(rule: Rule) -> int:
    match rule.until:
        case None:
            return _END
        case datetime():
            return _moment(rule.until) + 1
        case _:
            return _moment(rule.until) + _DAY


def _placed(bases: Sequence[int], offsets: Sequence[int], positions: Sequence[int], latest: int) -> Iterator[int]:
    """The members of a set, those of BYSETPOS if there are positions; days that are over are skipped at once."""
    if not positions:
        for base in bases:
            if base + _DAY > latest:
                for offset in offsets:
                    yield base + offset
        return
    size = len(bases) * len(offsets)
    for place in sorted({position - 1 if position > 0 else size + position for position in positions}):
        if 0 <= place < size:
            yield bases[place // len(offsets)] + offsets[place % len(offsets)]


def _sets(rule: Rule, first: int, enter: int, end: int) -> Iterator[_Set]:
    """The sets of the periods from the one before `enter` to the one after `end`."""
    plan = periods(rule, first // _DAY)
    if rule.frequency in _UNITS:
        yield from _clock_sets(rule, first, enter, end, plan)
        return
    offsets = _seconds(rule, first % _DAY)
    start, last = plan.index(first // _DAY), plan.index(min(end // _DAY, LAST_DAY)) + 1
    # SKIP and weeks reach into the neighbouring period, never further.
    passed = max(0, (plan.index(enter // _DAY) - start) // rule.interval - 1)
    for index in count(start + passed * rule.interval, rule.interval):
        days = plan.days(index) if index <= last else None
        if days is None:
            return
        yield [day * _DAY for day in days], offsets


def _seconds(rule: Rule, start: int) -> Sequence[int]:
    """The seconds of a day, hour, minute or second that the rule chooses; `start` is the second of DTSTART's day."""
    frequency = rule.frequency
    hours = (0,) if frequency >= Frequency.HOURLY else rule.by_hour or (start // 3600,)
    minutes = (0,) if frequency >= Frequency.MINUTELY else rule.by_minute or (start // 60 % 60,)
    seconds = (0,) if frequency is Frequency.SECONDLY else rule.by_second or (start % 60,)
    return sorted({h * 3600 + m * 60 + s for h in hours for m in minutes for s in seconds})


def _clock_sets(rule: Rule, first: int, enter: int, end: int, plan: Periods) -> Iterator[_Set]:
    """The sets of hours, minutes or seconds. An unwanted day, hour or minute is crossed in one step."""
    unit, offsets = _UNITS[rule.frequency], _seconds(rule, first % _DAY)
    step = rule.interval * unit
    wanted = lru_cache(maxsize=1)(plan.days)
    moment = first - first % unit
    moment += max(0, enter - moment) // step * step
    while moment < end:
        unwanted = _unwanted(rule, unit, moment, wanted)
        yield () if unwanted else (moment,), offsets
        moment -= -(unwanted or 1) // step * step


def _unwanted(rule: Rule, unit: int, moment: int, wanted: Callable[[int], Sequence[int] | None]) -> int:
    """The seconds from a moment to the end of the day, hour, minute or second that the rule excludes, or 0."""
    day, second = divmod(moment, _DAY)
    if not wanted(day):
        return _DAY - second
    for values, size, value in (
        (rule.by_hour, 3600, second // 3600),
        (rule.by_minute, 60, second // 60 % 60),
        (rule.by_second, 1, second % 60),
    ):
        if values and size >= unit and value not in values:
            return size - second % size
    return 0
