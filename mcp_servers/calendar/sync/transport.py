"""The HTTP session under a `caldav` client: stays in the account's realm, keeps answers within bounds."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from mcp_servers.calendar.sync.faults import Unsafe
from mcp_servers.calendar.sync.realm import Realm

MOST_BYTES = 64 * 2**20
"""Of one answer, after decompression."""
_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a `caldav` client reads of an answer."""

    status_code: int
    reason_phrase: str
    headers: Mapping[str, str]
    content: bytes
    url: str

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


class _Session(Protocol):
    """What is used of `httpx2.AsyncClient`."""

    def stream(self, method: str, url: str, **options: Any) -> AbstractAsyncContextManager[Any]: ...

    async def aclose(self) -> None: ...


class ConfinedSession:
    """Takes the place of the session that a `caldav` client makes.

    Redirects are followed with the method and body as they were (RFC 4918 clients that turn PROPFIND into GET get
    nowhere), and only within the realm.
    """

    def __init__(self, session: _Session, realm: Realm) -> None:
        self._session = session
        self._realm = realm

    async def request(self, method: str, url: str, **options: Any) -> Reply:
        for _ in range(_MOST_REDIRECTS):
            url = self._realm.resolve(url)
            async with self._session.stream(method, url, **options, follow_redirects=False) as response:
                content = await _bounded(response)
            target = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not target:
                return Reply(response.status_code, response.reason_phrase, response.headers, content, url)
            url = self._realm.resolve(target, url)
        raise Unsafe("서버가 주소를 끝없이 옮겨 보냅니다. 계정의 주소(url)를 확인하세요.")

    async def aclose(self) -> None:
        await self._session.aclose()


async def _bounded(response: Any) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes(65536):
        content += chunk
        if len(content) > MOST_BYTES:
            raise Unsafe(f"서버의 답이 너무 큽니다({MOST_BYTES // 2**20} MB 초과). 받기를 멈췄습니다.")
    return bytes(content)
