"""Compares what readers were told with one another and with the transcript. Every fault is one line of text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agent.session.replay import replay
from agent.transcript.entries import Row
from tests.chaos.told import LAST, Line, Told, keyed

_RANKS = {
    "tool_call_proposed": 0,
    "tool_call_approved": 1,
    "tool_call_started": 2,
    "tool_call_progress": 3,
    "tool_call_finished": 4,
}
_PASSING = {"tool_call_started", "notice", "approval_asked", "question_asked", "error"}
"""Named events that the transcript does not tell again."""

Places = dict[tuple[str, int], Line]


@dataclass
class _Story:
    """A reader's picture of the turn that it is being told."""

    turn: int = 0
    whole: bool = False
    """It has been told from its start."""
    ended: bool = False
    failed: bool = False
    """It ended in a way that could perhaps not be written down, and is closed later."""
    replies: list[str] = field(default_factory=list)
    coming: list[str] = field(default_factory=list)
    ranks: dict[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n\n".join(text for text in (*self.replies, "".join(self.coming)) if text.strip()).strip()


def story(told: Told) -> Iterator[str]:
    """Each event in its place: turns one after another, calls step by step, the text of a turn that of its deltas."""
    now = _Story()
    for line in told.lines:
        kind, event = line.kind, line.event
        if kind == "notice":
            continue
        if kind == "turn_started":
            if event["turn"] <= now.turn:
                yield f"turn {event['turn']} starts after turn {now.turn}"
            now = _Story(event["turn"], whole=True)
            continue
        if now.ended and not now.failed and kind != "compaction" and not _came_to_nothing(line):
            yield f"{kind} {line.key} comes after the end of turn {now.turn}"
        yield from _take(now, line)


def _take(now: _Story, line: Line) -> Iterator[str]:
    kind, event = line.kind, line.event
    if kind == "text_delta":
        now.coming.append(event["text"])
    elif kind == "reply_restarted":
        now.coming.clear()
    elif kind == "usage":
        now.replies.append("".join(now.coming))
        now.coming.clear()
    elif kind in _RANKS:
        before = now.ranks.get(event["call_id"], -1)
        if _RANKS[kind] < before or (_RANKS[kind] == before and kind != "tool_call_progress"):
            yield f"{kind} of {event['call_id']} in turn {now.turn} comes too late or again"
        if now.whole and before < 0 and kind != "tool_call_proposed":
            yield f"{kind} of {event['call_id']} in turn {now.turn} comes before it was proposed"
        now.ranks[event["call_id"]] = _RANKS[kind]
    elif kind == "turn_finished":
        now.ended, now.failed = True, event["stop_reason"] == "error"
        if now.whole and event["stop_reason"] == "done" and event["text"] != now.text:
            yield f"turn {now.turn} ended with {event['text'][:60]!r}…, told was {now.text[:60]!r}…"


def doubled(told: Told) -> Iterator[str]:
    """No named event twice."""
    counts = Counter(line.key for line in told.lines if line.key and not (_unsure(line) or _came_to_nothing(line)))
    yield from (f"{key} was told {count} times" for key, count in counts.items() if count > 1)


def _unsure(line: Line) -> bool:
    """A notice whose name was only worked out: two turns may have the same."""
    return line.kind == "notice" and line.epoch is None


def _came_to_nothing(line: Line) -> bool:
    """A request that was refused before it became a turn goes by the name of the turn before."""
    return line.kind == "error" or line.event.get("stop_reason") == "error"


def places(readers: Iterable[Told]) -> tuple[Places, list[str]]:
    """What stands where, and where two readers differ about it."""
    found: Places = {}
    faults = []
    for told in readers:
        for line in told.lines:
            if line.place and line.key:
                known = found.setdefault(line.place, line)
                if (known.key, known.event) != (line.key, line.event):
                    faults.append(f"{told.reader}: {line.place} is {line.key}, for another reader {known.key}")
            elif line.place and line.kind != "notice":
                found.setdefault(line.place, line)
    return found, faults


def gaps(told: Told, known: Places) -> Iterator[str]:
    """Within an epoch numbers go up, and what is left out came from the transcript."""
    newest: dict[str, int] = {}
    heard: set[str] = set()
    caught_up = unexplained = 0
    for line in told.lines:
        if line.epoch and line.kind == "notice" and not line.key:
            continue
        if line.place:
            last = newest.get(line.epoch or "", line.number - 1)
            if line.number <= last:
                yield f"{line.key or line.kind} has number {line.number} after {last}"
            missing = [known.get((line.epoch or "", n)) for n in range(last + 1, line.number)]
            lost = [one for one in missing if one and one.key not in heard]
            if lost and not caught_up:
                yield f"lost before {line.number} of {line.epoch}: {', '.join(one.key or one.kind for one in lost)}"
            unexplained += 0 if caught_up else sum(one is None for one in missing)
            newest[line.epoch or ""] = line.number
            caught_up = 0
        elif line.epoch == "":
            caught_up += 1
            unexplained -= bool(line.key)
        heard.add(line.key)
    if unexplained > 0:
        yield f"{unexplained} events are missing, and nobody knows which"


@dataclass(frozen=True)
class Expected:
    """What every reader of a session must have been told in the end, by turn, in this order."""

    keys: Mapping[int, Sequence[str]]
    ended: frozenset[int]

    @classmethod
    def of(cls, session: str, rows: Sequence[Row]) -> "Expected":
        keys: dict[int, list[str]] = {}
        ended = set()
        for key, event in keyed(replay(session, rows)):
            if key and event.type not in {"notice", "approval_asked", "question_asked", "error"}:
                keys.setdefault(int(key.partition("/")[0]), []).append(key)
            if event.type == "turn_finished":
                ended.add(event.turn)
        return cls(keys, frozenset(ended))


def complete(told: Told, expected: Expected, turns: Iterable[int]) -> Iterator[str]:
    """Of the turns that have ended: everything that the transcript tells, in its order, and nothing else."""
    heard: dict[int, list[str]] = {}
    for line in told.lines:
        if line.key and line.kind not in _PASSING:
            heard.setdefault(line.turn, []).append(line.key)
    for turn in turns:
        if turn not in expected.ended:
            continue
        want, got = list(expected.keys[turn]), heard.get(turn, [])
        if lost := [key for key in want if key not in got]:
            yield f"was never told {', '.join(lost)}"
        if more := [key for key in got if key not in want]:
            yield f"was told {', '.join(more)}, which is not in the transcript"
        common = list(dict.fromkeys(key for key in got if key in want))
        if not lost and common != want:
            late = next(two for one, two in pairwise(common) if want.index(one) > want.index(two))
            yield f"was told {late} out of order"


def refused(told: Told) -> Iterator[str]:
    """Nothing fails where it need not."""
    yield from (f"was told: {line.event['message']}" for line in told.lines if line.kind == "error")


def stream(told: Told, *, asks: int = 0) -> Iterator[str]:
    """The stream of one turn, told to its end: exactly one last event, which is the last, behind as many questions."""
    lasts = [line for line in told.lines if line.kind in LAST]
    if not told.ended or len(lasts) != 1 + asks:
        yield f"has {len(lasts)} last events: {', '.join(line.kind for line in lasts)}"
