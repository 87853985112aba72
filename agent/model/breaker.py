"""A circuit breaker: an endpoint that keeps failing is left alone for a while, then tried once."""

import time

_OPENS_AFTER = 2
"""Failures in a row."""
_FIRST, _LONGEST = 15.0, 300.0
"""Seconds that it stays open; doubled with every failure."""


class Breaker:
    """Of one endpoint."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0

    @property
    def closed(self) -> bool:
        """Requests may go through; after the pause one may, to see whether the endpoint is back."""
        return time.monotonic() >= self._until

    def succeeded(self) -> None:
        self._failures, self._until = 0, 0.0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= _OPENS_AFTER:
            pause = min(_LONGEST, _FIRST * 2 ** (self._failures - _OPENS_AFTER))
            self._until = time.monotonic() + pause
