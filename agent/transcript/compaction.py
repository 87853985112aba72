"""When the context grows too long: which results and which turns leave it, and the summary that stands for them."""

from collections.abc import Sequence

from agent.events import PlanStep
from agent.text import one_line
from agent.transcript.entries import Compaction, Ended, Pinned, Planned, Replied, Resulted, Row, Said, Shelved

LONGEST_SUMMARY = 4_000
"""Tokens, however large the window is."""
SUMMARY = 0.2
"""Share of what is kept that the summary may take."""
WORTH_SHELVING = 240
"""Tokens: a smaller result takes about as much room as the note that would stand for it."""


def tokens(text: str) -> int:
    """An estimate: a Korean syllable is three bytes and a little less than one token, four Latin letters are one."""
    return len(text.encode()) * 2 // 7 + 4


def size(row: Row) -> int:
    """Tokens that a row puts into the context, unshelved."""
    match row.entry:
        case Said(text=text, attached=attached):
            return tokens(text) + tokens(attached)
        case Replied(text=text, reasoning=reasoning, calls=calls):
            return tokens(text) + tokens(reasoning) + sum(tokens(str(call.sent)) for call in calls)
        case Resulted(text=text) | Compaction(summary=text):
            return tokens(text)
    return 0


def to_shelve(rows: Sequence[Row], surplus: int) -> list[Resulted]:
    """The results to put aside until `surplus` tokens are free: the oldest first, those of the newest reply last."""
    gone = {call for row in rows if isinstance(row.entry, Shelved) for call in row.entry.handles}
    large = [
        row
        for row in rows
        if isinstance(row.entry, Resulted) and row.entry.call_id not in gone and size(row) > WORTH_SHELVING
    ]
    fresh = _fresh(rows)
    chosen: list[Resulted] = []
    for row in sorted(large, key=lambda row: (row.id in fresh, row.id)):
        if surplus <= 0:
            break
        if isinstance(row.entry, Resulted):
            chosen.append(row.entry)
            surplus -= size(row) - WORTH_SHELVING // 2
    return chosen


def _fresh(rows: Sequence[Row]) -> set[int]:
    """Results the model has not read yet."""
    newest = max((row.id for row in rows if isinstance(row.entry, Replied)), default=0)
    return {row.id for row in rows if row.id > newest}


def compaction(rows: Sequence[Row], keep: int) -> Compaction | None:
    """The newest turns up to `keep` tokens stay, at least the last; None if there is nothing to take out."""
    sizes: dict[int, int] = {}
    for row in rows:
        if not isinstance(row.entry, Compaction) and row.turn:
            sizes[row.turn] = sizes.get(row.turn, 0) + size(row)
    if len(sizes) < 2:
        return None
    through, kept = max(sizes), 0
    for turn in sorted(sizes, reverse=True):
        kept += sizes[turn]
        if kept > keep and turn != max(sizes):
            break
        through = turn - 1
    leaving = [row for row in rows if row.turn <= through or isinstance(row.entry, Compaction)]
    if not any(row.turn <= through and not isinstance(row.entry, Compaction) for row in rows):
        return None
    return _summed_up(leaving, through, min(LONGEST_SUMMARY, round(SUMMARY * keep)))


def _summed_up(leaving: Sequence[Row], through: int, limit: int) -> Compaction:
    earlier = [row.entry for row in leaving if isinstance(row.entry, Compaction)]
    pins = [pin for one in earlier for pin in one.pins]
    pins += [row.entry.text for row in leaving if isinstance(row.entry, Pinned)]
    return Compaction(
        through=through,
        turns=through,
        summary="\n".join(_newest(_lines(leaving), limit)),
        outside=any(row.entry.from_outside for row in leaving),
        private=any(row.entry.is_private for row in leaving),
        pins=tuple(dict.fromkeys(pins)),
        tasks=_open_tasks(leaving, earlier),
    )


def _open_tasks(leaving: Sequence[Row], earlier: Sequence[Compaction]) -> tuple[str, ...]:
    """Of the newest plan; a plan that is older than a summary is in that summary."""
    plans: list[tuple[PlanStep, ...]] = [row.entry.steps for row in leaving if isinstance(row.entry, Planned)]
    if plans:
        return tuple(step.text for step in plans[-1] if step.status != "done")
    return earlier[-1].tasks if earlier else ()


def _lines(rows: Sequence[Row]) -> list[str]:
    lines: list[str] = []
    for row in rows:
        match row.entry:
            case Compaction(summary=earlier):
                lines = earlier.splitlines() + lines
            case Said(text=text):
                lines.append(f"- 요청: {one_line(text, 200)}")
            case Resulted(status="done", summary=summary) if summary:
                lines.append(f"  한 일: {one_line(summary, 160)}")
            case Ended(text=text) if text:
                lines.append(f"  답: {one_line(text, 200)}")
    return lines


def _newest(lines: Sequence[str], limit: float) -> list[str]:
    """As many of the last lines as fit."""
    kept: list[str] = []
    for line in reversed(lines):
        limit -= tokens(line)
        if limit < 0:
            break
        kept.append(line)
    return kept[::-1]
