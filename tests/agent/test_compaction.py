"""The model's context as a function of the rows: the same rows give the same bytes, and old turns make room."""

import itertools
import json
import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model.context import messages
from agent.model.contract import ChatRequest, Message
from agent.model.wire import body
from agent.transcript.compaction import KEPT, SUMMARY, TRIGGER, due, tokens
from agent.transcript.database import Database
from agent.transcript.entries import CallMade, Compaction, Ended, Entry, Replied, Resulted, Row, Said
from agent.transcript.ledger import Ledger
from agent.transcript.store import TranscriptStore

AT = datetime.fromisoformat("2026-11-22T09:00:00+09:00")
WINDOW = 8_192


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[TranscriptStore]:
    database = await Database.open(tmp_path / "home", None)
    yield TranscriptStore(database)
    await database.close()


def call(turn: int, step: int, n: int) -> CallMade:
    name = f"calendar_search_{n}"
    return CallMade(id=f"c{turn}_{step}_{n}", name=name, sent={"n": n}, server="calendar", tool="search", arguments={})


def turn_of(turn: int, *, length: int = 200, outside: bool = False) -> list[Entry]:
    """A request, a call with its result, an answer."""
    made = call(turn, 0, 0)
    return [
        Said(text=f"{turn}번째 부탁 " + "가" * length, at=AT),
        Replied(step=0, reasoning="생각", calls=(made,)),
        Resulted(call_id=made.id, status="done", text="나" * length, summary=f"{turn}번째 일", outside=outside),
        Replied(step=1, text="답 " + "다" * length),
        Ended(stop_reason="done", text=f"{turn}번째 답"),
    ]


def rows_of(*turns: Sequence[Entry]) -> list[Row]:
    numbered = [(turn, entry) for turn, entries in enumerate(turns, 1) for entry in entries]
    return [Row(id=number, turn=turn, entry=entry) for number, (turn, entry) in enumerate(numbered, 1)]


def rendered(rows: Sequence[Row]) -> bytes:
    return json.dumps(body(ChatRequest(messages=messages("/일", rows))), ensure_ascii=False).encode()


async def said_and_done(ledger: Ledger, turn: int, entries: Sequence[Entry]) -> Compaction | None:
    """One turn as the graph writes it: the request, a compaction if it is time, everything else."""
    said, *rest = entries
    await ledger.append(turn, said)
    if compaction := due(ledger.rows, WINDOW):
        await ledger.append(turn, compaction)
    await ledger.append(turn, *rest)
    return compaction


def test_a_short_context_is_left_alone() -> None:
    assert due(rows_of(*(turn_of(turn) for turn in range(1, 4))), WINDOW) is None


def test_a_single_turn_is_never_compacted_however_long() -> None:
    assert due(rows_of(turn_of(1, length=50_000)), WINDOW) is None


def test_a_long_context_loses_its_oldest_turns_and_keeps_its_newest() -> None:
    rows = rows_of(*(turn_of(turn) for turn in range(1, 20)))

    compaction = due(rows, WINDOW)

    assert compaction is not None
    assert compaction.turns == compaction.through < 19
    kept = [row for row in rows if row.turn > compaction.through]
    assert 0 < sum(_size(row) for row in kept) <= KEPT * WINDOW
    one_more = [row for row in rows if row.turn >= compaction.through]
    assert sum(_size(row) for row in one_more) > KEPT * WINDOW


def test_the_newest_turn_stays_even_if_it_is_larger_than_all_that_may_be_kept() -> None:
    compaction = due(rows_of(turn_of(1), turn_of(2), turn_of(3, length=5_000)), WINDOW)

    assert compaction is not None
    assert compaction.through == 2


def test_the_summary_says_what_was_asked_done_and_answered() -> None:
    compaction = due(rows_of(turn_of(1), turn_of(2, length=9_000)), WINDOW)

    assert compaction is not None
    assert [line.split("가")[0] for line in compaction.summary.splitlines()] == [
        "- 요청: 1번째 부탁 ",
        "  한 일: 1번째 일",
        "  답: 1번째 답",
    ]


def _size(row: Row) -> int:
    match row.entry:
        case Said(text=text) | Resulted(text=text):
            return tokens(text)
        case Replied(text=text, reasoning=reasoning, calls=calls):
            return tokens(text) + tokens(reasoning) + sum(tokens(str(one.sent)) for one in calls)
    return 0


def test_over_five_hundred_compactions_the_context_stays_bounded_and_the_outside_mark_survives() -> None:
    rows: list[Row] = []
    number, compactions = itertools.count(1), 0
    for turn in itertools.count(1):
        said, *rest = turn_of(turn, length=400, outside=turn == 1)
        rows.append(Row(id=next(number), turn=turn, entry=said))
        if compaction := due(rows, WINDOW):
            compactions += 1
            rows = [row for row in rows if row.turn > compaction.through and not isinstance(row.entry, Compaction)]
            rows.append(Row(id=next(number), turn=turn, entry=compaction))
            assert compaction.outside
            assert tokens(compaction.summary) <= SUMMARY * WINDOW
            assert f"{compaction.through}번째 답" in compaction.summary
        rows += [Row(id=next(number), turn=turn, entry=entry) for entry in rest]
        assert len(rendered(rows)) * 2 // 7 < WINDOW
        if compactions == 500:
            break


