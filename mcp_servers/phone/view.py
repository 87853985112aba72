"""Stored rows as people read them: names, Korean numbers, local times."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.calendar.korean_time import reading, resolve_interval
from mcp_servers.common.refusal import Refused
from mcp_servers.phone import contacts, number
from mcp_servers.phone.models import Call, CallTranscript, Message, Turn
from mcp_servers.phone.store import Interval, Rows

WITHHELD = "발신번호 표시 제한"
_TRANSCRIPT_CHARACTERS = 12_000


class View:
    """Shows rows as of one moment, with the names the address book has for their numbers."""

    def __init__(self, now: datetime, names: dict[str, str]) -> None:
        self._now = now
        self._names = names

    @classmethod
    async def of(cls, connection: AsyncConnection, rows: Rows, now: datetime) -> "View":
        return cls(now, await contacts.named(connection, {row.phone for row in rows}))

    def message(self, row: sa.Row[Any]) -> Message:
        return Message(
            id=row.id,
            direction=row.direction,
            contact=self._names.get(row.phone, ""),
            phone=_shown(row.phone),
            text=row.text,
            at=self._local(row.at).isoformat(timespec="seconds"),
            when=self._reading(row.at),
            kind=row.kind,
            delivery=row.delivery,
        )

    def call(self, row: sa.Row[Any]) -> Call:
        return Call(
            id=row.id,
            direction=row.direction,
            contact=self._names.get(row.phone, ""),
            phone=_shown(row.phone),
            at=self._local(row.at).isoformat(timespec="seconds"),
            when=self._reading(row.at),
            duration=duration(row.duration_seconds),
            duration_seconds=row.duration_seconds,
            has_transcript=bool(row.turns),
        )

    def transcript(self, row: sa.Row[Any]) -> CallTranscript:
        turns = turns_of(row)
        used, kept = 0, 0
        for turn in turns:
            used += len(turn.text)
            if kept and used > _TRANSCRIPT_CHARACTERS:
                break
            kept += 1
        return CallTranscript(call=self.call(row), turns=turns[:kept], omitted_turns=len(turns) - kept)

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self._now.tzinfo)

    def _reading(self, at: datetime) -> str:
        return reading(self._local(at), None, False, self._now)


def turns_of(row: sa.Row[Any]) -> list[Turn]:
    return [Turn.model_validate(turn) for turn in row.turns]


def duration(seconds: int) -> str:
    """`1시간 2분 3초`."""
    hours, rest = divmod(seconds, 3600)
    parts = [f"{amount}{unit}" for amount, unit in ((hours, "시간"), (rest // 60, "분"), (rest % 60, "초")) if amount]
    return " ".join(parts) or "0초"


def interval(when: str | None, now: datetime) -> Interval | None:
    """The stretch of time the user means; a bare weekday is the last one, for messages and calls are past.

    Raises:
        Refused: the text names no time.
    """
    if not when:
        return None
    if found := resolve_interval(when, now, "past"):
        return found
    raise Refused(f"'{when}' 은(는) 알아들을 수 없는 때입니다. '어제', '지난주', '2026-11-20'처럼 넣으세요.")


def _shown(phone: str) -> str:
    return number.display(phone) or WITHHELD
