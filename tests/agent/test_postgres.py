"""A whole turn with everything in PostgreSQL: transcript, calendar, phone, checkpoints."""

import asyncio
import json
import threading
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from agent.contract import ApprovalAnswered, TurnContinued
from agent.errors import StorageError
from agent.events import ApprovalAsked, Event, Failure, TextDelta, ToolCallFinished, TurnFinished
from agent.transcript.database import Database
from agent.transcript.entries import Compaction, Said
from agent.transcript.ledger import Ledger
from agent.transcript.store import TranscriptStore
from tests.agent.test_transcript import AT, EVERY_KIND, opening
from tests.conftest import Serve, Start, gather
from tests.scripted_model import calls, in_order, says

EVENT = ("calendar_create_event", {"title": "디자인 리뷰", "start": "내일 오후 3시", "duration": "한 시간"})
SMS = ("phone_send_message", {"to": "010-1234-5678", "text": "내일 3시 리뷰입니다"})


async def rows(postgres_url: str, statement: str) -> list[Any]:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        found = (await connection.execute(sa.text(statement))).all()
    await engine.dispose()
    return [tuple(row) for row in found]


def approval(asked: Event) -> ApprovalAnswered:
    assert isinstance(asked, ApprovalAsked)
    return ApprovalAnswered(approved=tuple(call.call_id for call in asked.calls))


def finished(events: list[Any]) -> list[ToolCallFinished]:
    return [event for event in events if isinstance(event, ToolCallFinished)]


async def test_a_turn_with_an_approval_after_a_restart(serve: Serve, start: Start, postgres_url: str) -> None:
    model = serve(
        in_order(calls(EVENT, SMS), says("잡고 보냈습니다."), calls(("calendar_search_events", {})), says("하나"))
    )
    where: dict[str, Any] = {"model": None, "base_url": model.base_url, "database_url": postgres_url}
    first = await start(**where)
    asked = await gather(first.send("내일 3시 디자인 리뷰 잡고 알려 줘"))
    assert isinstance(asked[-1], ApprovalAsked)

    second = await start(first.id, **where)
    [again] = await gather(second.resume(TurnContinued()))
    done = await gather(second.resume(approval(again)))
    seen = await gather(second.send("일정 보여 줘"))

    assert again == asked[-1]
    assert "11월 23일" in asked[-1].calls[0].preview
    assert [event.status for event in finished(done)] == ["done", "done"]
    assert isinstance(done[-1], TurnFinished)
    assert done[-1].text == "잡고 보냈습니다."
    [event] = json.loads(finished(seen)[0].result)["items"]
    assert event["start"] == "2026-11-23T15:00:00+09:00"


async def test_everything_of_the_turn_stands_in_the_database(
    serve: Serve, start: Start, postgres_url: str, tmp_path: Path
) -> None:
    model = serve(in_order(calls(EVENT, SMS), says("네")))
    session = await start(model=None, base_url=model.base_url, database_url=postgres_url)
    asked = await gather(session.send("내일 3시"))
    parked = await rows(postgres_url, "SELECT count(*) FROM checkpoints")

    await gather(session.resume(approval(asked[-1])))

    assert parked != [(0,)]
    assert await rows(postgres_url, "SELECT count(*) FROM checkpoints") == [(0,)]
    [(starts,)] = await rows(postgres_url, "SELECT starts_at FROM calendar_occurrence")
    assert starts.astimezone(UTC).isoformat() == "2026-11-23T06:00:00+00:00"
    assert await rows(postgres_url, "SELECT phone, direction FROM phone_message") == [("+821012345678", "outgoing")]
    kinds = [kind for (kind,) in await rows(postgres_url, "SELECT kind FROM entry ORDER BY id")]
    assert kinds[:2] == ["said", "replied"]
    assert kinds[-2:] == ["replied", "ended"]
    assert [path.name for path in (tmp_path / "home").glob("*.db")] in ([], ["search.db"])


