"""Pagination by opaque cursors."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field

from mcp_servers.common.refusal import Refused

Item = TypeVar("Item")

Limit = Annotated[int, Field(ge=1, le=100)]


class Page(BaseModel, Generic[Item]):
    """Some items and where the next ones begin."""

    items: list[Item]
    next_cursor: str | None = None


def offset_of(cursor: str | None) -> int:
    """How many items the cursor skips.

    Raises:
        Refused: the cursor is not one of ours.
    """
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()).decode())
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise Refused("cursor 값이 올바르지 않습니다. 앞 결과의 next_cursor를 그대로 넣으세요.") from error


def page(fetched: Sequence[Item], offset: int, limit: int) -> Page[Item]:
    """A page out of `limit + 1` fetched items: the extra one only says that there is more."""
    more = len(fetched) > limit
    cursor = base64.urlsafe_b64encode(str(offset + limit).encode()).decode() if more else None
    return Page[Item](items=list(fetched[:limit]), next_cursor=cursor)
