"""From a chain of steps to the stretches of time it may name, the usual reading first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.expression import Hours, Toward
from mcp_servers.calendar.korean_time.period import CLOCKS, DAY, Period, midnight, unit_at
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Fixed, Level, Shift, Step
from mcp_servers.calendar.korean_time.token import Pointer

_REACH = {"year": 20, "month": 13, "week": 3, "day": 3}
"""How many cycles away a date may lie: 29 February comes each eight years, most leap months within twenty."""
_NOON = timedelta(hours=12)
_NEAR = timedelta(days=366)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who speaks when: `now` is the wall clock."""

    now: datetime
    hours: Hours = "nearest"
    toward: Toward = "future"


@dataclass(frozen=True, slots=True)
class Chain:
    steps: tuple[Step, ...]
    pointer: Pointer | None = None

    @property
    def level(self) -> Level:
        return self.steps[-1].level

    @property
    def clock(self) -> Clock | None:
        return next((step for step in self.steps if isinstance(step, Clock)), None)


def readings(chain: Chain, scene: Scene) -> list[Period]:
    """What the chain may mean, without doubles; an empty list when it names nothing ("2월 30일")."""
    try:
        found = _readings(chain, scene)
        plain = _unchecked(chain.steps)
        if len(plain) < len(chain.steps):
            near = [period for period in found if abs(period.start - scene.now) < _NEAR]
            ahead = near and near[0].start >= scene.now
            found = near if ahead else [*near, *_readings(replace(chain, steps=plain), scene)]
        return list(dict.fromkeys(found))
    except (ValueError, OverflowError):
        return []


def inside(steps: tuple[Step, ...], outer: Period) -> Iterator[Period]:
    """Each step taken inside the one before."""
    if not steps:
        yield outer
    elif not isinstance(steps[0], Fixed):
        for inner in steps[0].within(outer):
            yield from inside(steps[1:], inner)


def following(chain: Chain, first: Period, scene: Scene) -> Period | None:
    """What the chain means as the end of a range that begins with `first`."""
    head = chain.steps[0]
    if isinstance(head, Fixed):
        return next((period for period in readings(chain, scene) if period.start >= first.start), None)
    if isinstance(head, Shift):
        return next(inside(chain.steps, first), None)
    if isinstance(head, Clock):
        days = (unit_at("day", first.start, ahead) for ahead in range(3))
        later = [period for day in days for period in inside(chain.steps, day) if period.start > first.start]
        return min(later, key=lambda period: period.start, default=None)
    if chain.pointer is None:
        for period in inside(chain.steps, unit_at(head.cycle, first.start)):
            if period.start > first.start:
                return period
    later = _ahead(chain, replace(scene, now=first.start, toward="future"), strictly=True)
    return later[0] if later else None


def beside(chain: Chain, other: Period) -> list[Period]:
    """What the chain means in the cycle of a time named just before it ("다음 주 월요일 또는 화요일")."""
    head = chain.steps[0]
    if isinstance(head, Fixed | Shift) or chain.pointer:
        return []
    cycle = "day" if isinstance(head, Clock) else head.cycle
    found = list(inside(chain.steps, unit_at(cycle, other.start)))
    return sorted(found, key=lambda period: period.start < other.start)


def _readings(chain: Chain, scene: Scene) -> list[Period]:
    head, rest = chain.steps[0], chain.steps[1:]
    if isinstance(head, Fixed):
        found = _still_to_come(list(inside(rest, head.at(scene.now))), scene)
        return [*found, *_remainders(found, scene)] if rest else found
    if isinstance(head, Shift):
        return list(inside(rest, head.from_now(scene.now)))
    if isinstance(head, Clock):
        return _clock(head, rest, scene)
    return _pointed(chain, head, scene) if chain.pointer else _either(chain, scene)


def _still_to_come(found: list[Period], scene: Scene) -> list[Period]:
    """Of two readings of today's hour the one that is not over."""
    today = [period for period in found if period.exact and period.start.date() == scene.now.date()]
    if len(today) < 2 or scene.toward == "past":
        return found
    return sorted(found, key=lambda period: period.start < scene.now)


def _remainders(found: list[Period], scene: Scene) -> list[Period]:
    """What is left of a stretch that has begun: "이번 주 후반" said on a Friday."""
    today = midnight(scene.now)
    long = (period for period in found if period.grain not in CLOCKS and period.end - period.start > DAY)
    return [replace(period, start=today) for period in long if period.start < today < period.end]


