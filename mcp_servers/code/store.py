"""The rows of once-only work whose effect is not in SQL: a file that is replaced, a command that runs."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.operation import operation_table

metadata = sa.MetaData()
operation = operation_table(metadata, "code")


class Row(BaseModel):
    """An operation that was begun; `result` is there once it is known to be done."""

    key: str
    tool: str
    arguments_hash: str
    plan: dict[str, Any] | None
    result: dict[str, Any] | None


async def find(connection: AsyncConnection, key: str) -> Row | None:
    row = (await connection.execute(operation.select().where(operation.c.key == key))).one_or_none()
    if row is None:
        return None
    return Row(
        key=row.key,
        tool=row.tool,
        arguments_hash=row.arguments_hash,
        plan=json.loads(row.plan) if row.plan else None,
        result=json.loads(row.result) if row.result else None,
    )


async def start(connection: AsyncConnection, row: Row) -> None:
    """Write the intent down, before the effect."""
    plan = None if row.plan is None else json.dumps(row.plan, ensure_ascii=False)
    values = {"key": row.key, "tool": row.tool, "arguments_hash": row.arguments_hash, "plan": plan}
    await connection.execute(operation.insert().values(**values, created_at=datetime.now(UTC)))


async def finish(connection: AsyncConnection, key: str, result: dict[str, Any]) -> None:
    """Write the outcome down, after the effect."""
    recorded = json.dumps(result, ensure_ascii=False)
    await connection.execute(operation.update().where(operation.c.key == key).values(result=recorded))


async def forget(connection: AsyncConnection, key: str) -> None:
    """The effect is known not to have happened: the key may be used again."""
    await connection.execute(operation.delete().where(operation.c.key == key))
