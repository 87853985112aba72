"""The times that suit best, out of all that are possible."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from mcp_servers.calendar.meeting.criteria import judge
from mcp_servers.calendar.meeting.intervals import Span
from mcp_servers.calendar.meeting.slot import Slot, Wish, slot_at

_STEP = timedelta(minutes=15)
_NOON = 12


def best(spans: Sequence[Span], wish: Wish, most: int) -> list[Slot]:
    """The best times within the spans: those that lack fewest people first, then the better judged.

    None overlap, and they are spread over mornings and afternoons as long as there are enough of those.
    """
    possible = (slot_at(start, wish) for start in starts(spans, wish.length))
    enough = [slot for slot in possible if _is_meeting(slot, wish)]
    chosen: list[Slot] = []
    for _, alike in groupby(sorted(enough, key=lambda one: _lacks(one, wish)), key=lambda one: _lacks(one, wish)):
        judged = sorted((judge(slot, wish) for slot in alike), key=lambda one: (-one.points, one.start))
        for is_other in (_other_half_day, _apart):
            for slot in judged:
                if len(chosen) < most and all(is_other(slot, one, wish) for one in chosen):
                    chosen.append(slot)
        if len(chosen) == most:
            break
    return sorted(chosen, key=lambda one: (_lacks(one, wish), -one.points, one.start))


def starts(spans: Sequence[Span], length: timedelta) -> Iterator[datetime]:
    """Where a meeting can begin: at the beginning of a span, and at every quarter of an hour."""
    for first, last in spans:
        start = first
        while start + length <= last:
            yield start
            start = quarter(start + timedelta(microseconds=1))


def quarter(moment: datetime) -> datetime:
    """The next quarter of an hour, or that very moment."""
    past = (moment - datetime.min.replace(tzinfo=UTC)) % _STEP
    return moment + (_STEP - past if past else timedelta())


def _is_meeting(slot: Slot, wish: Wish) -> bool:
    """Whether enough of those can come who have to, at least two where several are asked."""
    required = sum(one.required for one in wish.attendees)
    return required - slot.absent >= max(wish.minimum, min(required, 2))


def _lacks(slot: Slot, wish: Wish) -> int:
    """How many have to do without; who asks, and a room that is needed, count like one more person each."""
    without_me = any(one.agenda.guest.is_me for one in slot.missing)
    return slot.absent + without_me + (wish.needs_room and slot.room is None)


def _apart(one: Slot, other: Slot, wish: Wish) -> bool:
    return one.end <= other.start or other.end <= one.start


def _other_half_day(one: Slot, other: Slot, wish: Wish) -> bool:
    return _apart(one, other, wish) and _half_day(one, wish) != _half_day(other, wish)


def _half_day(slot: Slot, wish: Wish) -> tuple[date, bool]:
    start = slot.start.astimezone(wish.hours.zone)
    return start.date(), start.hour >= _NOON
