"""Inline `<think>…</think>` in a text stream, split off as reasoning, wherever the chunks break."""

from collections.abc import Iterator

from agent.model.contract import Reasoning, Text

_OPEN, _CLOSE = "<think>", "</think>"


class ThinkSplitter:
    """Feed it deltas in order, then `flush`."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False

    def feed(self, delta: str) -> Iterator[Reasoning | Text]:
        self._held += delta
        while True:
            tag = _CLOSE if self._inside else _OPEN
            before, found, after = self._held.partition(tag)
            if not found:
                break
            yield from self._out(before)
            self._held, self._inside = after, not self._inside
        keep = _overlap(self._held, _CLOSE if self._inside else _OPEN)
        ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        yield from self._out(ready)

    def flush(self) -> Iterator[Reasoning | Text]:
        """What was held back because it might have begun a tag."""
        yield from self._out(self._held)
        self._held = ""

    def _out(self, text: str) -> Iterator[Reasoning | Text]:
        if text:
            yield Reasoning(text=text) if self._inside else Text(text=text)


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    return next((n for n in range(min(len(text), len(tag) - 1), 0, -1) if tag.startswith(text[-n:])), 0)
