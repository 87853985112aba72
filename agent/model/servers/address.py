"""What an address alone tells: whether it leaves this machine, and whether anything listens there."""

import asyncio
from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def leaves_the_machine(url: str) -> bool:
    """Only then a proxy of the environment is meant."""
    return urlsplit(url).hostname not in _LOOPBACK


def is_readable_on_the_way(url: str) -> bool:
    """What is sent crosses a network unencrypted."""
    return urlsplit(url).scheme == "http" and leaves_the_machine(url)


async def listens(url: str, seconds: float) -> bool:
    """Whether anything accepts connections there."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError, UnicodeError):
        return False
    writer.close()
    return True
