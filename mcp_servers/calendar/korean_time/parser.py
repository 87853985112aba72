"""The whole reading of a text: its words of time, what they say together, and how that is read back."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from mcp_servers.calendar.korean_time.chain import Scene
from mcp_servers.calendar.korean_time.expression import Expression, Hours, Toward
from mcp_servers.calendar.korean_time.normal import Normal
from mcp_servers.calendar.korean_time.period import DAY, Period, add_months, instant, one_day, unit_at
from mcp_servers.calendar.korean_time.phrase import Phrase, Reader, Reading
from mcp_servers.calendar.korean_time.reading import day_reading, reading
from mcp_servers.calendar.korean_time.rule_reading import rule_reading
from mcp_servers.calendar.korean_time.scan import scan
from mcp_servers.calendar.korean_time.series_reader import Found, SeriesReader
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level
from mcp_servers.calendar.korean_time.words.token import Absolute, Same, Token

P = ParamSpec("P")
T = TypeVar("T")
_READINGS = 4
"""How many readings one place in a text may have."""
_NOT = re.compile(r"(?:이|가)?\s?(?:아니라|아니고|말고|대신)\s")


def parse(text: str, now: datetime, hours: Hours = "nearest", toward: Toward = "future") -> list[Expression]:
    """The time expressions of a text; an empty list when it names no time.

    First the best reading of each, in the order of the text; then, with `rank` above 0, what they may mean too.
    """
    normal = Normal(text)
    tokens = [_placed(token, now) for token in scan(normal.text)]
    reader = Reader(normal.text, tokens, Scene(_wall(now), hours, toward))
    found: list[Expression] = []
    for said in _corrected(_said(reader), normal.text):
        start, end = normal.original(said.start, said.end)
        base = Expression("duration", text[start:end], (start, end), "second")
        found += _in_calendar(_expressions, said, base, now) or []
    return sorted(found, key=lambda expression: expression.rank)


def _in_calendar(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """What a reading gives, or None when it leaves the years 1 to 9999."""
    try:
        return read(*args, **kwargs)
    except (ValueError, OverflowError):
        return None


def _wall(now: datetime) -> datetime:
    return now.replace(tzinfo=None, microsecond=0)


def _placed(token: Token, now: datetime) -> Token:
    """What is relative to the very moment or its zone, as a step like any other."""
    match token.meaning:
        case Same(grain=grain):
            return replace(token, meaning=_same(grain, _wall(now)))
        case Absolute(moment=moment):
            local = moment.astimezone(now.tzinfo).replace(tzinfo=None)
            return replace(token, meaning=Fixed(Level.CLOCK, lambda _: instant(local), explicit=True))
    return token


def _same(grain: str, now: datetime) -> Cyclic:
    """The place of now in another year, month, week or day."""

    def within(outer: Period) -> Iterator[Period]:
        months = (outer.start.year - now.year) * 12
        if outer.grain != "year":
            months += outer.start.month - now.month
        moved = add_months(now, months)
        if outer.grain in ("week", "day"):
            moved = now + (outer.start - unit_at(outer.grain, now).start)
        yield one_day(moved) if grain == "day" else instant(moved)

    return Cyclic(Level.CLOCK, "day", within)


def _said(reader: Reader) -> Iterator[Phrase | Found]:
    """Phrases and recurrences in the order of the text; a recurrence takes in the phrase that limits it."""
    series = SeriesReader(reader)
    before: Phrase | None = None
    index = 0
    while index < len(reader.tokens):
        found = _in_calendar(series.series_at, index, before)
        phrase = None if found else _in_calendar(reader.phrase_at, index, before)
        if before and not (found and found.start <= before.start):
            yield before
        if found:
            yield found
        before = phrase
        index = found.next if found else phrase.next if phrase else index + 1
    if before:
        yield before


def _corrected(said: Iterator[Phrase | Found], text: str) -> list[Phrase | Found]:
    """Without what the speaker takes back: "수요일 말고 목요일"."""
    found = list(said)
    last = len(found) - 1
    return [one for index, one in enumerate(found) if index == last or not _NOT.match(text, one.end)]


def _expressions(said: Phrase | Found, base: Expression, now: datetime) -> list[Expression]:
    return [_read_back(meant, now) for meant in _meanings(said, base, now)]


def _meanings(said: Phrase | Found, base: Expression, now: datetime) -> Iterator[Expression]:
    if isinstance(said, Found):
        yield from _recurrence(said, base, now)
        return
    for rank, meant in enumerate(said.readings[:_READINGS]):
        yield replace(_meant(said, meant, base, now), rank=rank)
    if said.zone and said.first:
        start, end = (moment.replace(tzinfo=ZoneInfo(said.zone)) for moment in (said.first.start, said.first.end))
        there = _meant(said, said.readings[0], base, now)
        yield replace(there, start=start, end=end if there.end else None, rank=1)


def _meant(said: Phrase, meant: Reading, base: Expression, now: datetime) -> Expression:
    if meant.period is None:
        return replace(base, duration=meant.amount.iso if meant.amount else None)
    period, chain = meant.period, said.linked.chain if said.linked else None
    start, end = _zoned(period, now, said.zone)
    head = chain.steps[0] if chain else None
    clock = chain.clock if chain else None
    return replace(
        base,
        kind="instant" if period.exact else "interval",
        grain=period.grain,
        start=start,
        end=None if period.exact else end,
        open=meant.open,
        dated=head is None or isinstance(head, Fixed) or head.level < Level.PART_OF_DAY,
        bare=clock is not None and clock.bare,
        loose=chain is not None and chain.level == Level.PART_OF_DAY and period.grain == "hour" and clock is None,
    )


def _zoned(period: Period, now: datetime, zone: str | None) -> tuple[datetime, datetime]:
    if zone is None:
        return period.start.replace(tzinfo=now.tzinfo), period.end.replace(tzinfo=now.tzinfo)
    start, end = (moment.replace(tzinfo=ZoneInfo(zone)) for moment in (period.start, period.end))
    return start.astimezone(now.tzinfo), end.astimezone(now.tzinfo)


def _recurrence(said: Found, base: Expression, now: datetime) -> Iterator[Expression]:
    series = said.series
    first = series.first(_wall(now))
    if first is None:
        return
    start, end = _zoned(first, now, None)
    yield replace(
        base,
        kind="recurrence",
        grain=first.grain if series.times or first.exact else "day",
        start=start,
        end=None if first.exact or not series.times else end,
        rrule=series.rule(first, now.tzinfo),
        except_holidays=series.except_holidays,
        exdates=series.exdates,
    )


def _read_back(found: Expression, now: datetime) -> Expression:
    if found.kind == "recurrence":
        return replace(found, reading=rule_reading(found, now))
    if found.start is None:
        return replace(found, reading=found.text.strip())
    whole_days = found.end is not None and not found.timed
    if whole_days and found.end == found.start + DAY:
        said = day_reading(found.start, now)
    else:
        said = reading(found.start, found.end, whole_days, now)
    return replace(found, reading=said + {"after": "부터", "before": "까지", None: ""}[found.open])