async def test_an_older_summary_does_not_stay_beside_the_one_that_stands_for_it(store: TranscriptStore) -> None:
    ledger = Ledger(store, await store.create("/일"))
    await ledger.refresh()
    for turn in range(1, 6):
        await ledger.append(turn, *turn_of(turn))
    await ledger.append(5, Compaction(through=3, turns=3, summary="먼저"))

    await ledger.append(6, Said(text="더", at=AT), Compaction(through=4, turns=4, summary="나중"))

    assert [row.entry.summary for row in ledger.rows if isinstance(row.entry, Compaction)] == ["나중"]
    assert {row.turn for row in ledger.rows} == {5, 6}


async def test_a_new_process_sends_the_same_bytes_and_loads_only_what_they_need(store: TranscriptStore) -> None:
    row = await store.create("/일")
    old = Ledger(store, row)
    await old.refresh()
    loaded: list[int] = []
    for turn in range(1, 81):
        await said_and_done(old, turn, turn_of(turn, outside=turn == 2))
        new = Ledger(store, row)
        await new.refresh()
        assert rendered(new.rows) == rendered(old.rows)
        assert (new.turn, new.tainted, new.user_words) == (old.turn, old.tainted, old.user_words)
        loaded.append(len(new.rows))

    everything = await store.rows(row.id)
    assert len(everything) > 400
    assert sum(isinstance(one.entry, Compaction) for one in everything) > 3
    assert max(loaded) < 60
    assert old.tainted


async def test_between_compactions_every_request_begins_with_the_one_before(store: TranscriptStore) -> None:
    ledger = Ledger(store, await store.create("/일"))
    await ledger.refresh()
    before, breaks, compactions = b"", 0, 0
    for turn in range(1, 41):
        compactions += await said_and_done(ledger, turn, turn_of(turn)) is not None
        now = rendered(ledger.rows)
        breaks += not now.startswith(before.removesuffix(b"]}"))
        before = now

    assert 0 < breaks == compactions


async def test_the_context_stays_within_its_share_of_the_window(store: TranscriptStore) -> None:
    ledger = Ledger(store, await store.create("/일"))
    await ledger.refresh()
    for turn in range(1, 41):
        await said_and_done(ledger, turn, turn_of(turn))
        newest = sum(_size(row) for row in ledger.rows if row.turn == turn)
        assert sum(map(_size, ledger.rows)) <= TRIGGER * WINDOW + newest


def conversation(data: st.DataObject) -> list[list[Entry]]:
    turns: list[list[Entry]] = []
    for turn in range(1, data.draw(st.integers(1, 4)) + 1):
        entries: list[Entry] = [Said(text=f"부탁 {turn}", at=AT)]
        for step in range(data.draw(st.integers(0, 3))):
            made = tuple(call(turn, step, n) for n in range(data.draw(st.integers(0, 3))))
            entries.append(Replied(step=step, text="", calls=made))
            answered = data.draw(st.permutations(made))[: data.draw(st.integers(0, 3))]
            entries += [Resulted(call_id=one.id, status="done", text=one.id, summary="") for one in answered]
        turns.append(entries)
    return turns


@given(st.data())
def test_every_call_has_exactly_one_result_right_behind_it_and_in_order(data: st.DataObject) -> None:
    sent: tuple[Message, ...] = messages("/일", rows_of(*conversation(data)))

    waiting: list[str] = []
    for message in sent:
        if message.role == "tool":
            assert message.call_id == waiting.pop(0)
            assert message.text in (message.call_id, "결과가 기록되지 않았습니다.")
        else:
            assert not waiting
        if message.role == "assistant":
            waiting = [made.id for made in message.calls]
    assert not waiting


@given(st.data(), st.randoms(use_true_random=False))
def test_rendering_depends_on_the_rows_and_not_on_the_order_of_results(
    data: st.DataObject, chance: random.Random
) -> None:
    rows = rows_of(*conversation(data))
    copies = [Row.model_validate_json(row.model_dump_json()) for row in rows]
    shuffled = list(copies)
    for turn in {row.turn for row in rows}:
        places = [n for n, row in enumerate(copies) if row.turn == turn and isinstance(row.entry, Resulted)]
        for place, source in zip(places, chance.sample(places, len(places)), strict=True):
            shuffled[place] = copies[place].model_copy(update={"entry": copies[source].entry})

    assert rendered(copies) == rendered(rows) == rendered(shuffled)


def test_the_time_of_a_request_is_the_one_at_which_it_was_made() -> None:
    [_, user] = messages("/일", rows_of([Said(text="안녕", at=AT, note="plan 모드")]))

    assert user.role == "user"
    assert user.aside == "[지금 2026-11-22(일) 09:00 · plan 모드]"


def test_a_summary_of_outside_text_is_marked_and_comes_first() -> None:
    rows = rows_of([Said(text="더", at=AT), Compaction(through=0, turns=1, summary="메모", outside=True)])

    [_, summary, said] = body(ChatRequest(messages=messages("/일", rows)))["messages"]

    assert summary["content"].startswith("<outside>")
    assert "더" in said["content"]


@pytest.mark.parametrize("outside", [True, False])
def test_the_mark_of_a_result_reaches_the_bytes(outside: bool) -> None:
    rows = rows_of(turn_of(1, outside=outside))

    assert (b"<outside>\\n" in rendered(rows)) == outside
