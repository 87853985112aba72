"""A short session as it should be told, and what the checker must find when it is told otherwise."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from agent.events import TextDelta, ToolCallStarted
from agent.session.replay import replay
from agent.transcript.entries import CallMade, Decided, Ended, Replied, Resulted, Row, Said
from tests.chaos import check
from tests.chaos.told import Line, Told, keyed

SESSION = "s_doctored"
_CALL = CallMade(id="c1_0_0", name="x", sent={}, server="calendar", tool="create_event", arguments={"title": "E1"})
_ENTRIES = (
    Said(text="작업 1", at=datetime(2026, 11, 22, tzinfo=UTC)),
    Replied(step=0, text="하겠습니다.", calls=(_CALL,)),
    Decided(call_id="c1_0_0", approved=True, by="policy"),
    Resulted(call_id="c1_0_0", status="done", text="됨", summary="됨"),
    Replied(step=1, text="끝냈습니다."),
    Ended(stop_reason="done", text="하겠습니다.\n\n끝냈습니다."),
)
ROWS = [Row(id=number, turn=1, entry=entry) for number, entry in enumerate(_ENTRIES, 1)]


def clean() -> Told:
    """As a reader is told who was there all the time."""
    events = list(replay(SESSION, ROWS))
    started = next(n for n, event in enumerate(events) if event.type == "tool_call_approved") + 1
    events.insert(started, ToolCallStarted(call_id="c1_0_0"))
    told = Told("reader", SESSION)
    for number, (key, event) in enumerate(keyed(events), 1):
        told.lines.append(Line(event.model_dump(mode="json"), key, "e1", number))
    return told


def faults(told: Told) -> list[str]:
    """All that the checker finds, beside a second reader who was told everything."""
    known, differing = check.places([clean(), told])
    expected = check.Expected.of(SESSION, ROWS)
    found = [*differing, *check.doubled(told), *check.story(told), *check.gaps(told, known)]
    return [*found, *check.complete(told, expected, [1]), *check.stream(told)]


def _place(told: Told, kind: str) -> int:
    return next(n for n, line in enumerate(told.lines) if line.kind == kind)


def _lose(kind: str) -> Callable[[Told], None]:
    def change(told: Told) -> None:
        del told.lines[_place(told, kind)]

    return change


def _double(kind: str) -> Callable[[Told], None]:
    def change(told: Told) -> None:
        told.lines.insert(_place(told, kind), told.lines[_place(told, kind)])

    return change


def _swap(told: Told) -> None:
    """The call ends before it starts, each with the other's number."""
    started, finished = _place(told, "tool_call_started"), _place(told, "tool_call_finished")
    first, second = told.lines[started], told.lines[finished]
    told.lines[started] = replace(second, epoch="", number=0)
    told.lines[finished] = replace(first, epoch="", number=0)


def _say_again(told: Told) -> None:
    """A part of a reply comes again, and nobody says that it was void."""
    told.lines.insert(_place(told, "usage"), Line(TextDelta(text="하겠").model_dump(mode="json"), "", "", 0))


def _lose_in_an_outage(told: Told) -> None:
    """What came while the reader was away is not told from the transcript either."""
    del told.lines[_place(told, "tool_call_finished")]
    told.lines[_place(told, "tool_call_started") + 1 :] = [
        replace(line, epoch="e2", number=number)
        for number, line in enumerate(told.lines[_place(told, "tool_call_started") + 1 :], 1)
    ]


def _lie(told: Told) -> None:
    """Another reader was told another event of that number."""
    place = _place(told, "usage")
    told.lines[place] = replace(told.lines[place], event=told.lines[place].event | {"model": "another"})


DOCTORED: dict[str, tuple[Callable[[Told], None], str]] = {
    "a lost event": (_lose("tool_call_finished"), "was never told 1/tool_call_finished/c1_0_0"),
    "a lost event that passes by": (_lose("text_delta"), "lost before 3 of e1: text_delta"),
    "a lost beginning": (_lose("turn_started"), "was never told 1/turn_started"),
    "a lost end": (_lose("turn_finished"), "has 0 last events"),
    "a doubled event": (_double("tool_call_finished"), "1/tool_call_finished/c1_0_0 was told 2 times"),
    "a doubled beginning": (_double("turn_started"), "turn 1 starts after turn 1"),
    "a doubled end": (_double("turn_finished"), "has 2 last events"),
    "events out of order": (_swap, "tool_call_started of c1_0_0 in turn 1 comes too late"),
    "a text told twice": (_say_again, "turn 1 ended with"),
    "an event lost in an outage": (_lose_in_an_outage, "was never told 1/tool_call_finished/c1_0_0"),
    "two readers who differ": (_lie, "for another reader"),
}
"""What is done to it, and what the checker says."""


def make_world(home: Path, work: Path) -> None:
    """E1 was done once, M1 twice, L1 not at all."""
    for name, script in (
        ("calendar.db", "CREATE TABLE calendar_component (title); INSERT INTO calendar_component VALUES ('E1')"),
        ("phone.db", "CREATE TABLE phone_message (text); INSERT INTO phone_message VALUES ('M1'), ('M1')"),
    ):
        with closing(sqlite3.connect(home / name)) as database:
            database.executescript(script)
    (work / "log-1.txt").write_text("END\n", encoding="utf-8")
