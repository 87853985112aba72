"""The model's context as a function of the rows: the same rows give the same bytes, and old turns make room."""

import itertools
import json
import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract import RequestOptions
from agent.events import PlanStep
from agent.model.context import messages
from agent.model.contract import ChatRequest, Message
from agent.model.http.body import conversation as body_of
from agent.settings import Profile
from agent.transcript.compaction import SUMMARY, compaction, size, to_shelve, tokens
from agent.transcript.database import Database
from agent.transcript.entries import (
    CallMade,
    Compaction,
    Ended,
    Entry,
    Pinned,
    Planned,
    Replied,
    Resulted,
    Row,
    Said,
    Shelved,
)
from agent.transcript.ledger import Ledger
from agent.transcript.store import TranscriptStore

AT = datetime.fromisoformat("2026-11-22T09:00:00+09:00")
KEEP = 2_048
"""Tokens that stay."""
TRIGGER = 4_800
"""Tokens above which these tests compact."""


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


def body(rows: Sequence[Row]) -> dict[str, Any]:
    return body_of(ChatRequest(messages=messages("/일", rows)), Profile(), frozenset())


def due(rows: Sequence[Row]) -> Compaction | None:
    return compaction(rows, KEEP) if sum(map(size, rows)) > TRIGGER else None


def rendered(rows: Sequence[Row]) -> bytes:
    return json.dumps(body(rows), ensure_ascii=False).encode()


async def said_and_done(ledger: Ledger, turn: int, entries: Sequence[Entry]) -> Compaction | None:
    """One turn as the graph writes it: the request, a compaction if it is time, everything else."""
    said, *rest = entries
    await ledger.append(turn, said)
    if made := due(ledger.rows):
        await ledger.append(turn, made)
    await ledger.append(turn, *rest)
    return made


def test_a_single_turn_is_never_compacted_however_long() -> None:
    assert compaction(rows_of(turn_of(1, length=50_000)), KEEP) is None


def test_a_long_context_loses_its_oldest_turns_and_keeps_its_newest() -> None:
    rows = rows_of(*(turn_of(turn) for turn in range(1, 20)))

    made = due(rows)

    assert made is not None
    assert made.turns == made.through < 19
    kept = [row for row in rows if row.turn > made.through]
    assert 0 < sum(size(row) for row in kept) <= KEEP
    one_more = [row for row in rows if row.turn >= made.through]
    assert sum(size(row) for row in one_more) > KEEP


def test_the_newest_turn_stays_even_if_it_is_larger_than_all_that_may_be_kept() -> None:
    made = compaction(rows_of(turn_of(1), turn_of(2), turn_of(3, length=5_000)), KEEP)

    assert made is not None
    assert made.through == 2


def test_the_summary_says_what_was_asked_done_and_answered() -> None:
    made = compaction(rows_of(turn_of(1), turn_of(2, length=9_000)), KEEP)

    assert made is not None
    assert [line.split("가")[0] for line in made.summary.splitlines()] == [
        "- 요청: 1번째 부탁 ",
        "  한 일: 1번째 일",
        "  답: 1번째 답",
    ]


def test_over_five_hundred_compactions_the_context_stays_bounded_and_the_outside_mark_survives() -> None:
    rows: list[Row] = []
    number, compactions = itertools.count(1), 0
    for turn in itertools.count(1):
        said, *rest = turn_of(turn, length=400, outside=turn == 1)
        rows.append(Row(id=next(number), turn=turn, entry=said))
        if made := due(rows):
            compactions += 1
            rows = [row for row in rows if row.turn > made.through and not isinstance(row.entry, Compaction)]
            rows.append(Row(id=next(number), turn=turn, entry=made))
            assert made.outside
            assert tokens(made.summary) <= SUMMARY * KEEP
            assert f"{made.through}번째 답" in made.summary
        rows += [Row(id=next(number), turn=turn, entry=entry) for entry in rest]
        assert len(rendered(rows)) * 2 // 7 < TRIGGER + KEEP
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
        newest = sum(size(row) for row in ledger.rows if row.turn == turn)
        assert sum(map(size, ledger.rows)) <= TRIGGER + newest


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

    [_, user] = body(rows)["messages"]

    assert user["content"].startswith("<outside>")
    assert user["content"].index("</outside>") < user["content"].index("더")


