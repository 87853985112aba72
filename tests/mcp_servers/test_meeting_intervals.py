from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mcp_servers.calendar.meeting.intervals import (
    Span,
    difference,
    holding,
    intersection,
    lasting,
    meets,
    room_around,
    union,
)

ZERO = datetime(2026, 11, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minute: int) -> datetime:
    return ZERO + minute * MINUTE


def minutes(spans: list[Span]) -> set[int]:
    """The same set, the slow way."""
    return {minute for start, end in spans for minute in range((start - ZERO) // MINUTE, (end - ZERO) // MINUTE)}


span = st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda both: (at(both[0]), at(sum(both))))
spans = st.lists(span, max_size=8)
stretch = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda both: (at(both[0]), at(sum(both))))


@given(spans)
def test_a_union_is_sorted_and_disjoint_and_has_every_instant(some: list[Span]) -> None:
    joined = union(some)

    assert minutes(joined) == minutes(some)
    assert all(one[0] < one[1] for one in joined)
    assert all(one[1] < other[0] for one, other in pairwise(joined))


@given(spans, spans)
def test_algebra_of_spans_is_algebra_of_their_instants(some: list[Span], others: list[Span]) -> None:
    some, others = union(some), union(others)

    assert minutes(intersection(some, others)) == minutes(some) & minutes(others)
    assert minutes(difference(some, others)) == minutes(some) - minutes(others)
    assert union(difference(some, others)) == difference(some, others)


@given(spans, stretch)
def test_one_look_says_whether_a_stretch_is_taken_and_how_far_the_next_are(some: list[Span], asked: Span) -> None:
    some, (start, end) = union(some), asked
    inside = minutes([asked])
    before = [end for _, end in some if end <= start]
    after = [begin for begin, _ in some if begin >= end]

    assert meets(some, start, end) == bool(minutes(some) & inside)
    assert (holding(some, start, end) is not None) == any(inside <= minutes([one]) for one in some)
    if not meets(some, start, end):
        assert room_around(some, start, end) == (
            start - before[-1] if before else timedelta.max,
            after[0] - end if after else timedelta.max,
        )


def test_what_is_too_short_is_left_out() -> None:
    assert lasting([(at(0), at(29)), (at(40), at(70))], 30 * MINUTE) == [(at(40), at(70))]
