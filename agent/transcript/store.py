"""Sessions and their rows: append, read, list, delete."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.contract import SessionSummary
from agent.text import one_line
from agent.transcript.database import Database
from agent.transcript.entries import ENTRY, Compaction, Entry, Row, Said
from agent.transcript.schema import blob, entry, session

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def _insert(connection: AsyncConnection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that knows `ON CONFLICT`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    # Already loaded by whoever connected; where nobody did, it would cost 60 ms.
    from sqlalchemy.dialects.postgresql import insert

    return insert(table)


class SessionRow(BaseModel):
    """What is fixed about a session."""

    model_config = ConfigDict(frozen=True)

    id: str
    workspace: str


class TranscriptStore:
    """All sessions of one home folder."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, workspace: str, session_id: str | None = None) -> SessionRow:
        """A new session; one that is there under the id stays as it is."""
        row = SessionRow(id=session_id or f"s_{secrets.token_hex(5)}", workspace=workspace)
        async with self._database.write() as connection:
            insert = _insert(connection, session).on_conflict_do_nothing()
            await connection.execute(insert, {**row.model_dump(), "created_at": datetime.now(UTC)})
        return row

    async def find(self, session_id: str) -> SessionRow | None:
        async with self._database.read() as connection:
            found = (await connection.execute(session.select().where(session.c.id == session_id))).one_or_none()
        return None if found is None else SessionRow(id=found.id, workspace=found.workspace)

    async def append(self, session_id: str, turn: int, *entries: Entry) -> list[Row]:
        """Write rows in one transaction. A row that is already there (same turn, kind and ref) stays as it is."""
        rows: list[Row] = []
        async with self._database.write() as connection:
            for one in entries:
                written = _insert(connection, entry).on_conflict_do_nothing().returning(entry.c.id)
                key = await connection.scalar(written, _columns(session_id, turn, one))
                if key is not None:
                    rows.append(Row(id=key, turn=turn, entry=one))
        return rows

    async def rows(
        self, session_id: str, *, after: int = 0, from_turn: int = 0, last_turns: int | None = None
    ) -> list[Row]:
        """The rows behind id `after`, oldest first; only from a turn on or of the newest `last_turns`, if given."""
        mine = entry.c.session_id == session_id
        chosen = entry.select().where(mine, entry.c.id > after).order_by(entry.c.id)
        if from_turn:
            chosen = chosen.where(entry.c.turn >= from_turn)
        if last_turns is not None:
            newest = sa.select(sa.func.max(entry.c.turn)).where(mine).scalar_subquery()
            chosen = chosen.where(entry.c.turn > newest - last_turns)
        async with self._database.read() as connection:
            found = (await connection.execute(chosen)).all()
        return [Row(id=row.id, turn=row.turn, entry=ENTRY.validate_json(row.body)) for row in found]

    async def context_start(self, session_id: str) -> int:
        """The row id behind which the model's context begins: the first row that no compaction stands for, less one."""
        async with self._database.read() as connection:
            newest = (
                await connection.execute(
                    entry.select()
                    .where(entry.c.session_id == session_id, entry.c.kind == "compaction")
                    .order_by(entry.c.turn.desc())
                    .limit(1)
                )
            ).one_or_none()
            if newest is None:
                return 0
            through = Compaction.model_validate_json(newest.body).through
            last = await connection.scalar(
                sa.select(entry.c.id)
                .where(entry.c.session_id == session_id, entry.c.turn <= through)
                .order_by(entry.c.turn.desc(), entry.c.id.desc())
                .limit(1)
            )
        return int(last or 0)

    async def put_blob(self, session_id: str, text: str, *, outside: bool) -> str:
        """Keep a large text; returns the handle under which the model reads on."""
        handle = f"r_{secrets.token_hex(4)}"
        async with self._database.write() as connection:
            await connection.execute(blob.insert().values(id=handle, session_id=session_id, outside=outside, body=text))
        return handle

    async def read_blob(self, session_id: str, handle: str, offset: int, limit: int) -> tuple[str, int, bool] | None:
        """A piece of a kept text, the whole length and its outside mark."""
        piece = sa.select(
            sa.func.substr(blob.c.body, offset + 1, limit), sa.func.length(blob.c.body), blob.c.outside
        ).where(blob.c.id == handle, blob.c.session_id == session_id)
        async with self._database.read() as connection:
            found = (await connection.execute(piece)).one_or_none()
        return None if found is None else (found[0], found[1], found[2])

    async def keep(self, session_id: str, name: str, text: str) -> None:
        """Keep a text of the session under a name; the one kept before is replaced."""
        async with self._database.write() as connection:
            await connection.execute(blob.delete().where(blob.c.id == f"{session_id}/{name}"))
            await connection.execute(
                blob.insert().values(id=f"{session_id}/{name}", session_id=session_id, outside=False, body=text)
            )

    async def kept(self, session_id: str, name: str) -> str | None:
        """What was kept under the name."""
        async with self._database.read() as connection:
            found = await connection.scalar(sa.select(blob.c.body).where(blob.c.id == f"{session_id}/{name}"))
        return None if found is None else str(found)

    async def list(self, limit: int) -> Sequence[SessionSummary]:
        """The sessions that were used last, newest first."""
        last = (
            sa.select(
                entry.c.session_id, sa.func.max(entry.c.id).label("last"), sa.func.max(entry.c.turn).label("turns")
            )
            .group_by(entry.c.session_id)
            .subquery()
        )
        first = entry.alias("first")
        newest = entry.alias("newest")
        chosen = (
            sa.select(
                last.c.session_id,
                last.c.turns,
                first.c.body.label("said"),
                newest.c.kind,
                newest.c.created_at,
            )
            .join(newest, newest.c.id == last.c.last)
            .join(first, sa.and_(first.c.session_id == last.c.session_id, first.c.turn == 1, first.c.kind == "said"))
            .order_by(last.c.last.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            found = (await connection.execute(chosen)).all()
        return [
            SessionSummary(
                id=row.session_id,
                title=one_line(Said.model_validate_json(row.said).text, 40),
                turns=row.turns,
                updated_at=row.created_at.replace(tzinfo=row.created_at.tzinfo or UTC),
                parked=row.kind == "asked",
            )
            for row in found
        ]

    async def delete(self, session_id: str) -> None:
        async with self._database.write() as connection:
            for table in (blob, entry):
                await connection.execute(table.delete().where(table.c.session_id == session_id))
            await connection.execute(session.delete().where(session.c.id == session_id))


def _columns(session_id: str, turn: int, one: Entry) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "turn": turn,
        "kind": one.kind,
        "ref": one.ref,
        "outside": one.from_outside,
        "body": one.model_dump_json(),
        "created_at": datetime.now(UTC),
    }
