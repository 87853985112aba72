"""Whether a model server answers: its own process, asked on this machine, past any proxy."""

import http.client
import ipaddress
import json
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

_SECONDS = 2.0
_REFUSED = (http.client.UNAUTHORIZED, http.client.FORBIDDEN)


@dataclass(frozen=True)
class Health:
    """What a server answered."""

    state: Literal["silent", "loading", "ready"]
    models: tuple[str, ...] = ()
    """Names it lists, once it is ready; none where it wants another key."""


def ask(url: str, key: str = "") -> Health:
    """Ask `/health`, then `/v1/models` of the server at `url` (with `/v1`).

    Ready means that both answer: a server may be healthy before it routes. 503 is what vLLM and llama.cpp say while
    they load; a refused connection is all that is heard before they listen.
    """
    parts = urlsplit(url)
    host = reachable(parts.hostname or "localhost")
    port = parts.port or 80
    try:
        if (status := _get(host, port, "/health", key)[0]) != http.client.OK:
            return Health("loading" if status == http.client.SERVICE_UNAVAILABLE else "silent")
        status, body = _get(host, port, f"{parts.path.rstrip('/')}/models", key)
        if status in _REFUSED:
            return Health("ready")
        if status != http.client.OK:
            return Health("loading")
        return Health("ready", tuple(str(model["id"]) for model in json.loads(body)["data"]))
    except (OSError, http.client.HTTPException):
        return Health("silent")
    except (ValueError, KeyError, TypeError):
        return Health("loading")


def reachable(host: str) -> str:
    """The address at which a server that listens on `host` is asked from this machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"


def _get(host: str, port: int, path: str, key: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
