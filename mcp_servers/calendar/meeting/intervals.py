"""Interval algebra: a set of instants as a sorted list of disjoint half-open spans, every instant in UTC."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]


def union(spans: Iterable[Span]) -> list[Span]:
    """Everything in any of them; they may overlap and come in any order."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif start < end:
            joined.append((start, end))
    return joined


def intersection(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What is in both."""
    common: list[Span] = []
    one, other = 0, 0
    while one < len(some) and other < len(others):
        start, end = max(some[one][0], others[other][0]), min(some[one][1], others[other][1])
        if start < end:
            common.append((start, end))
        if some[one][1] < others[other][1]:
            one += 1
        else:
            other += 1
    return common


def difference(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of the spans."""
    left: list[Span] = []
    at = 0
    for first, last in spans:
        while at < len(taken) and taken[at][1] <= first:
            at += 1
        start, next_ = first, at
        while next_ < len(taken) and taken[next_][0] < last:
            if start < taken[next_][0]:
                left.append((start, taken[next_][0]))
            start = max(start, taken[next_][1])
            next_ += 1
        if start < last:
            left.append((start, last))
    return left


def lasting(spans: Iterable[Span], length: timedelta) -> list[Span]:
    """Those at least so long."""
    return [span for span in spans if span[1] - span[0] >= length]


def meets(spans: Sequence[Span], start: datetime, end: datetime) -> bool:
    """Whether any of them shares time with [start, end)."""
    after = bisect_left(spans, (end,))
    return after > 0 and spans[after - 1][1] > start


def holding(spans: Sequence[Span], start: datetime, end: datetime) -> Span | None:
    """The one that [start, end) lies within."""
    after = bisect_left(spans, (end,))
    within = after > 0 and spans[after - 1][0] <= start and end <= spans[after - 1][1]
    return spans[after - 1] if within else None


def room_around(spans: Sequence[Span], start: datetime, end: datetime) -> tuple[timedelta, timedelta]:
    """How far the nearest span before and after the free stretch is; `timedelta.max` where there is none."""
    after = bisect_left(spans, (end,))
    before = start - spans[after - 1][1] if after else timedelta.max
    return before, spans[after][0] - end if after < len(spans) else timedelta.max
