"""From a chain of steps to the stretches of time it may name, the usual reading first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mcp_servers.calendar.korean_time.expression import Hours, Toward
from mcp_servers.calendar.korean_time.period import CLOCKS, DAY, Period, midnight, unit_at
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Fixed, Level, Shift, Step
from mcp_servers.calendar.korean_time.words.token import Pointer

_REACH = {"year": 20, "month": 13, "week": 3, "day": 3}
"""How many cycles away a date may lie: 29 February comes each eight years, most leap months within twenty."""
_NEAR = timedelta(days=366)
_WEEK = timedelta(days=7)
_NOON, _EVENING = timedelta(hours=12), timedelta(hours=19)
_DAWN = 6


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
    found = _readings(chain, scene)
    plain = _unchecked(chain.steps)
    if len(plain) < len(chain.steps):
        near = [period for period in found if abs(period.start - scene.now) < _NEAR]
        agrees = near and near[0].start >= scene.now
        found = near if agrees else [*near, *_readings(replace(chain, steps=plain), scene)]
    return list(dict.fromkeys(found))


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
    same_cycle = [] if chain.pointer else inside(chain.steps, unit_at(head.cycle, first.start))
    begun = replace(scene, now=first.start, toward="future")
    later = [period for period in same_cycle if period.start > first.start] or _ahead(chain, begun, strictly=True)
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
    moved = next((index for index, step in enumerate(chain.steps) if isinstance(step, Shift)), None)
    if moved is None:
        return _pointed(chain, head, scene) if chain.pointer else _either(chain, scene)
    return _moved(chain, moved, scene)


def _moved(chain: Chain, at: int, scene: Scene) -> list[Period]:
    """What is counted from a date: that date is the one to come, or the last one for a birthday."""
    shift = chain.steps[at]
    if isinstance(shift, Shift) and shift.from_past:
        scene = replace(scene, toward="past")
    bases = readings(replace(chain, steps=chain.steps[:at]), scene)
    return [period for base in bases for period in inside(chain.steps[at:], base)]


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
    """An hour alone is the next to come; one to six is in the afternoon, except before dawn."""
    past = scene.toward == "past"
    found = []
    for option in head.options:
        days = [unit_at("day", scene.now, ahead) for ahead in ((1, 0, -1, -2) if past else (-1, 0, 1, 2))]
        periods = (period for day in days for period in inside((Clock((option,), head.grain), *rest), day))
        wanted = (period for period in periods if (period.start <= scene.now if past else period.start >= scene.now))
        found.extend([period for period in [next(wanted, None)] if period])
    afternoon = _NOON < head.options[0] < _EVENING and scene.now.hour >= _DAWN
    if scene.hours == "work" or afternoon:
        return found
    return sorted(found, key=lambda period: period.start, reverse=past)


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
    """Ahead, and back too when that is nearer or in this month; the other way round for records."""
    head = chain.steps[0]
    strictly = isinstance(head, Cyclic) and head.strict and chain.level <= Level.DAY
    ahead, back = _ahead(chain, scene, strictly=strictly), _back(chain, scene, strictly=False)
    if scene.toward == "past":
        return [*back, *ahead]
    if not ahead or not back:
        return ahead or back
    this_month = isinstance(head, Cyclic) and head.cycle == "month" and _same_month(back[0].start, scene.now)
    if this_month or _distance(back[0], scene.now) < _distance(ahead[0], scene.now):
        return [ahead[0], *back, *ahead[1:]]
    return ahead


def _same_month(one: datetime, other: datetime) -> bool:
    return (one.year, one.month) == (other.year, other.month)


def _distance(period: Period, now: datetime) -> timedelta:
    return abs(midnight(period.start) - midnight(now))


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
    if isinstance(head, Cyclic):
        for away in range(0 if head.cycle == "month" else -1, _REACH[head.cycle]):
            yield list(inside(chain.steps, unit_at(head.cycle, now, direction * away)))


def _is_ahead(period: Period, now: datetime, strictly: bool) -> bool:
    if period.exact:
        return period.start >= now
    if strictly:
        return period.start > now
    return period.end > (now if period.grain in CLOCKS else midnight(now))


def _is_over(period: Period, now: datetime, strictly: bool) -> bool:
    if period.exact:
        return period.start <= now
    if period.grain in CLOCKS:
        return period.end <= now
    return period.end <= midnight(now) if strictly else period.start <= now


def _unchecked(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Without weekdays that only repeat a date, for a date that does not fall on its weekday."""
    kept: list[Step] = []
    for step in steps:
        repeats = kept and kept[-1].level == Level.DAY and isinstance(step, Cyclic) and step.weekday is not None
        if not repeats:
            kept.append(step)
    return tuple(kept)
