"""The transcript in its database: rows come back as they were, once, in order, also with many processes at it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from agent.errors import StorageError
from agent.events import ApprovalAsked, PendingCall, PlanStep, QuestionAsked
from agent.transcript.database import Database
from agent.transcript.entries import (
    Asked,
    CallMade,
    Compaction,
    Decided,
    Ended,
    Entry,
    Intended,
    Planned,
    Replied,
    Resulted,
    Said,
)
from agent.transcript.ledger import Ledger
from agent.transcript.schema import blob, entry, session
from agent.transcript.store import TranscriptStore

AT = datetime.fromisoformat("2026-11-22T09:00:00+09:00")
CALL = CallMade(
    id="c1_0_0",
    name="use_tool",
    sent={"tool": "phone_send_message", "arguments": {"to": "엄마"}},
    server="phone",
    tool="send_message",
    arguments={"to": "엄마", "n": 1.5, "그 밖": [None, True]},
)
PENDING = PendingCall(
    call_id="c1_0_0",
    server="phone",
    tool="send_message",
    title="문자",
    arguments={},
    effect="send",
    preview="",
    reason="x",
)
EVERY_KIND: tuple[Entry, ...] = (
    Said(text="보내 줘 🙂", at=AT, note="plan", attached="<메모>"),
    Replied(step=0, text="", reasoning="생각", calls=(CALL,), input_tokens=9, cached_tokens=3),
    Asked(step=0, request=ApprovalAsked(calls=(PENDING,))),
    Asked(step=0, request=QuestionAsked(call_id="c1_0_0", question="누구?", options=("가", "나"))),
    Decided(call_id="c1_0_0", approved=True, by="user", reason="응", remember="session"),
    Intended(call_id="c1_0_0", key="s/1/c1_0_0"),
    Resulted(call_id="c1_0_0", status="done", text="{}", summary="보냄", outside=True),
    Planned(call_id="c1_0_1", steps=(PlanStep(text="찾기", status="done"),)),
    Ended(stop_reason="done", text="보냈습니다.\n", message=""),
    Compaction(through=1, turns=1, summary="요약", outside=True),
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "home", None)
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> TranscriptStore:
    return TranscriptStore(database)


async def test_every_kind_of_row_comes_back_as_it_was(store: TranscriptStore) -> None:
    row = await store.create("/일")

    written = await store.append(row.id, 1, *EVERY_KIND)
    found = await store.rows(row.id)

    assert found == written
    assert tuple(one.entry for one in found) == EVERY_KIND
    assert [one.id for one in found] == sorted(one.id for one in found)


async def test_appending_twice_is_once_and_the_first_stays(store: TranscriptStore) -> None:
    row = await store.create("/일")
    await store.append(row.id, 1, Said(text="처음", at=AT))

    again = await store.append(row.id, 1, Said(text="다시", at=AT), Replied(step=0, text="새것"))

    assert [one.entry.kind for one in again] == ["replied"]
    assert [getattr(one.entry, "text", "") for one in await store.rows(row.id)] == ["처음", "새것"]


async def test_rows_of_one_append_are_written_together_or_not_at_all(
    store: TranscriptStore, database: Database
) -> None:
    row = await store.create("/일")
    broken = Said.model_construct(text=object(), at=AT)

    with pytest.raises(Exception, match="serialize"):
        await store.append(row.id, 1, Replied(step=0, text="앞"), broken)

    assert await store.rows(row.id) == []


async def test_rows_after_an_id_and_of_the_newest_turns(store: TranscriptStore) -> None:
    row = await store.create("/일")
    for turn in range(1, 6):
        await store.append(row.id, turn, Said(text=str(turn), at=AT), Ended(stop_reason="done"))
    rows = await store.rows(row.id)

    assert await store.rows(row.id, after=rows[5].id) == rows[6:]
    assert [one.turn for one in await store.rows(row.id, last_turns=2)] == [4, 4, 5, 5]


async def test_two_engines_on_one_file_append_at_once_and_see_everything(
    store: TranscriptStore, tmp_path: Path
) -> None:
    other_database = await Database.open(tmp_path / "home", None)
    other = TranscriptStore(other_database)
    mine, yours = await store.create("/가"), await other.create("/나")

    async def fill(one: TranscriptStore, session_id: str) -> None:
        for turn in range(1, 31):
            await one.append(session_id, turn, Said(text=str(turn), at=AT))

    await asyncio.gather(fill(store, mine.id), fill(other, yours.id))

    for session_id in (mine.id, yours.id):
        seen, too = await store.rows(session_id), await other.rows(session_id)
        assert seen == too
        assert [row.turn for row in seen] == list(range(1, 31))
    await other_database.close()


async def test_two_engines_that_write_the_same_rows_write_them_once(store: TranscriptStore, tmp_path: Path) -> None:
    other_database = await Database.open(tmp_path / "home", None)
    row = await store.create("/일")
    entries = [Resulted(call_id=str(n), status="done", text="", summary="") for n in range(20)]

    written = await asyncio.gather(
        *(one.append(row.id, 1, *entries) for one in (store, TranscriptStore(other_database)))
    )

    assert sum(map(len, written)) == 20
    assert len(await store.rows(row.id)) == 20
    await other_database.close()


async def test_an_append_whose_caller_is_cancelled_is_not_lost(store: TranscriptStore) -> None:
    ledger = Ledger(store, await store.create("/일"))
    await ledger.refresh()
    writing = asyncio.create_task(ledger.append(1, Said(text="급함", at=AT)))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing

    await ledger.refresh()

    assert [row.entry.kind for row in ledger.rows] == ["said"]


async def test_a_ledger_takes_in_what_another_process_wrote(store: TranscriptStore) -> None:
    row = await store.create("/일")
    one, other = Ledger(store, row), Ledger(store, row)
    await one.refresh()
    await one.append(1, Said(text="하나", at=AT))
    await other.refresh()
    await other.append(1, Ended(stop_reason="done"))

    await one.refresh()

    assert one.rows == other.rows
    assert one.turn == 1
    assert one.ended(1)


async def test_a_large_text_is_read_piece_by_piece_and_only_by_its_session(store: TranscriptStore) -> None:
    row, other = await store.create("/일"), await store.create("/일")
    handle = await store.put_blob(row.id, "가나다라마🙂바", outside=True)

    assert await store.read_blob(row.id, handle, 4, 3) == ("마🙂바", 7, True)
    assert await store.read_blob(row.id, handle, 99, 3) == ("", 7, True)
    assert await store.read_blob(other.id, handle, 0, 3) is None


async def test_the_list_shows_the_session_used_last_first(store: TranscriptStore) -> None:
    ids = [(await store.create("/일")).id for _ in range(3)]
    for session_id in ids[:2]:
        await store.append(session_id, 1, Said(text=f"{session_id} 회의\n잡아", at=AT))
    await store.append(ids[0], 1, Asked(step=0, request=ApprovalAsked(calls=(PENDING,))))

    [first, second] = await store.list(10)

    assert (first.id, first.parked, first.title) == (ids[0], True, f"{ids[0]} 회의 잡아")
    assert (second.id, second.parked, second.turns) == (ids[1], False, 1)
    assert first.updated_at.tzinfo is not None


async def test_deleting_a_session_removes_all_its_rows_and_no_others(
    store: TranscriptStore, database: Database
) -> None:
    gone, kept = await store.create("/일"), await store.create("/일")
    for row in (gone, kept):
        await store.append(row.id, 1, *EVERY_KIND)
        await store.put_blob(row.id, "글", outside=False)

    await store.delete(gone.id)

    async with database.read() as connection:
        left = [
            set((await connection.execute(sa.select(column))).scalars())
            for column in (session.c.id, entry.c.session_id, blob.c.session_id)
        ]
    assert left == [{kept.id}] * 3
    assert await store.find(gone.id) is None


async def test_nothing_is_appended_to_a_deleted_session(store: TranscriptStore) -> None:
    row = await store.create("/일")
    await store.delete(row.id)

    with pytest.raises(StorageError, match="지워진"):
        await store.append(row.id, 1, Said(text="늦음", at=AT))


async def test_readers_do_not_wait_for_a_writer(store: TranscriptStore, database: Database) -> None:
    row = await store.create("/일")

    async with database.write() as connection:
        await connection.execute(session.update().values(workspace="/다른 일"))
        found = await store.find(row.id)

    assert found == row
    async with database.read() as connection:
        assert await connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"


OPEN = """
import asyncio, sys
from pathlib import Path
from agent.transcript.database import Database
from agent.transcript.store import TranscriptStore

