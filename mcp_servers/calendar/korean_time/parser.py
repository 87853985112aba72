"""The whole reading of a text: its words of time, what they say together, and how that is read back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mcp_servers.calendar.korean_time.chain import Scene
from mcp_servers.calendar.korean_time.expression import Expression, Hours, Toward
from mcp_servers.calendar.korean_time.normal import Normal
from mcp_servers.calendar.korean_time.period import CLOCKS, Period, add_months, instant, one_day, unit_at
from mcp_servers.calendar.korean_time.phrase import Phrase, Reader, Reading
from mcp_servers.calendar.korean_time.reading import day_reading, reading
from mcp_servers.calendar.korean_time.rule_reading import rule_reading
from mcp_servers.calendar.korean_time.scan import scan
from mcp_servers.calendar.korean_time.series_reader import Found, SeriesReader
from mcp_servers.calendar.korean_time.step import Cyclic, Fixed, Level
from mcp_servers.calendar.korean_time.token import Absolute, Same, Token

_DAY = timedelta(days=1)
_READINGS = 4
"""How many readings one place in a text may have."""


def parse(text: str, now: datetime, hours: Hours = "nearest", toward: Toward = "future") -> list[Expression]:
    """The time expressions of a text; an empty list when it names no time.

    First the best reading of each, in the order of the text; then, with `rank` above 0, what they may mean too.
    """
    normal = Normal(text)
    tokens = [_placed(token, now) for token in scan(normal.text)]
    local = now.replace(tzinfo=None, microsecond=0)
    reader = Reader(normal.text, tokens, Scene(local, hours, toward))
    found = [
        replace(_read_back(expression, now), span=normal.original(*expression.span))
        for said in _said(reader, tokens)
        for expression in _expressions(said, normal.text, now)
    ]
    return sorted(found, key=lambda expression: (expression.rank > 0, expression.rank if expression.rank else 0))


def _placed(token: Token, now: datetime) -> Token:
    """An instant of another offset on the clock of the reference."""
    if isinstance(token.meaning, Same):
        return replace(token, meaning=_same(token.meaning, now.replace(tzinfo=None, microsecond=0)))
    if not isinstance(token.meaning, Absolute):
        return token
    moment = token.meaning.moment.astimezone(now.tzinfo).replace(tzinfo=None)
    return replace(token, meaning=Fixed(Level.CLOCK, lambda now: instant(moment), explicit=True))


def _same(same: Same, now: datetime) -> Cyclic:
    def within(outer: Period) -> Iterator[Period]:
        months = (outer.start.year - now.year) * 12 + (outer.start.month - now.month if outer.grain != "year" else 0)
        moved = add_months(now, months)
        if outer.grain in ("week", "day"):
            moved = now + (outer.start - unit_at(outer.grain, now).start)
        yield one_day(moved) if same.grain == "day" else instant(moved)

    return Cyclic(Level.CLOCK, "day", within)


def _said(reader: Reader, tokens: list[Token]) -> Iterator[Phrase | Found]:
    series = SeriesReader(reader)
    before: Phrase | None = None
    index = 0
    while index < len(tokens):
        found = series.series_at(index, before)
        phrase = None if found else reader.phrase_at(index, before)
        if found:
            if before and before.start < found.start:
                yield before
            before = None
            yield found
            index = found.next
            continue
        if before:
            yield before
        before = phrase
        index = phrase.next if phrase else index + 1
    if before:
        yield before


def _expressions(said: Phrase | Found, text: str, now: datetime) -> Iterator[Expression]:
    span = (said.start, said.end)
    if isinstance(said, Found):
        yield from _recurrence(said, text[slice(*span)], now)
        return
    base = Expression("duration", text[slice(*span)], span, "second")
    for rank, meant in enumerate(said.readings[:_READINGS]):
        yield replace(_meant(said, meant, base, now), rank=rank)
    if said.zone and said.first:
        there = _elsewhere(said.first, now, said.zone)
        yield replace(_meant(said, said.readings[0], base, now), start=there[2], end=there[3], rank=1)


def _meant(said: Phrase, meant: Reading, base: Expression, now: datetime) -> Expression:
    if meant.amount:
        return replace(base, duration=meant.amount.iso)
    period = meant.period
    assert period is not None
    start, end = _zoned(period, now, said.zone)
    chain = said.linked.chain if said.linked else None
    return replace(
        base,
        kind="instant" if period.exact else "interval",
        grain=period.grain,
        start=start,
        end=None if period.exact else end,
        open=meant.open,
        dated=not chain or chain.steps[0].level < Level.PART_OF_DAY or isinstance(chain.steps[0], Fixed),
        bare=bool(chain and chain.clock and chain.clock.bare),
        loose=bool(chain and chain.level == Level.PART_OF_DAY and period.grain == "hour" and chain.clock is None),
    )


def _zoned(period: Period, now: datetime, zone: str | None) -> tuple[datetime, datetime]:
    if zone is None:
        return period.start.replace(tzinfo=now.tzinfo), period.end.replace(tzinfo=now.tzinfo)
    start, end = (moment.replace(tzinfo=ZoneInfo(zone)) for moment in (period.start, period.end))
    return start.astimezone(now.tzinfo), end.astimezone(now.tzinfo)


def _elsewhere(period: Period, now: datetime, zone: str) -> tuple[None, None, datetime, datetime | None]:
    start, end = (moment.replace(tzinfo=ZoneInfo(zone)) for moment in (period.start, period.end))
    return None, None, start, None if period.exact else end


def _recurrence(said: Found, text: str, now: datetime) -> Iterator[Expression]:
    series = said.series
    first = series.first(now.replace(tzinfo=None))
    if first is None:
        return
    start, end = _zoned(first, now, None)
    yield Expression(
        kind="recurrence",
        text=text,
        span=(said.start, said.end),
        grain=first.grain if series.times else "day",
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
    whole_days = found.end is not None and found.grain not in CLOCKS
    if whole_days and found.end == found.start + _DAY:
        said = day_reading(found.start, now)
    else:
        said = reading(found.start, found.end, whole_days, now)
    return replace(found, reading=said + {"after": "부터", "before": "까지", None: ""}[found.open])
