"""Which reminders are due, which were missed, and when the next one is: a pure function of what the calendar holds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mcp_servers.calendar.reminders.store import Candidate, Told

LOOK_BACK = timedelta(days=7)
"""What should have rung longer ago is not said any more."""
LATE = timedelta(minutes=2)
"""Later than this it is said that it is late; over and later, it was missed."""
_DAY = timedelta(days=1)
_FORM = "%Y%m%dT%H%M%SZ"
_KEY = re.compile(r"(?P<id>[^/\s]{1,200})/(?P<at>\d{8}T\d{6}Z)")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MISSED = "missed"

Ringing = tuple[Candidate, Sequence[datetime]]
"""What may ring, with the instants at which it does."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A reminder at its instant; not `late` when it comes on time."""

    candidate: Candidate
    at: datetime
    late: bool = False

    @property
    def key(self) -> str:
        return key_of(self.candidate.id, self.at)


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to say now, and when to look again."""

    due: Sequence[Ring]
    missed: Sequence[Ring]
    """Of things that are over: they are said in one breath."""
    missed_key: str
    next_at: datetime | None


def key_of(name: str, at: datetime) -> str:
    """`name` is the id of an occurrence."""
    return f"{name}/{at.astimezone(UTC):{_FORM}}"


def parsed(key: str) -> tuple[str, datetime]:
    """The id of the occurrence, or `MISSED`, and the instant.

    Raises:
        ValueError: it is no key of a reminder.
    """
    if not (found := _KEY.fullmatch(key)):
        raise ValueError(key)
    return found["id"], datetime.strptime(found["at"], _FORM).replace(tzinfo=UTC)


def plan(bells: Sequence[Ringing], told: Mapping[str, Told], now: datetime, until: datetime) -> Plan:
    """`told` goes back as far as `bells` do."""
    heard = max((one.due_at for key, one in told.items() if _sums_up(key) and one.settled_at), default=_LONG_AGO)
    due: list[Ring] = []
    missed: list[Ring] = []
    coming: list[datetime] = []
    for candidate, instants in bells:
        coming += [at for at in instants if now < at <= until]
        ring = _last(candidate, instants, now)
        if ring is None or _is_taken(ring.key, told, now):
            continue
        if not _is_over(ring, now):
            due.append(ring)
        elif ring.at >= max(candidate.created_at, heard):
            missed.append(ring)
    due += _put_off(bells, told, now)
    coming += [one.due_at for one in told.values() if one.claimed_at is None and now < one.due_at <= until]
    missed_key = key_of(MISSED, heard)
    if _is_taken(missed_key, told, now):
        missed = []
    return Plan(_ordered(due), _ordered(missed), missed_key, min(coming, default=None))


def _last(candidate: Candidate, instants: Sequence[datetime], now: datetime) -> Ring | None:
    """Of the reminders of one occurrence that have passed the last stands for all."""
    past = [at for at in instants if now - LOOK_BACK < at <= now]
    return Ring(candidate, max(past), late=now - max(past) > LATE) if past else None


def _is_over(ring: Ring, now: datetime) -> bool:
    # A task that is due is not done by that.
    return (
        ring.late and ring.candidate.kind == "VEVENT" and ring.candidate.end is not None and ring.candidate.end <= now
    )


def _is_taken(key: str, told: Mapping[str, Told], now: datetime) -> bool:
    return key in told and told[key].is_taken(now)


def _sums_up(key: str) -> bool:
    return key.startswith(f"{MISSED}/")


def _put_off(bells: Sequence[Ringing], told: Mapping[str, Told], now: datetime) -> Iterator[Ring]:
    """Those whose time has come again; also a claim of such a one that lapsed."""
    waiting = {parsed(key) for key, one in told.items() if one.due_at <= now and not one.is_taken(now)}
    names = {name for name, _ in waiting}
    for candidate, instants in bells if names else ():
        if candidate.id in names:
            again = (at for name, at in waiting if name == candidate.id and at not in instants)
            yield from (Ring(candidate, at, late=now - at > LATE) for at in again)


def _ordered(rings: Sequence[Ring]) -> Sequence[Ring]:
    return sorted(rings, key=lambda ring: (ring.at, ring.candidate.title))
