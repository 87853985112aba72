"""Long text made short enough for a model."""

from codecs import getincrementaldecoder
from collections import deque

OUTPUT_BYTES = 24 * 1024
DIFF_BYTES = 8 * 1024


class HeadAndTail:
    """Keeps the beginning and the end of a byte stream of any length."""

    def __init__(self, limit: int = OUTPUT_BYTES) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._dropped = 0

    def feed(self, piece: bytes) -> None:
        room = self._half - len(self._head)
        self._head += piece[:room]
        if rest := piece[room:]:
            self._tail.append(rest)
            self._tail_size += len(rest)
        while self._tail and self._tail_size - len(self._tail[0]) >= self._half:
            gone = len(self._tail.popleft())
            self._tail_size -= gone
            self._dropped += gone

    @property
    def text(self) -> str:
        tail = b"".join(self._tail)
        dropped = self._dropped + max(0, len(tail) - self._half)
        if not dropped:
            return (bytes(self._head) + tail).decode("utf-8", "replace")
        return f"{_decode_head(self._head)}\n… ({dropped:,}바이트 생략) …\n{_decode_tail(tail[-self._half :])}"

    @property
    def last_line(self) -> str:
        """The last line that is not blank."""
        recent = b"".join([self._head[-400:], *self._tail])[-400:]
        lines = _decode_tail(recent).split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def shorten(text: str, limit: int) -> str:
    """The beginning of the text, at most `limit` bytes of whole lines, and how much is missing."""
    raw = text.encode()
    if len(raw) <= limit:
        return text
    kept = raw[: raw.rfind(b"\n", 0, limit) + 1] or raw[:limit]
    return f"{_decode_head(kept)}… ({len(raw) - len(kept):,}바이트 생략)\n"


def _decode_head(raw: bytes | bytearray) -> str:
    # Not final: a character that the cut went through is left out.
    return getincrementaldecoder("utf-8")("replace").decode(bytes(raw))


def _decode_tail(raw: bytes) -> str:
    start = next((at for at, byte in enumerate(raw[:4]) if byte & 0xC0 != 0x80), 0)
    return raw[start:].decode("utf-8", "replace")
