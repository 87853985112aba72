"""Once-only work outside SQL: files are settled by their fingerprints, commands never run twice.

The intent is a committed row before the effect. A row without a result is settled by looking at the world: a file
with the planned bytes is done, one with the old bytes was never begun, anything else (every command) stays unknown.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from anyio import CancelScope
from pydantic import BaseModel

from mcp_servers.code import store
from mcp_servers.code.models import CommandRun, FileChange
from mcp_servers.code.rewrite import Rewrite, digest, digest_at
from mcp_servers.common.database import Database
from mcp_servers.common.operation import Outcome
from mcp_servers.common.refusal import Refused


class FilePlan(BaseModel):
    """What a rewrite will have done."""

    path: Path
    before_sha256: str | None
    after_sha256: str
    result: FileChange


class CodeOperations:
    """Rewrites files and runs commands at most once per key."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing = asyncio.Lock()

    async def rewrite(
        self, key: str | None, arguments: dict[str, Any], prepare: Callable[[], Awaitable[Rewrite]]
    ) -> FileChange:
        """Replace one file as `prepare` says, or return what was done the first time this key came."""
        # Not to be cancelled half-way: the caller could not tell which half.
        with CancelScope(shield=True):
            change = await self._rewrite_in_turn(key, arguments, prepare)
        return change

    async def command(
        self, key: str | None, arguments: dict[str, Any], run: Callable[[], Awaitable[CommandRun]]
    ) -> CommandRun:
        """Run a command, or return its recorded result; one that was cut off is never run again."""
        if key is None:
            return await run()
        if known := await self._known(key, arguments):
            return CommandRun.model_validate(known)
        await self._start(key, "CommandRun", arguments, plan=None)
        try:
            result = await run()
        except Refused:
            await self._forget(key)
            raise
        with CancelScope(shield=True):
            await self._finish(key, result)
        return result

    async def outcome(self, key: str) -> Outcome:
        """What became of the operation with this key."""
        async with self._writing:
            row = await self._settled(key)
        if row is None:
            return Outcome(state="absent")
        return Outcome(state="started" if row.result is None else "done", tool=row.tool, result=row.result)

    async def _rewrite_in_turn(
        self, key: str | None, arguments: dict[str, Any], prepare: Callable[[], Awaitable[Rewrite]]
    ) -> FileChange:
        async with self._writing:
            if key and (known := await self._known(key, arguments)):
                return FileChange.model_validate(known)
            rewrite = await prepare()
            if key is None:
                return await _apply(rewrite)
            return await self._rewrite_once(key, arguments, rewrite)

    async def _rewrite_once(self, key: str, arguments: dict[str, Any], rewrite: Rewrite) -> FileChange:
        plan = FilePlan(
            path=rewrite.target,
            before_sha256=digest(rewrite.before),
            after_sha256=str(digest(rewrite.after)),
            result=rewrite.change,
        )
        await self._start(key, "FileChange", arguments, plan.model_dump(mode="json"))
        try:
            change = await _apply(rewrite)
        except Refused:
            row = await self._settled(key)
            if row and row.result is None:
                await self._forget(key)
            raise
        await self._finish(key, change)
        return change

    async def _known(self, key: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        row = await self._settled(key)
        if row is None:
            return None
        if row.arguments_hash != _hash(arguments):
            raise Refused("이미 다른 내용으로 쓰인 요청 키입니다. 새 키로 다시 요청하세요.", code="conflict")
        if row.result is None:
            what = "명령" if row.plan is None else "파일 변경"
            raise Refused(
                f"결과를 알 수 없는 {what}이라 다시 하지 않습니다. 지금 상태를 확인하고 새로 요청하세요.",
                code="conflict",
            )
        return row.result

    async def _settled(self, key: str) -> store.Row | None:
        """The row after comparing its plan with the file."""
        async with self._database.begin() as connection:
            row = await store.find(connection, key)
            if row is None or row.plan is None or row.result is not None:
                return row
            plan = FilePlan.model_validate(row.plan)
            now = await asyncio.to_thread(digest_at, plan.path)
            if now == plan.after_sha256:
                result = plan.result.model_dump(mode="json")
                await store.finish(connection, key, result)
                return row.model_copy(update={"result": result})
            if now == plan.before_sha256:
                await store.forget(connection, key)
                return None
            return row

    async def _start(self, key: str, tool: str, arguments: dict[str, Any], plan: dict[str, Any] | None) -> None:
        row = store.Row(key=key, tool=tool, arguments_hash=_hash(arguments), plan=plan, result=None)
        async with self._database.begin() as connection:
            await store.start(connection, row)

    async def _finish(self, key: str, result: BaseModel) -> None:
        async with self._database.begin() as connection:
            await store.finish(connection, key, result.model_dump(mode="json"))

    async def _forget(self, key: str) -> None:
        async with self._database.begin() as connection:
            await store.forget(connection, key)


async def _apply(rewrite: Rewrite) -> FileChange:
    try:
        await asyncio.to_thread(rewrite.apply)
    except OSError as error:
        raise Refused(f"파일을 쓸 수 없습니다: {error.strerror}. 다른 경로를 쓰세요.", code="unavailable") from error
    return rewrite.change


def _hash(arguments: dict[str, Any]) -> str:
    canonical = json.dumps(arguments, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
