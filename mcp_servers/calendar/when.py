"""When an event is: what the time arguments of a tool mean together."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time import Expression, parse, parse_duration, resolve
from mcp_servers.common.refusal import Refused

DEFAULT_LENGTH = timedelta(hours=1)
_DAY = timedelta(days=1)
_OVERNIGHT = timedelta(hours=12)
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Slot:
    """Start and exclusive end of an event."""

    start: datetime
    end: datetime
    all_day: bool = False
    repetition: Expression | None = None
    """The recurrence that the text names, if it names one."""

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def new_slot(start: str, end: str | None, duration: str | None, now: datetime) -> Slot:
    """The slot of a new event.

    Raises:
        Refused: a text names no time that an event could have.
    """
    begin = _found(start, now)
    duration = duration or (None if end else _stated_length(start, now))
    if begin.kind == "recurrence":
        once = replace(begin, kind="instant", grain="day" if begin.end is None and not begin.timed else begin.grain)
        return replace(_begun(once, end, duration, now), repetition=begin)
    return _begun(begin, end, duration, now)


def _begun(begin: Expression, end: str | None, duration: str | None, now: datetime) -> Slot:
    if not begin.timed:
        return _days(begin, end, duration, now)
    first = begin.first
    return _slot(first, _ending(first, end, duration, now) or _own_end(begin) or first + DEFAULT_LENGTH)


def repetition(text: str, now: datetime) -> Expression:
    """The recurrence that a text names ("매주 화요일, 12월까지").

    Raises:
        Refused: it names none.
    """
    found = next((one for one in parse(_short(text), now, "work") if one.kind == "recurrence"), None)
    if found is None:
        raise Refused(f"반복을 읽을 수 없습니다: {text!r}. 예: 매주 화요일, 격주 금요일, 매월 말일, 평일마다 12월까지")
    return found


def moved_slot(old: Slot, start: str | None, end: str | None, duration: str | None, now: datetime) -> Slot:
    """The slot of an event that moves: what is not said stays as it was."""
    if start is None:
        fixed = _ending(old.start, end, duration, now, all_day=old.all_day)
        return _slot(old.start, fixed or old.end, all_day=old.all_day)
    begin = _readable(start, now)
    if not begin.timed:
        return _on_day(old, begin, end, duration, now)
    first = begin.first
    if not begin.dated:
        first = _same_day(first, old.start)
    shift = first - begin.first
    own = _own_end(begin)
    length = DEFAULT_LENGTH if old.all_day else old.length
    return _slot(first, _ending(first, end, duration, now) or (own + shift if own else first + length))


def _on_day(old: Slot, begin: Expression, end: str | None, duration: str | None, now: datetime) -> Slot:
    """A day alone moves the event to that day, at the time it had."""
    one_day = begin.grain == "day" and begin.end == begin.first + _DAY
    if not one_day or (old.all_day and (end or duration)):
        return _days(begin, end, duration, now)
    if old.all_day:
        return Slot(begin.first, begin.first + old.length, all_day=True)
    day = begin.first
    first = old.start.replace(year=day.year, month=day.month, day=day.day)
    return _slot(first, _ending(first, end, duration, now) or first + old.length)


def _days(begin: Expression, end: str | None, duration: str | None, now: datetime) -> Slot:
    """An all-day event."""
    first = begin.first
    if begin.grain != "day":
        raise Refused(f"날짜가 정해지지 않았습니다: {begin.text!r}. 날을 하나 정하세요. 예: 다음 주 화요일 오후 3시")
    last = begin.end or first + _DAY
    if end:
        final = _readable(end, first)
        if final.timed:
            raise Refused("start에 시각이 없습니다. 시작 시각도 함께 넣으세요. 예: 내일 오후 3시")
        last = final.end or final.first
    elif duration:
        length = _length(duration)
        if length % _DAY:
            raise Refused("start에 시각이 없습니다. 시작 시각도 함께 넣으세요. 예: 내일 오후 3시")
        last = first + length
    return _slot(first, last, all_day=True)


def _ending(
    first: datetime, end: str | None, duration: str | None, now: datetime, *, all_day: bool = False
) -> datetime | None:
    """Where `end` or `duration` puts the end; None when neither is given."""
    by_length = first + _length(duration) if duration else None
    if end is None:
        return by_length
    said = _readable(end, now)
    if said.timed:
        last = said.first if said.dated else _after(_same_day(said.first, first), first, bare=said.bare)
    else:
        last = said.end or said.first
        if not all_day:
            raise Refused(f"끝 시각을 읽을 수 없습니다: {end!r}. 예: 오후 4시")
    if by_length and by_length != last:
        raise Refused("end와 duration이 서로 다릅니다. 하나만 넣으세요.")
    return last


def _after(last: datetime, first: datetime, *, bare: bool) -> datetime:
    """An end that names no day is the next one after the start, within half a day."""
    if last > first:
        return last
    half = last + _OVERNIGHT
    if bare and half > first:
        return half
    return last + _DAY if last + _DAY - first < _OVERNIGHT else last


def _found(text: str, now: datetime) -> Expression:
    found = resolve(_short(text), now)
    if found is None:
        raise Refused(f"시간을 읽을 수 없습니다: {text!r}. 예: 다음 주 화요일 오후 3시, 2026-11-24T15:00")
    return found


def _short(text: str) -> str:
    """A time is said in a few words, and reading a book for one would take seconds."""
    if len(text) > _LONGEST:
        raise Refused(
            f"시간을 적은 글이 너무 깁니다({len(text):,}자). 시간만 {_LONGEST}자 안으로 적으세요.", code="too_large"
        )
    return text


def _readable(text: str, now: datetime) -> Expression:
    found = _found(text, now)
    if found.kind == "recurrence":
        raise Refused(f"여기에는 한 번의 시각을 넣으세요: {text!r}. 반복은 repeat에 넣습니다. 예: repeat=매주 화요일")
    return found


def _stated_length(text: str, now: datetime) -> str | None:
    """A length that the start text names apart from the start ("두 시간 동안 내일 3시에")."""
    return next((found.text for found in parse(text, now) if found.kind == "duration"), None)


def _length(text: str) -> timedelta:
    length = parse_duration(text)
    if length is None:
        raise Refused(f"길이를 읽을 수 없습니다: {text!r}. 예: 한 시간 반, 30분, PT1H")
    return length


def _own_end(found: Expression) -> datetime | None:
    """The end that the start text names itself ("3시부터 5시까지"); "저녁" names none."""
    return None if found.loose or found.open else found.end


def period(text: str, now: datetime) -> tuple[datetime, datetime | None, Expression]:
    """The stretch to look at, and what was said: a clock time covers its hour or minute, "…부터" has no end."""
    said = resolve(_short(text), now)
    if said is None:
        raise Refused(f"기간을 읽을 수 없습니다: {text!r}. 예: 이번 주, 다음 주 화요일, 11월")
    if said.open == "before":
        return min(now, said.first), said.end or said.first, said
    if said.open == "after":
        return said.first, None, said
    return said.first, said.end or said.first + timedelta(minutes=60 if said.grain == "hour" else 1), said


def _same_day(clock: datetime, day: datetime) -> datetime:
    return clock.replace(year=day.year, month=day.month, day=day.day)


def _slot(start: datetime, end: datetime, *, all_day: bool = False) -> Slot:
    if end <= start:
        raise Refused("끝이 시작보다 빠릅니다. 시작보다 늦은 end를 넣거나 duration을 넣으세요. 예: duration=한 시간")
    return Slot(start, end, all_day)
