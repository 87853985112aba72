"""A reader of a session, cut off at every instant: what is durable comes exactly once, texts come out whole."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path

import pytest

from agent.contract import Position
from agent.events import (
    Event,
    Notice,
    ReplyRestarted,
    TextDelta,
    ToolCallApproved,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from agent.session.log import Entry, EventLog, Keyer
from agent.session.reader import Reader
from agent.session.replay import replay
from agent.transcript.database import Database
from agent.transcript.entries import CallMade, Decided, Ended, Replied, Resulted, Said
from agent.transcript.entries import Entry as Written
from agent.transcript.ledger import Ledger
from agent.transcript.shown import ending, finished, replied
from agent.transcript.store import TranscriptStore
from tests.conftest import NOW

Step = tuple[Written | None, list[Event]]
"""A row, then the events that are told when it has been written."""
AT = datetime.fromisoformat(NOW)
MADE = tuple(
    CallMade(id=f"c2_0_{n}", name="t", sent={}, server="calendar", tool="t", arguments={}, title="일") for n in (0, 1)
)
FIRST = Replied(step=0, text="찾아볼게요.", calls=MADE)
SECOND = Replied(step=1, text="다 했습니다.")
RESULTS = [Resulted(call_id=call.id, status="done", text="네", summary="네") for call in MADE]
ENDED = Ended(stop_reason="done", text="찾아볼게요.\n\n다 했습니다.")


def spoken(text: str) -> list[Step]:
    return [(None, [TextDelta(text=text[n : n + 2])]) for n in range(0, len(text), 2)]


TURN: list[Step] = [
    (Said(text="해 줘", at=AT), [TurnStarted(session="s", turn=2, text="해 줘")]),
    (None, [Notice(text="알림")]),
    *spoken(FIRST.text),
    (FIRST, list(replied(FIRST))),
    *[(Decided(call_id=c.id, approved=True, by="user"), [ToolCallApproved(call_id=c.id, by="user")]) for c in MADE],
    (None, [ToolCallStarted(call_id=call.id) for call in MADE]),
    # Calls that run together: the second one's row is there before the first one's event.
    (RESULTS[0], []),
    (RESULTS[1], [finished(RESULTS[0]), finished(RESULTS[1])]),
    *spoken(SECOND.text),
    (SECOND, list(replied(SECOND))),
    (ENDED, list(ending(2, ENDED))),
]
DURABLE = [
    "2/turn_started", "2/usage/1", "2/tool_call_proposed/c2_0_0", "2/tool_call_proposed/c2_0_1",
    "2/tool_call_approved/c2_0_0", "2/tool_call_approved/c2_0_1",
    "2/tool_call_finished/c2_0_0", "2/tool_call_finished/c2_0_1", "2/usage/2", "2/turn_finished",
]  # fmt: skip


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    database = await Database.open(tmp_path / "home", None)
    store = TranscriptStore(database)
    row = await store.create("/일")
    await store.append(row.id, 1, Said(text="앞", at=AT), Replied(step=0, text="네"), Ended(stop_reason="done"))
    yield Ledger(store, row)
    await database.close()


async def written(ledger: Ledger, steps: Sequence[Step]) -> None:
    await ledger.store.append(ledger.session.id, 2, *(row for row, _ in steps if row))


async def primed(ledger: Ledger) -> EventLog:
    """A log of a new process."""
    log = EventLog()
    for event in replay(ledger.session.id, await ledger.store.rows(ledger.session.id, last_turns=1)):
        log.keyer.key(event)
    return log


async def read(reader: Reader) -> list[Entry]:
    """What there is now."""
    told: list[Entry] = []
    async with aclosing(reader.batches(lambda: True)) as batches:
        async for batch in batches:
            told += batch
    return told


def position_after(told: Sequence[Entry], epoch: str, number: int) -> Position:
    """As `agent.wire.track` keeps it."""
    keys: list[str] = []
    turn, partial = 0, False
    for entry in told:
        if entry.key:
            of = int(entry.key.partition("/")[0])
            keys = keys if of == turn else []
            turn = of
            keys.append(entry.key)
        kind = entry.event.type
        partial = kind == "text_delta" or (partial and kind not in ("usage", "reply_restarted", "turn_finished"))
    return Position(epoch=epoch, number=number, turn=turn, keys=tuple(keys), partial=partial)


def texts(told: Sequence[Entry]) -> list[str]:
    """The replies as a face shows them."""
    replies, coming = [], ""
    for entry in told:
        match entry.event:
            case TextDelta(text=text):
                coming += text
            case ReplyRestarted():
                coming = ""
            case event if event.type == "usage":
                replies.append(coming)
                coming = ""
    return replies


def after_crash(cut: int) -> list[Step]:
    """What the next process still does: a reply that was not written down is asked for again."""
    start = cut
    while start > 0 and TURN[start - 1][0] is None and isinstance(TURN[start - 1][1][0], TextDelta):
        start -= 1
    return TURN[start:]


@pytest.mark.parametrize("cut", range(1, len(TURN)))
async def test_a_crash_at_any_instant_loses_and_doubles_nothing(ledger: Ledger, cut: int) -> None:
    events = [event for _, told in TURN[:cut] for event in told]
    await written(ledger, TURN[:cut])
    # Told: all of it, or not yet what the newest row stands for, or less.
    for known in {len(events), max(1, len(events) - len(TURN[cut - 1][1])), max(1, len(events) // 2)}:
        before = EventLog()
        before.keyer.key(TurnStarted(session="s", turn=1, text="앞"))
        for event in events:
            before.add(event)
        told = list(before.after(0) or ())[:known]
        log = await primed(ledger)
        reader = Reader(ledger, log, position_after(told, before.epoch, known))

        told += await read(reader)
        rest = after_crash(cut)
        for _, later in rest:
            for event in later:
                log.add(event)
        told += await read(reader)

        keys = [entry.key for entry in told if entry.key and "notice" not in entry.key and "started/" not in entry.key]
        assert keys == DURABLE
        assert texts(told) == [FIRST.text, SECOND.text]


async def test_a_new_reader_in_the_middle_of_a_turn_gets_history_then_what_runs(ledger: Ledger) -> None:
    log = EventLog()
    for _, events in TURN[:8]:
        for event in events:
            log.add(event)
    await written(ledger, TURN[:8])
    reader = Reader(ledger, log, None)

    told = await read(reader)
    for _, events in TURN[8:]:
        for event in events:
            log.add(event)
    told += await read(reader)

    assert [entry.key for entry in told][:3] == ["1/turn_started", "", "1/usage/1"]
    assert texts(told) == ["네", FIRST.text, SECOND.text]
    assert isinstance(told[-1].event, TurnFinished)


async def test_a_reader_that_is_too_far_behind_goes_on_from_the_transcript(ledger: Ledger) -> None:
    log = EventLog()
    log.add(TurnStarted(session="s", turn=2, text="해 줘"))
    reader = Reader(ledger, log, Position(epoch=log.epoch, number=0, turn=1))
    await written(ledger, TURN[:1])
    told = await read(reader)
    for _ in range(20_000):
        log.add(TextDelta(text="아"))
    for _, events in TURN[7:]:
        for event in events:
            log.add(event)
    await written(ledger, TURN[1:])

    told += await read(reader)

    assert len(told) < 9_000
    assert [entry.key for entry in told if entry.key.endswith("turn_finished")] == ["2/turn_finished"]


async def test_a_row_that_is_told_from_the_transcript_is_not_told_again_when_its_event_comes(ledger: Ledger) -> None:
    log = EventLog()
    log.add(TurnStarted(session="s", turn=2, text="해 줘"))
    await written(ledger, [TURN[0], (FIRST, [])])
    reader = Reader(ledger, log, Position())

    told = await read(reader)
    for event in replied(FIRST):
        log.add(event)
    told += await read(reader)

    assert [entry.key for entry in told].count("2/usage/1") == 1


async def test_readers_wait_without_looking_again_and_again(ledger: Ledger) -> None:
    log = EventLog()
    reader = Reader(ledger, log, Position(epoch=log.epoch, number=0))
    batches = reader.batches()
    waiting = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0)

    log.add(TextDelta(text="가"))

    assert [entry.event for entry in await waiting] == [TextDelta(text="가")]
    await batches.aclose()


def test_events_are_named_alike_live_and_from_the_transcript() -> None:
    live, late = Keyer(), Keyer()
    events = [event for _, told in TURN for event in told]
    assert [live.key(event) for event in events] == [late.key(event) for event in events]
    assert len(set(filter(None, map(Keyer().key, [TurnStarted(session="s", turn=1, text=""), *events])))) > 10
