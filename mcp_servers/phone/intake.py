"""How messages and calls that happened elsewhere get in: used by providers and by the loader of example data.

`source_id` is the provider's own id: the same one again stores nothing and returns the id of the first time.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from mcp_servers.common.text import nfc
from mcp_servers.phone import number, store
from mcp_servers.phone.models import CallDirection, Delivery, Direction, Turn
from mcp_servers.phone.tables import call, message


async def receive_message(
    connection: AsyncConnection, *, phone: str, text: str, at: datetime, source_id: str | None = None
) -> str:
    """Store an incoming message; a sender that is no number (an alphanumeric one) is kept as written."""
    return await _keep(connection, "incoming", "received", phone, text, at, source_id)


async def record_sent_message(
    connection: AsyncConnection, *, phone: str, text: str, at: datetime, source_id: str | None = None
) -> str:
    """Store a message that the user sent from the telephone itself."""
    return await _keep(connection, "outgoing", "sent", phone, text, at, source_id)


async def _keep(
    connection: AsyncConnection,
    direction: Direction,
    delivery: Delivery,
    phone: str,
    text: str,
    at: datetime,
    source_id: str | None,
) -> str:
    if known := await store.id_of_source(connection, message, source_id):
        return known
    row = await store.add_message(
        connection,
        phone=_stored(phone),
        text=nfc(text),
        at=at,
        direction=direction,
        delivery=delivery,
        source_id=source_id,
    )
    return str(row.id)


async def record_call(
    connection: AsyncConnection,
    *,
    phone: str,
    at: datetime,
    direction: CallDirection,
    duration_seconds: int = 0,
    turns: Iterable[Turn] = (),
    source_id: str | None = None,
) -> str:
    """Store a call, with its transcript if there is one; an empty `phone` is a withheld number."""
    if known := await store.id_of_source(connection, call, source_id):
        return known
    return await store.add_call(
        connection,
        phone=_stored(phone),
        at=at,
        direction=direction,
        duration_seconds=duration_seconds,
        turns=[{"speaker": nfc(turn.speaker), "text": nfc(turn.text)} for turn in turns],
        source_id=source_id,
    )


def _stored(phone: str) -> str:
    return number.parse(phone) or nfc(phone)
