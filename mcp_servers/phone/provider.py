"""The seam to whatever carries messages to the telephone network."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.phone.store import add_message


@dataclass(frozen=True)
class Draft:
    """A checked message on its way out; `phone` is in stored form."""

    phone: str
    text: str
    at: datetime


class MessageProvider(Protocol):
    @property
    def notice(self) -> str:
        """What people must know about how far the message goes; ends every summary."""
        ...

    async def send(self, connection: AsyncConnection, draft: Draft) -> sa.Row[Any]:
        """Store the message as part of the caller's transaction, which a dry run rolls back.

        So nothing may leave the machine here: a provider that really sends stores the message as waiting and carries
        it away after the commit.
        """
        ...


class RecordingProvider:
    """Keeps the message on this machine and sends nothing."""

    notice = "(이 컴퓨터에만 저장, 실제 발송 안 됨)"

    async def send(self, connection: AsyncConnection, draft: Draft) -> sa.Row[Any]:
        return await add_message(
            connection, phone=draft.phone, text=draft.text, at=draft.at, direction="outgoing", delivery="local"
        )
