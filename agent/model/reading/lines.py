"""Lines out of bytes that come in any pieces."""

from collections.abc import Iterator


class Lines:
    """CRLF, CR and LF end a line; a line may be of any length without costing more than its bytes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._ended_by_cr = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete now, without their ends."""
        if self._ended_by_cr and data:
            self._ended_by_cr = False
            data = data.removeprefix(b"\n")
        if b"\n" not in data and b"\r" not in data:
            if data:
                self._parts.append(data)
            return
        # A CR at the very end may be the first half of a CRLF.
        self._ended_by_cr = data.endswith(b"\r")
        lines = data.splitlines()
        unfinished = b"" if data.endswith((b"\n", b"\r")) else lines.pop()
        if lines:
            lines[0] = b"".join((*self._parts, lines[0]))
            self._parts = []
        yield from lines
        if unfinished:
            self._parts.append(unfinished)

    def rest(self) -> bytes:
        """What stands after the last end of a line."""
        rest, self._parts = b"".join(self._parts), []
        return rest
