"""How long is waited between attempts: twice as long each time."""

from collections.abc import Iterator

_FIRST_DELAY, LAST_DELAY = 0.2, 30.0


def delays() -> Iterator[float]:
    """Seconds."""
    delay = _FIRST_DELAY
    while True:
        yield delay
        delay = min(LAST_DELAY, delay * 2)
