"""Reads recurrences in a text: "매주 화·목 10시, 공휴일 빼고, 12월까지"."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.chain import readings
from mcp_servers.calendar.korean_time.period import CLOCKS, Period
from mcp_servers.calendar.korean_time.phrase import Phrase, Reader
from mcp_servers.calendar.korean_time.series import Series
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Level, Shift, Step
from mcp_servers.calendar.korean_time.token import Every, Length, Meaning, Pointer, Token, Weekdays
from mcp_servers.calendar.korean_time.weeks import weekday_step

_GLUE = re.compile(r"\s{0,3}(?:에는|에|엔|은|는|로|의|,|씩|:|에서)?\s{0,3}")
_AND = re.compile(r"\s?(?:와|과|,|·|/|및|하고|랑|이랑|나|이나|그리고)?\s?")
_TO = re.compile(r"\s?(?:부터|에서|~|-|–)\s?")
_FOR = re.compile(r"\s?(?:부터|에|,)?\s?")
_SEPARATOR = re.compile(r"(?:에|로|씩)?[\s,(]{0,3}(?:단|다만)?[\s,]{0,3}")
_DUE = re.compile(r"\s?(?P<before>이전|전)?\s?까지(?:만)?")
_WITHOUT = re.compile(
    r"(?:에는|에|은|는|을|를|만)?\s?(?:빼고|빼|제외|말고|쉬고|쉬|안\s?하고|건너뛰)(?:하고|한|하며|기|고|ㅁ)?\)?"
)
_HOLIDAYS = re.compile(r"(?:법정\s?)?(?:공휴일|휴일|빨간\s?날)(?:과|이나|하고)?")
_COUNT = re.compile(r"(?:총\s?)?(?P<count>\d{1,3})\s?(?:번|회|차례)(?:만|씩)?(?=[\s,.]|$)")
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Found:
    """A series with its place in the text and the index of the first token behind it."""

    series: Series
    start: int
    end: int
    next: int


class SeriesReader:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._text = reader.text
        self._tokens = reader.tokens

    def series_at(self, index: int, before: Phrase | None) -> Found | None:
        """The recurrence that begins with a token; `before` may say since or until when."""
        found = self._begin(index)
        if found is None:
            return None
        found = self._hours(self._steps(found))
        if before and not self._text[before.end : found.start].strip(" ,"):
            found = _bounded(found, before)
        while (more := self._clause(found)) is not None:
            found = more
        return found

    def _begin(self, index: int) -> Found | None:
        token = self._tokens[index]
        match token.meaning:
            case Every(frequency=frequency) if frequency:
                return Found(Series(token.meaning), token.start, token.end, index + 1)
            case Weekdays() if self._is_series(index, token.meaning):
                return Found(Series(Every("WEEKLY")), token.start, token.start, index)
            case Pointer() if index + 1 < len(self._tokens) and isinstance(self._tokens[index + 1].meaning, Every):
                found = self._begin(index + 1)
                return replace(found, start=token.start) if found else None
            case Cyclic() if self._has_each(index):
                return Found(Series(Every("")), token.start, token.start, index)
        return None

    def _is_series(self, index: int, letters: Weekdays) -> bool:
        if not letters.sure or index + 1 >= len(self._tokens):
            return False
        behind = self._tokens[index + 1]
        beside = _GLUE.fullmatch(self._text, self._tokens[index].end, behind.start)
        return beside is not None and (_is_time(behind.meaning) or isinstance(behind.meaning, Every))

    def _has_each(self, index: int) -> bool:
        """Whether 마다 follows, a few words behind at most."""
        for position in range(index + 1, min(index + 4, len(self._tokens))):
            if not _GLUE.fullmatch(self._text, self._tokens[position - 1].end, self._tokens[position].start):
                return False
            if isinstance(each := self._tokens[position].meaning, Every):
                return not each.frequency
        return False

    def _steps(self, found: Found) -> Found:
        """The days and times, as long as each word leads further in."""
        while found.next < len(self._tokens):
            token = self._tokens[found.next]
            between = self._text[found.end : token.start]
            series = _with(found.series, token.meaning, _AND.fullmatch(between) is not None)
            if series is None or not (_GLUE.fullmatch(between) or _AND.fullmatch(between)):
                break
            found = Found(series, found.start, token.end, found.next + 1)
        return found

    def _hours(self, found: Found) -> Found:
        """How long it lasts: "10시부터 12시까지", "10시부터 두 시간"."""
        if not found.series.times or found.next >= len(self._tokens):
            return found
        token, last = self._tokens[found.next], self._tokens[found.next - 1]
        between = self._text[found.end : token.start]
        if isinstance(token.meaning, Length) and token.meaning.role != "within" and _FOR.fullmatch(between):
            if token.meaning.amount.in_days:
                return found
            series = replace(found.series, length=token.meaning.amount.delta)
            return Found(series, found.start, token.end, found.next + 1)
        if not isinstance(last.meaning, Clock) or not isinstance(token.meaning, Clock) or not _TO.fullmatch(between):
            return found
        phrase = self._reader.phrase_at(found.next - 1, None)
        if phrase is None or phrase.first is None or phrase.next != found.next + 1:
            return found
        length = phrase.first.end - phrase.first.start
        return Found(replace(found.series, length=length), found.start, phrase.end, phrase.next)

    def _clause(self, found: Found) -> Found | None:
        """One more clause behind it: until when, how often, except when."""
        gap = _SEPARATOR.match(self._text, found.end)
        position = gap.end() if gap else found.end
        if count := _COUNT.match(self._text, position):
            return replace(found, series=replace(found.series, count=int(count["count"])), end=count.end())
        if (off := _HOLIDAYS.match(self._text, position)) and (without := _WITHOUT.match(self._text, off.end())):
            series = replace(found.series, except_holidays=True)
            return Found(series, found.start, without.end(), self._behind(found.next, without.end()))
        if found.next >= len(self._tokens) or self._tokens[found.next].start != position:
            return None
        return self._limit(found, self._tokens[found.next])

    def _limit(self, found: Found, token: Token) -> Found | None:
        if isinstance(token.meaning, Length) and token.meaning.role == "during" and token.meaning.amount.in_days:
            begin = found.series.first(self._reader.scene.now)
            until = token.meaning.amount.after(begin.start) if begin else None
            return Found(replace(found.series, until=until), found.start, token.end, found.next + 1)
        linked = self._reader.linker.chain_at(found.next)
        periods = readings(linked.chain, self._reader.scene) if linked else []
        if linked is None or not periods:
            return None
        if due := _DUE.match(self._text, linked.end):
            until = periods[0].start if due["before"] else periods[0].end
            return Found(replace(found.series, until=until), found.start, due.end(), linked.next)
        if without := _WITHOUT.match(self._text, linked.end):
            series = _without(found.series, periods[0])
            return Found(series, found.start, without.end(), self._behind(linked.next, without.end()))
        return None

    def _behind(self, index: int, position: int) -> int:
        while index < len(self._tokens) and self._tokens[index].start < position:
            index += 1
        return index


def _with(series: Series, meaning: Meaning, joined: bool) -> Series | None:
    """The series with one more word, or None when the word does not lead further in."""
    days, times = series.days, series.times
    match meaning:
        case Every(frequency=""):
            return series
        case Weekdays() if not times:
            return replace(series, days=(*days, *(weekday_step(day) for day in meaning.days)))
        case Cyclic(level=level) if level <= Level.DAY and not times:
            if days and (level < days[-1].level or (level == days[-1].level and not joined)):
                return None
            return replace(series, days=(*days, *_spread(meaning)))
        case Shift() if times and not meaning.amount.in_days:
            return replace(series, times=(*times, meaning))
        case _ if _is_time(meaning) and not any(isinstance(time, Clock) for time in times):
            step: Step = meaning  # type: ignore[assignment]
            return replace(series, times=(*times, step))
    return None


def _spread(step: Cyclic) -> tuple[Cyclic, ...]:
    """주말 and 평일 as their weekdays."""
    if step.cycle != "week" or step.weekday is not None:
        return (step,)
    week = Period(datetime(2024, 1, 1), datetime(2024, 1, 1 + _WEEK), "week")
    return tuple(weekday_step(day.weekday()) for period in step.within(week) for day in period.days)


def _is_time(meaning: Meaning) -> bool:
    return isinstance(meaning, Clock) or (isinstance(meaning, Cyclic) and meaning.level == Level.PART_OF_DAY)


def _bounded(found: Found, before: Phrase) -> Found:
    reading = before.readings[0] if before.readings else None
    if reading is None or reading.period is None:
        return found
    match reading.open:
        case "after":
            return replace(found, series=replace(found.series, since=reading.period.start), start=before.start)
        case "before":
            return replace(found, series=replace(found.series, until=reading.period.end), start=before.start)
    if reading.period.grain not in CLOCKS and reading.period.end - reading.period.start > timedelta(days=1):
        since, until = reading.period.start, reading.period.end
        return replace(found, series=replace(found.series, since=since, until=until), start=before.start)
    return found


def _without(series: Series, period: Period) -> Series:
    """Without a weekend or weekday each week, or without the days of one period."""
    weekly = [day.weekday() for day in period.days]
    if period.end - period.start == timedelta(days=2) and weekly == [5, 6] and series.frequency == "DAILY":
        return replace(series, every=Every("WEEKLY"), days=tuple(weekday_step(day) for day in range(5)))
    return replace(series, exdates=(*series.exdates, *(day.date() for day in period.days)))