async def main():
    home, workspace, *url = sys.argv[1:]
    database = await Database.open(Path(home), url[0] if url else None)
    await TranscriptStore(database).create(workspace)
    await database.close()

asyncio.run(main())
sys.stdout.write(str("alembic" in sys.modules))
"""


def opening(home: Path, *more: str) -> subprocess.Popen[str]:
    """A process that opens the transcript and makes a session for a workspace; in a database, if a URL comes too."""
    command = [sys.executable, "-W", "error", "-c", OPEN, str(home), *more]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_only_the_first_opening_needs_alembic(tmp_path: Path) -> None:
    said = [opening(tmp_path, "/일").communicate() for _ in range(2)]

    assert said == [("True", ""), ("False", "")]


async def test_processes_that_open_an_empty_home_at_the_same_time_all_succeed(tmp_path: Path) -> None:
    running = [opening(tmp_path / "home", f"/일 {n}") for n in range(4)]

    errors = [process.communicate(timeout=50)[1] for process in running]

    assert errors == [""] * 4
    database = await Database.open(tmp_path / "home", None)
    async with database.read() as connection:
        spaces = set((await connection.execute(sa.select(session.c.workspace))).scalars())
    await database.close()
    assert spaces == {f"/일 {n}" for n in range(4)}


async def test_a_corrupt_file_is_told_in_korean_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "transcript.db").write_bytes(b"not a database at all" * 100)

    with pytest.raises(StorageError, match="깨졌습니다") as failed:
        await Database.open(tmp_path, None)

    assert "transcript.db" in failed.value.hint


async def test_a_torn_file_is_told_in_korean(tmp_path: Path) -> None:
    database = await Database.open(tmp_path, None)
    await TranscriptStore(database).create("/일")
    await database.close()
    content = bytearray((tmp_path / "transcript.db").read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    (tmp_path / "transcript.db").write_bytes(content)

    opened = await Database.open(tmp_path, None)
    with pytest.raises(StorageError, match="깨졌습니다"):
        await TranscriptStore(opened).list(10)
    await opened.close()


async def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    database = await Database.open(tmp_path, None)
    async with database.write() as connection:
        await connection.execute(sa.text("UPDATE transcript_version SET version_num = 'transcript9999'"))
    await database.close()

    with pytest.raises(StorageError, match="새로운"):
        await Database.open(tmp_path, None)


async def test_a_home_that_is_a_file_is_told_in_korean(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("", encoding="utf-8")

    with pytest.raises(StorageError, match="폴더"):
        await Database.open(tmp_path / "home", None)


@pytest.mark.parametrize("url", ["모름", "postgresql+nothing://x/y", "postgresql+psycopg://127.0.0.1:9/x"])
async def test_a_database_that_cannot_be_reached_is_told_in_korean(tmp_path: Path, url: str) -> None:
    with pytest.raises(StorageError) as failed:
        await Database.open(tmp_path, url)

    assert "database_url" in f"{failed.value} {failed.value.hint}"
