"""One HTTP request to a server that may be anything: it never raises, never waits long, never reads much."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType
from typing import Any, Self

from pydantic_core import from_json

from agent.model.servers.address import leaves_the_machine

_CONNECTING = 0.8
"""Share of the time that a connection may take, so that nobody there is told from nobody answering."""
_LIMIT = 1 << 20
"""Bytes of an answer; a scrape of vLLM with all its histograms has 200 kB."""


@dataclass(frozen=True)
class Answer:
    """What came back. Status 0: something accepts connections there, but no whole answer came in time."""

    status: int = 0
    body: bytes = b""

    @cached_property
    def json(self) -> Any:
        """The body as JSON, None if it is none."""
        try:
            return from_json(self.body, allow_inf_nan=False)
        except ValueError:
            return None

    @property
    def object(self) -> dict[str, Any]:
        """The JSON object of a successful answer, empty if it is something else."""
        found = self.json if self.status == 200 else None
        return found if isinstance(found, dict) else {}


class Http:
    """A client for one address, over `httpx` or over `httpx2`: the two are used alike."""

    def __init__(self, library: ModuleType, url: str, key: str) -> None:
        outside = leaves_the_machine(url)
        # It follows no redirect, so an address without encryption needs no certificates.
        verify = certificates(library, outside) if url.startswith("https:") else False
        self._library = library
        self._client = library.AsyncClient(headers=authorization(key), trust_env=outside, verify=verify)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._client.aclose()

    async def ask(
        self,
        url: str,
        seconds: float,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        limit: int = _LIMIT,
    ) -> Answer | None:
        """GET, or POST if there is a body. None: nobody is there. More than `limit` bytes count as no answer."""
        library = self._library
        try:
            async with asyncio.timeout(seconds):
                request = self._client.build_request(
                    "GET" if body is None else "POST",
                    url,
                    json=body,
                    # Compressed, a few bytes could unpack to gigabytes.
                    headers={**(headers or {}), "Accept-Encoding": "identity"},
                    timeout=library.Timeout(seconds, connect=_CONNECTING * seconds),
                )
                return await self._read(request, limit)
        except (library.ConnectError, library.ConnectTimeout, library.UnsupportedProtocol, library.InvalidURL):
            return None
        except (library.HTTPError, library.StreamError, OSError):
            return Answer()
        except ValueError:
            # A host name that cannot be one, or a body that is no text.
            return None

    async def _read(self, request: Any, limit: int) -> Answer:
        response = await self._client.send(request, stream=True, follow_redirects=False)
        body = bytearray()
        try:
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > limit:
                    return Answer()
        finally:
            await response.aclose()
        return Answer(response.status_code, bytes(body))


def client(url: str, key: str = "none") -> Http:
    """For requests to this address, with the key in every one of them."""
    import httpx

    return Http(httpx, url, key)


def first_client(url: str, key: str = "none") -> Http:
    """For what must be asked before the model is: over what the model's own client is made of, so that no second
    library is loaded on the way."""
    import httpx2

    return Http(httpx2, url, key)


@cache
def certificates(library: ModuleType, trust_env: bool) -> ssl.SSLContext:
    """Whom the library trusts. Reading it takes 50 ms, so that is done once in a process."""
    context: ssl.SSLContext = library.create_ssl_context(trust_env=trust_env)
    return context


def authorization(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
