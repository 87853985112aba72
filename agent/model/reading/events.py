"""JSON objects out of an event stream, with everything gateways do to one.

Server-sent events as of the HTML Living Standard, section 9.2; besides: no blank line between or after events, the
prefix `data:` doubled, lines of plain JSON (NDJSON is a stream of nothing else), `error:` lines of llama.cpp.
"""

import json
from collections.abc import Iterator
from typing import Any

from agent.model.reading.lines import Lines

_decode = json.JSONDecoder(strict=False).decode


class Broken(ValueError):
    """Neither JSON nor anything else that is known."""


def decoded(payload: bytes) -> Any:
    """JSON, also with bytes that are no UTF-8 and raw control characters in strings. Raises `Broken`."""
    try:
        return _decode(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise Broken(str(error)) from None


class Events:
    """Yields every object of the stream, and None for one that began like an object and is broken."""

    def __init__(self) -> None:
        self.done = False
        """`[DONE]` came; what follows it is nothing of ours."""
        self.stray = b""
        """The first line that belongs to no event stream."""
        self._lines = Lines()
        self._event = b""
        self._pending: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[dict[str, Any] | None]:
        for line in self._lines.feed(data):
            # Nearly all lines, and nearly all of what a reply costs.
            if line.startswith(b"data: {") and self._is_between():
                yield from self._data(line[6:].rstrip())
            elif line or not self._is_between():
                yield from self._line(line)

    def finish(self) -> Iterator[dict[str, Any] | None]:
        """A last line may have no end, a last event no blank line after it."""
        if rest := self._lines.rest():
            yield from self._line(rest)
        yield from self._dispatch()

    def _is_between(self) -> bool:
        return not (self._pending or self._event or self.done)

    def _line(self, line: bytes) -> Iterator[dict[str, Any] | None]:
        if self.done:
            return
        if line.startswith(b"data:"):
            yield from self._data(line[5:].strip())
        elif not line.strip():
            yield from self._dispatch()
        elif line.lstrip().startswith(b"{"):
            yield from self._data(line.strip())
        else:
            self._field(line)

    def _field(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        if field == b"event":
            self._event = value.strip()
        elif field == b"error":
            self._event = b"error"
            self._pending.append(value.strip())
        elif field not in (b"", b"id", b"retry", b"data") and not self.stray:
            self.stray = line[:2_000]

    def _data(self, payload: bytes) -> Iterator[dict[str, Any] | None]:
        while payload.startswith(b"data:"):
            payload = payload[5:].strip()
        if payload.strip(b'"') == b"[DONE]":
            yield from self._dispatch()
            self.done = True
        elif not self._pending and payload.startswith(b"{"):
            # Not every server writes the blank line that ends an event.
            try:
                yield from self._named(decoded(payload))
            except Broken:
                self._pending.append(payload)
        elif payload:
            self._pending.append(payload)

    def _dispatch(self) -> Iterator[dict[str, Any] | None]:
        pending, self._pending = self._pending, []
        if pending:
            yield from self._object(pending)
        self._event = b""

    def _object(self, pending: list[bytes]) -> Iterator[dict[str, Any] | None]:
        try:
            yield from self._named(decoded(b"\n".join(pending)))
        except Broken:
            if self._event == b"error":
                yield {"error": pending[0].decode("utf-8", "replace")}
                return
            for payload in pending:
                if payload.startswith(b"{"):
                    yield from self._object([payload]) if len(pending) > 1 else (None,)

    def _named(self, value: Any) -> Iterator[dict[str, Any]]:
        if self._event == b"error" and not (isinstance(value, dict) and value.get("error")):
            yield {"error": value}
        elif isinstance(value, dict):
            yield value