def _clock(head: Clock, rest: tuple[Step, ...], scene: Scene) -> list[Period]:
    """An hour alone is the next to come; one to six without 오전 is in the afternoon, and so is all at work."""
    past = scene.toward == "past"
    found = []
    for option in head.options:
        days = [unit_at("day", scene.now, ahead) for ahead in ((1, 0, -1, -2) if past else (-1, 0, 1, 2))]
        periods = (period for day in days for period in inside((Clock((option,), head.grain), *rest), day))
        wanted = (period for period in periods if (period.start <= scene.now if past else period.start >= scene.now))
        found.extend([period for period in [next(wanted, None)] if period])
    usual = scene.hours == "work" or _NOON < head.options[0] < timedelta(hours=19)
    return found if usual else sorted(found, key=lambda period: period.start, reverse=past)


def _pointed(chain: Chain, head: Cyclic, scene: Scene) -> list[Period]:
    to = chain.pointer.to if chain.pointer else ""
    ahead = replace(scene, toward="future")
    if to in ("last", "back"):
        return _back(chain, scene, strictly=True)
    if to == "this":
        return _current(chain, head, ahead)
    if to == "next" and head.cycle == "week":
        week = unit_at("week", scene.now, 1)
        return [*inside(chain.steps, week), *_ahead(chain, ahead, strictly=True)]
    return _ahead(chain, ahead, strictly=True)


def _current(chain: Chain, head: Cyclic, scene: Scene) -> list[Period]:
    """이번: in this very cycle. A week that begins on Sunday makes "이번 일요일" the one before."""
    if head.cycle == "year" and head.level > Level.MONTH:
        return _ahead(chain, scene, strictly=False)
    found = list(inside(chain.steps, unit_at(head.cycle, scene.now)))
    if head.cycle == "week":
        return [*found, *(replace(day, start=day.start - _WEEK, end=day.end - _WEEK) for day in found)]
    earlier = inside(chain.steps, unit_at(head.cycle, scene.now, -1))
    running = [period for period in earlier if period.start <= scene.now < period.end]
    return running or found or _ahead(chain, scene, strictly=False)


def _either(chain: Chain, scene: Scene) -> list[Period]:
    """Ahead, and back when that is the nearer; the other way round for records."""
    ahead, back = _ahead(chain, scene, strictly=_is_strict(chain)), _back(chain, scene, strictly=False)
    if scene.toward == "past":
        return [*back, *ahead]
    if ahead and back and (_is_this_month(chain, back[0], scene) or _distance(back[0], scene) < _distance(ahead[0], scene)):
        return [ahead[0], *back, *ahead[1:]]
    return ahead or back


def _is_this_month(chain: Chain, period: Period, scene: Scene) -> bool:
    head = chain.steps[0]
    same = (period.start.year, period.start.month) == (scene.now.year, scene.now.month)
    return isinstance(head, Cyclic) and head.cycle == "month" and same


def _is_strict(chain: Chain) -> bool:
    head = chain.steps[0]
    return isinstance(head, Cyclic) and head.strict and chain.level <= Level.DAY


def _distance(period: Period, scene: Scene) -> timedelta:
    if period.start > scene.now:
        return midnight(period.start) - midnight(scene.now)
    return max(midnight(scene.now) - midnight(period.start), DAY * 0)


def _ahead(chain: Chain, scene: Scene, strictly: bool) -> list[Period]:
    """The first cycle ahead that has one that is not over; its other readings follow."""
    for found in _cycles(chain, scene.now, 1):
        live = [period for period in found if _is_ahead(period, scene.now, strictly)]
        if live:
            return [*live, *(period for period in found if period not in live)]
    return []


def _back(chain: Chain, scene: Scene, strictly: bool) -> list[Period]:
    for found in _cycles(chain, scene.now, -1):
        over = [period for period in found if _is_over(period, scene.now, strictly)]
        if over:
            return over
    return []


def _cycles(chain: Chain, now: datetime, direction: int) -> Iterator[list[Period]]:
    """The readings in one cycle after another, from the one before now on, or from the one after now back."""
    head = chain.steps[0]
    if not isinstance(head, Cyclic):
        return
    for away in range(0 if head.cycle == "month" else -1, _REACH[head.cycle]):
        yield list(inside(chain.steps, unit_at(head.cycle, now, direction * away)))


def _is_ahead(period: Period, now: datetime, strictly: bool) -> bool:
    if period.exact:
        return period.start >= now
    if period.grain in CLOCKS:
        return period.start > now if strictly else period.end > now
    return period.start > now if strictly else period.end > midnight(now)


def _is_over(period: Period, now: datetime, strictly: bool) -> bool:
    if period.grain in CLOCKS or strictly:
        edge = now if period.grain in CLOCKS else midnight(now)
        return (period.start if period.exact else period.end) <= edge
    return period.start <= now


def _unchecked(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Without weekdays that only repeat a date, for a date that does not fall on its weekday."""
    kept: list[Step] = []
    for step in steps:
        if kept and kept[-1].level == Level.DAY and isinstance(step, Cyclic) and step.weekday is not None:
            continue
        kept.append(step)
    return tuple(kept)
