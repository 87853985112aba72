"""Ranges: "3시부터 5시까지", "10월 3일~5일", "5월에서 11월 사이"."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from mcp_servers.calendar.korean_time.chain import Chain, Scene, following, readings
from mcp_servers.calendar.korean_time.links import Linked
from mcp_servers.calendar.korean_time.period import Period
from mcp_servers.calendar.korean_time.step import Clock, Cyclic, Fixed, Level

_JOINT = re.compile(r"(?:쯤|경)?\s?(?:부터|에서부터|에서|~|∼|〜|-|–|—|--)\s?(?:약\s)?|/")
_PAIR = re.compile(r"\s?(?:와|과|하고|랑|이랑)\s?")
_BETWEEN = re.compile(r"\s?(?:의\s)?사이")
_UNTIL = re.compile(r"(?:쯤|경)?\s?(?:까지|사이에?)")
_ELEVEN_MONTHS = timedelta(days=340)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a range ends in the text, and whether 사이 ends it."""

    end: int
    between: bool


def reach(text: str, first: Linked, last: Linked) -> Reach | None:
    """Whether what stands between and behind two chains makes them a range."""
    between = text[first.end : last.start]
    until, apart = _UNTIL.match(text, last.end), _BETWEEN.match(text, last.end)
    if not (_JOINT.fullmatch(between) or (apart and _PAIR.fullmatch(between))):
        return None
    years = first.chain.level <= Level.YEAR and last.chain.steps[0].level == Level.YEAR
    if "에서" in between and not until and not years:
        return None
    return Reach(until.end() if until else last.end, apart is not None)


def pairs_of(first: Chain, begins: list[Period], last: Chain, scene: Scene) -> list[tuple[Period, Period]]:
    """Each reading of the start with the end that goes with it."""
    last = _in_the_same_clock(first, last)
    if first.clock and first.clock.bare and _is_told(last):
        begins = _nearest(begins, last, scene)
    pairs = _backwards(first, last, scene)
    pairs = pairs or [(begin, end) for begin in begins if (end := following(last, begin, scene))]
    named = isinstance(last.steps[0], Fixed)
    return [
        (begin, end)
        for begin, end in pairs
        if end.start > begin.start or (end.start == begin.start and not begin.exact)
        if named or end.start.year == begin.start.year or end.start - begin.start < _ELEVEN_MONTHS
    ]


def _in_the_same_clock(first: Chain, last: Chain) -> Chain:
    """ "23시부터 1시까지": both are of the clock of 24 hours."""
    if not (first.clock and first.clock.of_day and last.clock and last.clock.bare):
        return last
    hour = replace(last.clock, options=(min(last.clock.options),))
    return replace(last, steps=tuple(hour if isinstance(step, Clock) else step for step in last.steps))


def _is_told(last: Chain) -> bool:
    head = last.steps[0]
    return isinstance(head, Clock) and not head.bare


def _nearest(begins: list[Period], last: Chain, scene: Scene) -> list[Period]:
    """ "11시부터 오후 3시까지" begins in the morning, "5시부터 오후 6시까지" in the afternoon."""

    def length(begin: Period) -> timedelta:
        end = following(last, begin, scene)
        return end.start - begin.start if end else timedelta.max

    same = [begin for begin in begins if begin.start.date() == begins[0].start.date()]
    return [min(same if len(same) > 1 else begins, key=length)]


def _backwards(first: Chain, last: Chain, scene: Scene) -> list[tuple[Period, Period]]:
    """ "5월부터 2020년 10월까지": what comes back each year begins right before the end."""
    head, final = first.steps[0], last.steps[0]
    if not (isinstance(final, Fixed) and final.explicit and isinstance(head, Cyclic) and head.cycle == "year"):
        return []
    ends = readings(last, scene)
    before = replace(scene, now=ends[0].start, toward="past") if ends else scene
    return [(begin, ends[0]) for begin in readings(first, before)[:1]] if ends else []
