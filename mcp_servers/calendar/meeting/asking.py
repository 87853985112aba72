"""What the words of a question for a meeting time mean together."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from mcp_servers.calendar.korean_time import Expression, parse_duration, resolve
from mcp_servers.calendar.meeting.hours import Clocks, Hours
from mcp_servers.calendar.meeting.zones import country_of
from mcp_servers.calendar.when import period
from mcp_servers.common.instant import zone_of
from mcp_servers.common.refusal import Refused

_LONGEST = timedelta(days=92)
_OPEN = timedelta(days=14)
_NONE = ("없음", "없이", "안 먹음", "none")


@dataclass(frozen=True, slots=True)
class Stretch:
    """When to look."""

    start: datetime
    end: datetime
    said: Expression

    @property
    def named_hours(self) -> bool:
        """Whether clock times were said, so that working hours do not matter."""
        return self.said.timed

    @property
    def part_of_day(self) -> bool:
        """Whether they are only a part of the day ("저녁")."""
        return self.named_hours and self.said.loose


def stretch(when: str, now: datetime) -> Stretch:
    """The period that a text names; two weeks where its end is open.

    Raises:
        Refused: the text names no period, or one that is too long.
    """
    first, last, said = period(when, now)
    end = last or max(first, now) + _OPEN
    if end - first > _LONGEST:
        raise Refused(f"기간이 너무 깁니다: {when!r}. 석 달 안으로 줄이세요. 예: 다음 주")
    return Stretch(first, end, said)


def coming(when: str, now: datetime) -> Stretch:
    """What is still to come of the period."""
    whole = stretch(when, now)
    return replace(whole, start=max(whole.start, now.replace(second=0, microsecond=0)))


def length(text: str) -> timedelta:
    """Raises `Refused` for what is no length, or a negative one."""
    found = parse_duration(text)
    if not found or found < timedelta():
        raise Refused(f"길이를 읽을 수 없습니다: {text!r}. 예: 한 시간 반, 30분, PT1H")
    return found


def working_hours(now: datetime, work: str | None, lunch: str | None) -> Hours:
    """The user's hours, with what was said about them: "10시~19시"; "없음" for no lunch.

    Raises:
        Refused: a text names no clock times.
    """
    zone = zone_of(now)
    hours = Hours(zone, country_of(str(zone)) or "KR")
    if work:
        hours = replace(hours, work=_clocks(work, now))
    if lunch:
        hours = replace(hours, lunch=None if lunch in _NONE else _clocks(lunch, now))
    return hours


def _clocks(text: str, now: datetime) -> Clocks:
    said = resolve(text, now.replace(hour=0, minute=0))
    if said is None or said.end is None or not said.timed or said.first.date() != said.end.date():
        raise Refused(f"시간대를 읽을 수 없습니다: {text!r}. 예: 오전 10시부터 오후 7시까지")
    return _clock(said.first), _clock(said.end)


def _clock(moment: datetime) -> time:
    return moment.timetz().replace(tzinfo=None)
