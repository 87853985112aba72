"""One HTTP request to a server that may be anything: it never raises, never waits long, never reads much."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from pydantic_core import from_json

from agent.model.servers.address import leaves_the_machine

_CONNECTING = 0.8
"""Share of the time that a connection may take, so that nobody there is told from nobody answering."""
_LIMIT = 1 << 20
"""Bytes of an answer; a scrape of vLLM with all its histograms has 200 kB."""
_NOBODY = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


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


def client(url: str, key: str = "none") -> httpx.AsyncClient:
    """For requests to this address, with the key in every one of them."""
    outside = leaves_the_machine(url)
    # A certificate store takes 80 ms to read, and nothing is encrypted on the way to one's own machine.
    verify = outside or url.startswith("https:")
    return httpx.AsyncClient(headers=authorization(key), trust_env=outside, verify=verify)


def authorization(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def ask(
    http: httpx.AsyncClient,
    url: str,
    seconds: float,
    *,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    limit: int = _LIMIT,
) -> Answer | None:
    """GET, or POST if there is a body. None: nobody is there. A longer answer than `limit` bytes counts as none."""
    try:
        async with asyncio.timeout(seconds):
            request = http.build_request(
                "GET" if body is None else "POST",
                url,
                json=body,
                # Compressed, a few bytes could unpack to gigabytes.
                headers={**(headers or {}), "Accept-Encoding": "identity"},
                timeout=httpx.Timeout(seconds, connect=_CONNECTING * seconds),
            )
            return await _read(http, request, limit)
    except _NOBODY:
        return None
    except (httpx.HTTPError, httpx.StreamError, OSError):
        return Answer()
    except ValueError:
        # A host name that cannot be one, or a body that is no text.
        return None


async def _read(http: httpx.AsyncClient, request: httpx.Request, limit: int) -> Answer:
    response = await http.send(request, stream=True, follow_redirects=False)
    body = bytearray()
    try:
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > limit:
                return Answer()
    finally:
        await response.aclose()
    return Answer(response.status_code, bytes(body))
