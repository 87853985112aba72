"""When the context grows too long: which turns leave it, and the summary that stands for them."""

from collections.abc import Sequence

from agent.text import one_line
from agent.transcript.entries import Compaction, Ended, Replied, Resulted, Row, Said

TRIGGER, KEPT, SUMMARY = 0.6, 0.25, 0.1
"""Shares of the context window: compaction starts above the first, keeps turns up to the second and sums up the others
in the third."""
_LONGEST_SUMMARY = 4_000
"""Tokens, however large the window is."""


def tokens(text: str) -> int:
    """An estimate: a Korean syllable is three bytes and a little less than one token, four Latin letters are one."""
    return len(text.encode()) * 2 // 7 + 4


def due(rows: Sequence[Row], window: int) -> Compaction | None:
    """The compaction this context needs before the next request, or None."""
    sizes: dict[int, int] = {}
    for row in rows:
        if not isinstance(row.entry, Compaction):
            sizes[row.turn] = sizes.get(row.turn, 0) + _size(row)
    if sum(map(_size, rows)) <= TRIGGER * window or len(sizes) < 2:
        return None
    through, kept = max(sizes), 0
    for turn in sorted(sizes, reverse=True):
        kept += sizes[turn]
        if kept > KEPT * window and turn != max(sizes):
            break
        through = turn - 1
    leaving = [row for row in rows if row.turn <= through or isinstance(row.entry, Compaction)]
    return Compaction(
        through=through,
        turns=through,
        summary="\n".join(_newest(_lines(leaving), min(_LONGEST_SUMMARY, SUMMARY * window))),
        outside=any(row.entry.from_outside for row in leaving),
    )


def _size(row: Row) -> int:
    match row.entry:
        case Said(text=text, attached=attached):
            return tokens(text) + tokens(attached)
        case Replied(text=text, reasoning=reasoning, calls=calls):
            return tokens(text) + tokens(reasoning) + sum(tokens(str(call.sent)) for call in calls)
        case Resulted(text=text) | Compaction(summary=text):
            return tokens(text)
    return 0


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
