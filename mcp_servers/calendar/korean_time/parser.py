"""The whole reading of a text: ISO, recurrences, the library's dates and times, lengths, then what belongs together."""

import re
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.duration import Length, lengths
from mcp_servers.calendar.korean_time.expression import Expression, Hours, Open, Toward
from mcp_servers.calendar.korean_time.iso import iso_times
from mcp_servers.calendar.korean_time.library import library_times
from mcp_servers.calendar.korean_time.reading import day_reading, reading
from mcp_servers.calendar.korean_time.recurrence import recurrences

_FILLER = "□"
# "3시에 30분" is half an hour from three, not half past three.
_NOT_PAST = re.compile(r"(?<=시)(?:에|,)(?=\s*(?:\d{1,2}|[이삼사오]?십[일이삼사오육칠팔구]?)\s*분)")
_SECONDS = re.compile(r"(?<=분)\s*([1-5]?\d)\s*초(?!\s*(?:동안|간))")
_NEAR = 8
_FROM = re.compile(r"\s*(?:부터|에서|에|,|로)?\s*(?:약|총|딱)?\s*")
_SINCE = re.compile(r"\s*(?:부터|이후|이래|(?:또는|그리고)\s*그\s*이후)")
_UNTIL = re.compile(r"\s*(?:까지|이전|안으로|전(?:까지|에)(?![가-힣]))")
_AHEAD = re.compile(r"(?:앞으로|향후|지금부터)\s*$")
_NEXT = re.compile(r"(?:다음|다가오는|오는)\s*$")
_BACK = re.compile(r"(?:지난|최근)\s*$")
_WITHIN = re.compile(r"\s*(?:이내|안에|내로|내에)")
_CLOCKS = ("hour", "minute", "second")


def parse(text: str, now: datetime, hours: Hours = "nearest", toward: Toward = "future") -> list[Expression]:
    """The time expressions of a text, in its order; an empty list when it names no time."""
    text = unicodedata.normalize("NFC", text)
    found = iso_times(text, now)
    found += recurrences(_without(text, found), now, hours)
    rest = _without(text, found)
    stated = [_to_the_second(rest, one) for one in library_times(_NOT_PAST.sub(_FILLER, rest), now, hours, toward)]
    measured = list(lengths(rest))
    found += _joined(rest, _outside(stated, measured), _kept(rest, measured, stated), now)
    marked = [_opened(text, expression) for expression in found]
    return [_read(expression, now) for expression in sorted(marked, key=lambda expression: expression.span)]


def _without(text: str, found: list[Expression]) -> str:
    for expression in found:
        start, stop = expression.span
        text = text[:start] + _FILLER * (stop - start) + text[stop:]
    return text


def _inside(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _to_the_second(text: str, found: Expression) -> Expression:
    """The library reads clocks to the minute."""
    after = _SECONDS.match(text, found.span[1])
    if not after or found.kind != "instant" or found.grain != "minute":
        return found
    span = (found.span[0], after.end())
    start = found.first.replace(second=int(after[1]))
    return replace(found, start=start, grain="second", span=span, text=text[slice(*span)])


def _outside(stated: list[Expression], measured: list[Length]) -> list[Expression]:
    """Without what is really a length: "20년 동안" is not the year 2020."""
    marked = [length.span for length in measured if length.marked]
    return [expression for expression in stated if not any(_inside(expression.span, span) for span in marked)]


def _kept(text: str, measured: list[Length], stated: list[Expression]) -> list[Length]:
    """Without what is really part of a date or time: "3시 30분"."""
    return [
        length
        for length in measured
        if not (length.dateish and not _WITHIN.match(text, length.span[1]))
        and not any(
            length.span[0] < expression.span[1] and expression.span[0] < length.span[1]
            for expression in stated
            if not (length.marked and _inside(expression.span, length.span))
        )
    ]


def _joined(text: str, stated: list[Expression], measured: list[Length], now: datetime) -> list[Expression]:
    """Starts with the lengths that follow them are intervals; other lengths stand alone."""
    found = list(stated)
    for length in measured:
        before = next((e for e in found if e.start and _follows(text, e, length)), None)
        if before and (until := _end(text, before, length)):
            stop = length.span[1]
            begin = before.span[0]
            merged = replace(before, kind="interval", end=until, span=(begin, stop), text=text[begin:stop], loose=False)
            found[found.index(before)] = merged
            continue
        found.append(_around_now(text, length, now) or _alone(length))
    return found


def _follows(text: str, start: Expression, length: Length) -> bool:
    gap = length.span[0] - start.span[1]
    return 0 <= gap <= _NEAR and _FROM.fullmatch(text, start.span[1], length.span[0]) is not None


def _end(text: str, start: Expression, length: Length) -> datetime | None:
    if not start.start:
        return None
    if start.kind == "instant" and start.grain in _CLOCKS:
        return start.start + length.delta
    from_here = "부터" in text[start.span[1] : length.span[0]]
    return start.start + length.delta if start.grain == "day" and from_here and length.in_days else None


def _around_now(text: str, length: Length, now: datetime) -> Expression | None:
    """What ends or begins now: "지난 5분 동안", "앞으로 두 시간", "세 시간 안에"."""
    begin, stop = length.span
    moment = now.replace(microsecond=0)
    today = moment.replace(hour=0, minute=0, second=0)
    here, grain = (today, "day") if length.in_days else (moment, "minute")
    if back := _BACK.search(text, max(0, begin - _NEAR), begin):
        begin = back.start()
        return Expression("interval", text[begin:stop], (begin, stop), grain, here - length.delta, here)
    if upcoming := _NEXT.search(text, max(0, begin - _NEAR), begin):
        here += timedelta(days=1) if length.in_days else timedelta()
    if ahead := upcoming or _AHEAD.search(text, max(0, begin - _NEAR), begin):
        begin = ahead.start()
    if within := _WITHIN.match(text, stop):
        stop = within.end()
    if not ahead and not within:
        return None
    first = here if ahead else moment
    return Expression("interval", text[begin:stop], (begin, stop), grain, first, first + length.delta)


def _alone(length: Length) -> Expression:
    return Expression("duration", length.text, length.span, "second", duration=length.iso)


def _opened(text: str, expression: Expression) -> Expression:
    if expression.kind not in ("instant", "interval") or expression.open:
        return expression
    side: Open
    if after := _SINCE.match(text, expression.span[1]):
        side = "after"
    elif after := _UNTIL.match(text, expression.span[1]):
        side = "before"
    else:
        return expression
    begin, stop = expression.span[0], after.end()
    return replace(expression, open=side, span=(begin, stop), text=text[begin:stop])


def _read(expression: Expression, now: datetime) -> Expression:
    if expression.reading or expression.start is None:
        return expression if expression.reading else replace(expression, reading=expression.text.strip())
    whole_days = expression.end is not None and expression.grain not in _CLOCKS
    if whole_days and expression.end == expression.start + timedelta(days=1):
        said = day_reading(expression.start, now)
    else:
        said = reading(expression.start, expression.end, whole_days, now)
    suffix = {"after": "부터", "before": "까지", None: ""}[expression.open]
    return replace(expression, reading=said + suffix)
