"""What the turns of a campaign have done: the transcript, and the effects in calendar, phone and files."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from agent.transcript.entries import ENTRY, Ended, Replied, Resulted, Row, Said
from tests.chaos.told import Told

_EFFECT = re.compile(r"\b[EML]\d+\b")
WORK = re.compile(r"(작업|긴 답|도구|명령) (\d+)")
"""What a request is about, and its number, which no other request has."""


def transcript(home: Path) -> dict[str, list[Row]]:
    """The rows of every session."""
    found: dict[str, list[Row]] = {}
    path = home / "transcript.db"
    if not path.exists():
        return found
    with closing(sqlite3.connect(path, timeout=30)) as database:
        rows = database.execute("SELECT id, session_id, turn, body FROM entry ORDER BY id").fetchall()
    for number, session, turn, body in rows:
        found.setdefault(session, []).append(Row(id=number, turn=turn, entry=ENTRY.validate_json(body)))
    return found


def effects(home: Path, work: Path) -> Counter[str]:
    """Every effect by name, and how often it is there."""
    names = [*_column(home / "calendar.db", "SELECT title FROM calendar_component")]
    names += _column(home / "phone.db", "SELECT text FROM phone_message")
    for file in work.glob("log*.txt"):
        names += [line for line in file.read_text(encoding="utf-8").split() if line != "END"]
    return Counter(names)


def _column(path: Path, query: str) -> list[str]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(path, timeout=30)) as database:
        return [row[0] for row in database.execute(query)]


def unanswered(rows: Sequence[Row]) -> Iterator[str]:
    """Calls of ended turns without a result, and with several."""
    over = {row.turn for row in rows if isinstance(row.entry, Ended)}
    made = [(row.turn, call.id) for row in rows if isinstance(row.entry, Replied) for call in row.entry.calls]
    results = Counter((row.turn, row.entry.call_id) for row in rows if isinstance(row.entry, Resulted))
    for call in made:
        if call[0] in over and results[call] != 1:
            yield f"call {call} has {results[call]} results"
    for call, count in Counter(made).items():
        if count > 1:
            yield f"call {call} was made {count} times"


def claimed(rows: Sequence[Row]) -> dict[str, str]:
    """Effects by name, and what the transcript says became of them."""
    calls = {
        (row.turn, call.id): name
        for row in rows
        if isinstance(row.entry, Replied)
        for call in row.entry.calls
        if (name := _name(str(call.arguments)))
    }
    return {
        calls[row.turn, row.entry.call_id]: row.entry.status
        for row in rows
        if isinstance(row.entry, Resulted) and (row.turn, row.entry.call_id) in calls
    }


def shown(readers: Iterable[Told]) -> dict[str, str]:
    """Effects that a reader was told are done, and which reader."""
    done: dict[str, str] = {}
    for told in readers:
        names: dict[tuple[int, str], str] = {}
        for line in told.lines:
            if line.kind == "tool_call_proposed" and (name := _name(str(line.event["arguments"]))):
                names[line.turn, line.event["call_id"]] = name
            elif line.kind == "tool_call_finished" and line.event["status"] == "done":
                name = names.get((line.turn, line.event["call_id"]), "")
                if name:
                    done[name] = told.reader
    return done


def faults(home: Path, work: Path, rows: Mapping[str, Sequence[Row]], done: Mapping[str, str]) -> Iterator[str]:
    """No effect twice; what was said to be done is there, what was said not to be is not."""
    there = effects(home, work)
    yield from (f"{name} happened {count} times" for name, count in there.items() if count > 1)
    yield from (f"{name} was shown as done to {who} and is not there" for name, who in done.items() if not there[name])
    for session, own in rows.items():
        for name, status in claimed(own).items():
            if status == "done" and not there[name]:
                yield f"{session}: {name} is written down as done and is not there"
            if status in {"failed", "cancelled", "declined"} and there[name]:
                yield f"{session}: {name} is written down as {status} and is there"


def twice(rows: Sequence[Row]) -> Iterator[str]:
    """Requests that were run again."""
    yield from (
        f"request {number} was run in turns {turns}" for number, turns in turns_of(rows).items() if len(turns) > 1
    )


def turns_of(rows: Sequence[Row]) -> dict[int, list[int]]:
    """Number of the work that was asked for, and the turns in which it was."""
    found: dict[int, list[int]] = {}
    for row in rows:
        if isinstance(row.entry, Said) and (asked := WORK.search(row.entry.text)):
            found.setdefault(int(asked[2]), []).append(row.turn)
    return found


def ends(rows: Sequence[Row]) -> dict[int, str]:
    """Turns that have ended, and how."""
    return {row.turn: row.entry.stop_reason for row in rows if isinstance(row.entry, Ended)}


def begun(rows: Sequence[Row]) -> set[int]:
    return {row.turn for row in rows if isinstance(row.entry, Said)}


def _name(text: str) -> str:
    found = _EFFECT.search(text)
    return found[0] if found else ""