@pytest.mark.parametrize("outside", [True, False])
def test_the_mark_of_a_result_reaches_the_bytes(outside: bool) -> None:
    rows = rows_of(turn_of(1, outside=outside))

    assert (b"<outside>\\n" in rendered(rows)) == outside


def test_pins_open_tasks_and_privacy_go_over_into_the_summary_and_into_the_next_one() -> None:
    steps = (PlanStep(text="표 고치기", status="done"), PlanStep(text="보고서 쓰기"))
    first = rows_of(
        [Said(text="가" * 3_000, at=AT, options=RequestOptions(private=True)), Planned(call_id="p", steps=steps)],
        [Pinned(text="예산은 3억"), Said(text="나" * 3_000, at=AT)],
        [Said(text="다", at=AT)],
    )
    made = compaction(first, KEEP)
    assert made is not None
    later = [Row(id=20, turn=3, entry=made), *rows_of([], [], [], turn_of(4, length=4_000), turn_of(5))]

    again = compaction(later, 300)

    for one in (made, again):
        assert one is not None
        assert (one.pins, one.tasks, one.private) == (("예산은 3억",), ("보고서 쓰기",), True)
    assert "기억할 것: 예산은 3억" in rendered([Row(id=30, turn=3, entry=made)]).decode()
    assert "남은 일: 보고서 쓰기" in rendered([Row(id=30, turn=3, entry=made)]).decode()


def test_a_pin_is_told_with_the_next_request_and_only_there() -> None:
    rows = rows_of(
        [Said(text="하나", at=AT), Pinned(text="예산은 3억"), Replied(step=0, text="네")],
        [Said(text="둘", at=AT)],
    )

    [_, first, _, second] = body(rows)["messages"]

    assert "예산은 3억" not in first["content"]
    assert second["content"].endswith("[기억할 것: 예산은 3억]")


def test_large_results_leave_the_oldest_first_and_unread_ones_last() -> None:
    def result(name: str, length: int) -> Resulted:
        return Resulted(call_id=name, status="done", text="가" * length, summary="")

    old, small, unread = result("c1_0_0", 3_000), result("c1_0_1", 50), result("c1_1_0", 3_000)
    rows = rows_of(
        [
            Said(text="찾아", at=AT),
            Replied(step=0, calls=(call(1, 0, 0), call(1, 0, 1))),
            old,
            small,
            Replied(step=1, calls=(call(1, 1, 0),)),
            unread,
        ]
    )

    assert to_shelve(rows, 100) == [old]
    assert to_shelve(rows, 100_000) == [old, unread]
    shelved = [*rows, Row(id=99, turn=1, entry=Shelved(step=2, handles={"c1_0_0": "r_1"}))]
    assert to_shelve(shelved, 100_000) == [unread]
    [_, _, _, first, *_] = body(shelved)["messages"]
    assert "read_result(handle='r_1')" in first["content"]
    assert len(first["content"]) < 300


def test_a_turn_that_was_broken_off_still_ends_with_a_word_of_the_assistant() -> None:
    rows = rows_of(
        [Said(text="하나", at=AT), Ended(stop_reason="error")],
        [*turn_of(2)[:3], Ended(stop_reason="max_turns", message="멈췄습니다.")],
        [Said(text="셋", at=AT)],
    )

    roles = [message["role"] for message in body(rows)["messages"]]

    assert roles == ["system", "user", "assistant", "user", "assistant", "tool", "assistant", "user"]
