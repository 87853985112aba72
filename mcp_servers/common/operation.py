"""A side effect happens once (invariant 3): operations by idempotency key, in the server's own database.

The caller puts a key and, for a dry run, a preview mark into the request's `_meta`:
`modu/idempotencyKey` (text) and `modu/preview` (true). With a key, the work and its recorded result are one
transaction; the same key again returns the recorded result. With the preview mark the work runs and is rolled back.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
from mcp.server.mcpserver import Context
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.database import Database
from mcp_servers.common.refusal import Refused

KEY = "modu/idempotencyKey"
PREVIEW = "modu/preview"


class Change(BaseModel):
    """Base of what a changing tool returns."""

    summary: str
    """One Korean line for people: what was changed, in resolved terms. Also shown as the preview of an approval."""
    detail: str = ""
    """More of it where a line is not enough, such as a unified diff."""


class Outcome(BaseModel):
    """What became of an operation: never begun here, begun and not known to be finished, or done."""

    state: Literal["absent", "started", "done"]
    tool: str = ""
    result: dict[str, Any] | None = None


ChangeT = TypeVar("ChangeT", bound=Change)
Work = Callable[[AsyncConnection], Awaitable[ChangeT]]


def operation_table(metadata: sa.MetaData, prefix: str) -> sa.Table:
    """The table of one server's operations; each server creates it in its first migration."""
    return sa.Table(
        f"{prefix}_operation",
        metadata,
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("tool", sa.String, nullable=False),
        sa.Column("arguments_hash", sa.String, nullable=False),
        sa.Column("plan", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


class _RolledBack(Exception):
    """Carries a dry run's result out of its transaction."""

    def __init__(self, result: Change) -> None:
        self.result = result


class Operations:
    """Runs changing work at most once per key."""

    def __init__(self, database: Database, table: sa.Table) -> None:
        self._database = database
        self._table = table

    async def once(self, ctx: Context, kind: type[ChangeT], arguments: dict[str, Any], work: Work[ChangeT]) -> ChangeT:
        """Do `work` in a transaction, or return what it returned the first time this key came.

        Raises:
            Refused: from `work`, or because the key was used with other arguments.
        """
        key, preview = key_of(ctx), is_preview(ctx)
        tool = kind.__name__
        try:
            async with self._database.begin() as connection:
                if key and not preview and (known := await self._find(connection, key)):
                    return kind.model_validate(_same(known, arguments).result)
                result = await work(connection)
                if preview:
                    raise _RolledBack(result)
                if key:
                    await self.record(connection, key, tool, arguments, result)
                return result
        except _RolledBack as dry:
            return kind.model_validate(dry.result.model_dump())

    async def record(
        self, connection: AsyncConnection, key: str, tool: str, arguments: dict[str, Any], result: Change
    ) -> None:
        """Write the operation down as done, in the transaction of its effect."""
        await connection.execute(
            self._table.insert().values(
                key=key,
                tool=tool,
                arguments_hash=_digest(arguments),
                result=result.model_dump_json(),
                created_at=datetime.now(UTC),
            )
        )

    async def outcome(self, key: str) -> Outcome:
        """What became of the operation with this key."""
        async with self._database.begin() as connection:
            known = await self._find(connection, key)
        return Outcome(state="absent") if known is None else known.outcome

    async def _find(self, connection: AsyncConnection, key: str) -> "_Known | None":
        row = (await connection.execute(self._table.select().where(self._table.c.key == key))).one_or_none()
        if row is None:
            return None
        result = json.loads(row.result) if row.result else None
        state: Literal["started", "done"] = "done" if result is not None else "started"
        return _Known(digest=row.arguments_hash, outcome=Outcome(state=state, tool=row.tool, result=result))


class _Known(BaseModel):
    digest: str
    outcome: Outcome

    @property
    def result(self) -> dict[str, Any] | None:
        return self.outcome.result


def key_of(ctx: Context) -> str | None:
    """The idempotency key of the running request."""
    return _meta(ctx).get(KEY)


def is_preview(ctx: Context) -> bool:
    """The caller wants to see what would happen, and no more."""
    return bool(_meta(ctx).get(PREVIEW))


def _meta(ctx: Context) -> dict[str, Any]:
    return dict(ctx.request_context.meta or {})


def _digest(arguments: dict[str, Any]) -> str:
    canonical = json.dumps(arguments, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _same(known: _Known, arguments: dict[str, Any]) -> _Known:
    if known.digest != _digest(arguments):
        raise Refused("이미 다른 내용으로 쓰인 요청 키입니다. 새 키로 다시 요청하세요.", code="conflict")
    return known
