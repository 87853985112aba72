"""Requests to one calendar server, every fault told apart by who reacts to it."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from mcp_servers.calendar.sync.faults import Rejected, Silent, Stale, Unauthorized, Unreachable
from mcp_servers.calendar.sync.multistatus import Answer, preconditions, read
from mcp_servers.calendar.sync.realm import Realm
from mcp_servers.calendar.sync.transport import ConfinedSession

_PATIENCE = 120
"""Seconds for one request, however slowly the server drips."""
_SILENCE = 30
"""Seconds without a byte."""
_TRIES = 3
_XML = {"Content-Type": 'application/xml; charset="utf-8"'}


@asynccontextmanager
async def connected(realm: Realm, username: str, password: str) -> AsyncIterator["Client"]:
    """A client that is closed at the end of the block; it connects with its first request."""
    # In a thread, when first needed: the library and its HTTP client take half a second to import.
    caldav = await asyncio.to_thread(importlib.import_module, "caldav.aio")
    one = {"http.multiplexing": {"support": "unsupported"}}
    async with caldav.AsyncDAVClient(
        realm.url, username=username, password=password, timeout=_SILENCE, enable_rfc6764=False, features=one
    ) as library:
        library.session = ConfinedSession(library.session, realm)
        yield Client(library, realm)


class Client:
    """Over the client of the library `caldav`, which negotiates how to log in."""

    def __init__(self, library: Any, realm: Realm) -> None:
        self._library = library
        self.realm = realm

    async def ask(self, method: str, url: str, body: str, depth: int | None = None) -> Answer:
        """PROPFIND or REPORT: tried again when the connection is cut, for it changes nothing.

        Raises:
            SyncFault: any.
        """
        headers = _XML if depth is None else _XML | {"Depth": str(depth)}
        response = await self._tried(method, url, body, headers)
        return read(response.tree)

    async def get(self, url: str) -> tuple[str, str] | None:
        """ETag and text of a resource; None where there is none."""
        try:
            response = await self._tried("GET", url, "", {})
        except Rejected as rejected:
            if rejected.status in (404, 410):
                return None
            raise
        return response.headers.get("ETag", ""), response.raw

    async def send(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        """PUT or DELETE, once; the headers of the answer.

        Raises:
            Unreachable: also when the request may have arrived.
            SyncFault: any other.
        """
        response = await self._once(method, url, body, headers)
        found: Mapping[str, str] = response.headers
        return found

    async def _tried(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Any:
        for _ in range(_TRIES - 1):
            try:
                return await self._once(method, url, body, headers)
            except Silent:
                raise
            except Unreachable:
                continue
        return await self._once(method, url, body, headers)

    async def _once(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> Any:
        from caldav.lib.error import AuthorizationError, DAVError, RateLimitError
        from httpx2 import HTTPError, InvalidURL, StreamError, TimeoutException

        try:
            async with asyncio.timeout(_PATIENCE):
                response = await self._library.request(self.realm.resolve(url), method, body, headers)
        except AuthorizationError as error:
            if error.status == 401:
                raise Unauthorized(
                    "서버가 아이디나 비밀번호를 받지 않습니다. 앱 비밀번호를 새로 만들어 넣어 보세요."
                ) from error
            raise _refusal(403, list(error.preconditions)) from error
        except (TimeoutError, TimeoutException, RateLimitError) as error:
            raise Silent(f"달력 서버가 제때 답하지 않습니다: {_short(error)}") from error
        except (DAVError, HTTPError, InvalidURL, StreamError, OSError, SyntaxError, ValueError) as error:
            # SyntaxError: what lxml raises for an answer that is no XML. ValueError: an address that is none.
            raise Unreachable(f"달력 서버에 닿지 못했습니다: {_short(error)}") from error
        if response.status >= 400:
            raise _refusal(response.status, preconditions(response.tree))
        return response


def _refusal(status: int, reasons: list[str]) -> Rejected | Unreachable:
    named = ", ".join(reason.rpartition("}")[2] for reason in reasons[1:4])
    if status in (408, 425, 429, 502, 503, 504):
        return Silent(f"달력 서버가 지금 답하지 못합니다(HTTP {status}).")
    text = f"서버가 받지 않았습니다(HTTP {status}{': ' + named if named else ''})."
    return Stale(text, status) if status in (409, 412) else Rejected(text, status)


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:160]}"
