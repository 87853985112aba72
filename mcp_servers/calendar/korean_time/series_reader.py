"""Reads recurrences in a text: "매주 화·목 10시, 공휴일 빼고, 12월까지"."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from mcp_servers.calendar.korean_time.chain import Chain, readings
from mcp_servers.calendar.korean_time.leaning import leaning
from mcp_servers.calendar.korean_time.period import CLOCKS, DAY, Period, instant
from mcp_servers.calendar.korean_time.phrase import Phrase, Reader
from mcp_servers.calendar.korean_time.series import Series
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Level, Shift
from mcp_servers.calendar.korean_time.words.days import day_of_month
from mcp_servers.calendar.korean_time.words.token import Every, Length, Meaning, Pointer, Token, Weekdays
from mcp_servers.calendar.korean_time.words.weeks import weekday_step

_GLUE = re.compile(r"\s?(?:에는|에|엔|은|는|로|의|,|씩|:|에서)?\s?")
_AND = re.compile(r"\s?(?:와|과|,|·|/|및|하고|랑|이랑|나|이나|그리고)?\s?")
_TO = re.compile(r"\s?(?:부터|에서|~|-|–)\s?")
_FOR = re.compile(r"\s?(?:부터|에|,)?\s?")
_CLAUSE = re.compile(r"(?:(?:에|로|씩|은|는)?\s?(?:[가-힣]{1,6}\s?){0,2}(?:,|\())?(?:에|로|씩)?\s?(?:단|다만)?,?\s?")
_ALL = re.compile(r"\s?(?:내내|동안|간)?,?\s?")
_UNTIL = re.compile(r"\s?까지")
_DUE = re.compile(r"\s?(?P<before>이전|전)?\s?까지(?:만)?")
_WITHOUT = re.compile(
    r"(?:에는|에|은|는|을|를|만)?\s?(?:빼고|빼|제외|말고|쉬고|쉬|안\s?하고|건너뛰)(?:하고|한|하며|기|고|ㅁ)?\)?\s?"
)
_HOLIDAYS = re.compile(r"(?:법정\s?)?(?:공휴일|휴일|빨간\s?날)(?:과|이나|하고)?")
_COUNT = re.compile(r"(?:총\s?)?(?P<count>\d{1,3})\s?(?:번|회|차례)(?:만|씩)?(?=[\s,.]|$)")
_WEEK = 7
_MOST_WORDS = 4


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
        """The recurrence that begins with a token; `before` may say since or until when, or without what."""
        found = self._begin(index)
        if found is None:
            return None
        found = self._leaning(self._hours(self._steps(found)))
        if found.next == index:
            return None
        if before:
            found = self._bounded(found, before)
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
        """Whether 마다 or 매주 follows a few words of time behind."""
        for position in range(index + 1, min(index + _MOST_WORDS, len(self._tokens))):
            if not _GLUE.fullmatch(self._text, self._tokens[position - 1].end, self._tokens[position].start):
                return False
            match self._tokens[position].meaning:
                case Every(frequency=frequency):
                    return frequency != "DAILY" or position > index + 1
                case Length() | Shift():
                    return False
        return False

    def _steps(self, found: Found) -> Found:
        """The days and times, as long as each word leads further in."""
        while found.next < len(self._tokens):
            token = self._tokens[found.next]
            between = self._text[found.end : token.start]
            if _TO.fullmatch(between) and (run := _run(found.series, token.meaning)):
                until = _UNTIL.match(self._text, token.end)
                found = Found(run, found.start, until.end() if until else token.end, found.next + 1)
                continue
            joined = _AND.fullmatch(between) is not None
            series = _with(found.series, token.meaning, joined) if joined or _GLUE.fullmatch(between) else None
            if series is None:
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

    def _leaning(self, found: Found) -> Found:
        """A bare hour in the half of the day that suits what recurs: "매주 금요일 8시 회식"."""
        hour = found.series.times[0] if len(found.series.times) == 1 else None
        if not isinstance(hour, Clock) or not hour.bare:
            return found
        day = datetime(2000, 1, 1)
        periods = [instant(day + option, hour.grain) for option in hour.options]
        usual = leaning(self._text, found.start, found.end, periods)[0].start - day
        return replace(found, series=replace(found.series, times=(replace(hour, options=(usual,)),)))

    def _bounded(self, found: Found, before: Phrase) -> Found:
        """With what was said right before it: "12월까지 매주 …", "공휴일 빼고 매일 …"."""
        period = before.first
        between = self._text[before.end : found.start]
        if period is None:
            return found
        if _WITHOUT.fullmatch(between):
            if _HOLIDAYS.match(self._text, before.start):
                return replace(found, series=replace(found.series, except_holidays=True), start=before.start)
            series = _without(found.series, before.linked.chain if before.linked else None, period)
            return replace(found, series=series, start=before.start)
        if not _ALL.fullmatch(between):
            return found
        limited = _limited(found.series, before, period)
        return replace(found, series=limited, start=before.start) if limited else found

    def _clause(self, found: Found) -> Found | None:
        """One more clause behind it: until when, how often, except when."""
        gap = _CLAUSE.match(self._text, found.end)
        position = gap.end() if gap else found.end
        if count := _COUNT.match(self._text, position):
            return replace(found, series=replace(found.series, count=int(count["count"])), end=count.end())
        if (off := _HOLIDAYS.match(self._text, position)) and (without := _WITHOUT.match(self._text, off.end())):
            series = replace(found.series, except_holidays=True)
            end = without.end() - without.group().endswith(" ")
            return Found(series, found.start, end, self._behind(found.next, end))
        if found.next >= len(self._tokens) or self._tokens[found.next].start != position:
            return None
        return self._limit(found, self._tokens[found.next])

    def _limit(self, found: Found, token: Token) -> Found | None:
        if isinstance(token.meaning, Length) and token.meaning.role == "during" and token.meaning.amount.in_days:
            begin = found.series.first(self._reader.scene.now)
            until = token.meaning.amount.after(begin.start) if begin else None
            return Found(replace(found.series, until=until), found.start, token.end, found.next + 1)
        linked = self._reader.linker.chain_at(found.next)
        periods = readings(linked.chain, self._reader.scene) if linked and not linked.broken else []
        if linked is None or not periods:
            return None
        if due := _DUE.match(self._text, linked.end):
            until = periods[0].start if due["before"] else periods[0].end
            return Found(replace(found.series, until=until), found.start, due.end(), linked.next)
        if without := _WITHOUT.match(self._text, linked.end):
            end = without.end() - without.group().endswith(" ")
            series = _without(found.series, linked.chain, periods[0])
            return Found(series, found.start, end, self._behind(linked.next, end))
        return None

    def _behind(self, index: int, position: int) -> int:
        while index < len(self._tokens) and self._tokens[index].start < position:
            index += 1
        return index


def _with(series: Series, meaning: Meaning, joined: bool) -> Series | None:
    """The series with one more word, or None when the word does not lead further in."""
    match meaning:
        case Every():
            return _with_frequency(series, meaning)
        case Weekdays() if not series.times:
            return replace(series, days=(*series.days, *map(weekday_step, meaning.days)))
        case Cyclic(level=level) if level <= Level.DAY and not series.times:
            last = series.days[-1].level if series.days else Level.ERA
            leads = (level > last or (level == last and joined)) and _suits(meaning, series.every)
            return replace(series, days=(*series.days, *_spread(meaning))) if leads else None
        case Shift() if series.times and not meaning.amount.in_days:
            return replace(series, times=(*series.times, meaning))
        case Clock() | Cyclic(level=Level.PART_OF_DAY) if not any(isinstance(time, Clock) for time in series.times):
            return replace(series, times=(*series.times, meaning))
    return None


def _suits(step: Cyclic, every: Every) -> bool:
    """ "매주 금요일, 12월 25일 빼고": a day of the year is no day of each week."""
    return step.cycle != "year" or every.frequency in ("", "YEARLY")


def _with_frequency(series: Series, every: Every) -> Series | None:
    """ "월요일마다", "평일 매일", "음력 1월 20일 매년"; "매월 20일마다" is the twentieth, not each twenty days."""
    if not every.frequency or (series.days and every == Every("DAILY")):
        return series
    if series.every.frequency == "MONTHLY" and every.frequency == "DAILY" and not series.days:
        return replace(series, days=(day_of_month(every.step),))
    return None if series.every.frequency else replace(series, every=every)


def _run(series: Series, meaning: Meaning) -> Series | None:
    """ "월요일부터 금요일까지"."""
    first = series.days[-1].weekday if series.days and not series.times else None
    last = meaning.weekday if isinstance(meaning, Cyclic) else None
    if first is None or last is None or first >= last:
        return None
    return replace(series, days=(*series.days, *map(weekday_step, range(first + 1, last + 1))))


def _spread(step: Cyclic) -> tuple[Cyclic, ...]:
    """주말 and 평일 as their weekdays."""
    if step.cycle != "week" or step.weekday is not None:
        return (step,)
    week = Period(datetime(2024, 1, 1), datetime(2024, 1, 1 + _WEEK), "week")
    return tuple(weekday_step(day.weekday()) for period in step.within(week) for day in period.days)


def _is_time(meaning: Meaning) -> bool:
    return isinstance(meaning, Clock) or (isinstance(meaning, Cyclic) and meaning.level == Level.PART_OF_DAY)


def _limited(series: Series, before: Phrase, period: Period) -> Series | None:
    """Since, until or within what was said before it; None when that has nothing to do with it."""
    match before.readings[0].open:
        case "after":
            return replace(series, since=period.start)
        case "before":
            return replace(series, until=period.end)
    if period.grain in CLOCKS or period.end - period.start <= DAY:
        return None
    if series.frequency == "WEEKLY" and not series.days and period.end - period.start <= _WEEK * DAY:
        return replace(series, days=tuple(weekday_step(day.weekday()) for day in period.days))
    return replace(series, since=period.start, until=period.end)


def _without(series: Series, chain: Chain | None, period: Period) -> Series:
    """Without a weekday or the weekend of each week, or without the days of one period."""
    head = chain.steps[0] if chain and not chain.pointer else None
    if isinstance(head, Cyclic) and head.cycle == "week" and series.frequency == "DAILY" and not series.days:
        off = [day.weekday() for day in period.days]
        kept = tuple(weekday_step(day) for day in range(_WEEK) if day not in off)
        return replace(series, every=Every("WEEKLY"), days=kept)
    return replace(series, exdates=(*series.exdates, *(day.date() for day in period.days)))