async def test_two_hosts_do_not_run_turns_of_one_session_at_once(
    serve: Serve, start: Start, postgres_url: str, tmp_path: Path
) -> None:
    model = serve(in_order(says("길게 답합니다"), says("네")))
    model.hold = threading.Event()
    where: dict[str, Any] = {"model": None, "base_url": model.base_url, "database_url": postgres_url}
    one = await start(**where)
    stream = one.send("첫째")
    async for event in stream:
        if isinstance(event, TextDelta):
            break
    other = await start(one.id, home=tmp_path / "other host", **where)

    refused = await gather(other.send("둘째"))
    model.hold.set()
    rest = await gather(stream)
    later = await gather(other.send("셋째"))

    assert "다른 창" in next(event.message for event in refused if isinstance(event, Failure))
    assert isinstance(rest[-1], TurnFinished)
    assert rest[-1].stop_reason == "done"
    assert isinstance(later[-1], TurnFinished)
    assert later[-1].stop_reason == "done"


async def test_sessions_are_listed_and_deleted(serve: Serve, assist: Start, postgres_url: str) -> None:
    model = serve(in_order(says("네")))
    assistant = await assist(model=None, base_url=model.base_url, database_url=postgres_url)
    session = await assistant.open()
    await gather(session.send("안녕"))

    [listed] = await assistant.sessions()
    await assistant.delete(session.id)

    assert (listed.id, listed.title, listed.turns) == (session.id, "안녕", 1)
    assert listed.updated_at.tzinfo is not None
    assert await assistant.sessions() == []
    assert await rows(postgres_url, "SELECT * FROM entry") == []


async def test_rows_are_kept_as_they_are_in_sqlite(postgres_url: str, tmp_path: Path) -> None:
    database = await Database.open(tmp_path, postgres_url)
    store = TranscriptStore(database)
    row = await store.create("/일")
    written = await store.append(row.id, 1, *EVERY_KIND)
    again = await store.append(row.id, 1, *EVERY_KIND, Said(text="다시", at=AT))
    handle = await store.put_blob(row.id, "가나🙂라", outside=True)

    assert tuple(one.entry for one in await store.rows(row.id)) == EVERY_KIND
    assert await store.rows(row.id) == written
    assert again == []
    assert await store.read_blob(row.id, handle, 1, 2) == ("나🙂", 4, True)
    await database.close()


async def test_a_new_process_loads_the_context_behind_a_compaction(postgres_url: str, tmp_path: Path) -> None:
    database = await Database.open(tmp_path, postgres_url)
    store = TranscriptStore(database)
    row = await store.create("/일")
    for turn in range(1, 5):
        await store.append(row.id, turn, Said(text=str(turn), at=AT))
    await store.append(row.id, 4, Compaction(through=3, turns=3, summary="요약"))

    ledger = Ledger(store, row)
    await ledger.refresh()

    assert [(one.turn, one.entry.kind) for one in ledger.rows] == [(4, "said"), (4, "compaction")]
    await database.close()


async def test_processes_that_open_an_empty_database_at_the_same_time_all_succeed(
    postgres_url: str, tmp_path: Path
) -> None:
    running = [opening(tmp_path / "home", f"/일 {n}", postgres_url) for n in range(4)]

    errors = [process.communicate(timeout=50)[1] for process in running]

    assert errors == [""] * 4
    assert await rows(postgres_url, "SELECT count(*) FROM session") == [(4,)]


async def test_assistants_that_start_on_an_empty_database_at_the_same_time_all_answer(
    start: Start, serve: Serve, postgres_url: str
) -> None:
    model = serve(in_order(says("네")))
    where: dict[str, Any] = {"model": None, "base_url": model.base_url, "database_url": postgres_url}

    sessions = await asyncio.gather(*(start(**where) for _ in range(3)))
    turns = await asyncio.gather(*(gather(session.send("안녕")) for session in sessions))

    assert [turn[-1].type for turn in turns] == ["turn_finished"] * 3
    assert not any(isinstance(event, Failure) for turn in turns for event in turn)


async def test_a_deleted_session_takes_no_rows(postgres_url: str, tmp_path: Path) -> None:
    database = await Database.open(tmp_path, postgres_url)
    store = TranscriptStore(database)
    row = await store.create("/일")
    await store.delete(row.id)

    with pytest.raises(StorageError, match="지워진"):
        await store.append(row.id, 1, Said(text="늦음", at=AT))
    await database.close()
