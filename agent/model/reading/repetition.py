"""A model that repeats itself without end, noticed while it does."""

from agent.model.reading.faults import Looping

LONGEST_ANSWER = 400_000
"""Characters; four times what the longest windows of today let a model write in Korean."""
_STRIDE = 127
"""Characters between two looks. A prime, so that the looks fall on every part of a passage."""
_BLANK = 2_000
"""Characters of white space of any kind in a row."""
_PROBE = 32
_PASSAGE = 4_000
"""Characters of the longest passage whose repetition is noticed."""
_KEPT = 14 * _PASSAGE


class Repetition:
    """Watches one stream of text. What it costs grows with the text alone, not with its square."""

    def __init__(self, patience: int = 1) -> None:
        """`patience` multiplies what is borne: a file may hold many equal lines."""
        self._patience = patience
        self._kept = ""
        self._new: list[str] = []
        self._size = 0
        self._next_look = _STRIDE

    def feed(self, piece: str) -> None:
        """Raises `Looping`."""
        self._new.append(piece)
        self._size += len(piece)
        if self._size >= self._next_look:
            self._look()

    def _look(self) -> None:
        text = self._kept + "".join(self._new)
        while self._next_look <= min(self._size, LONGEST_ANSWER):
            if passage := repeated(text, len(text) - (self._size - self._next_look), self._patience):
                raise Looping(passage)
            self._next_look += _STRIDE
        if self._size > LONGEST_ANSWER:
            raise Looping(text[-_PROBE:])
        self._kept, self._new = text[-_KEPT:], []


def repeated(text: str, end: int, patience: int = 1) -> str:
    """The passage that `text[:end]` repeats at its end, or nothing."""
    if end >= _BLANK and text[end - 1].isspace() and (blank := text[end - _BLANK : end]).isspace():
        return blank
    start = max(end - _PROBE, 0)
    earlier = text.rfind(text[start:end], max(start - _PASSAGE, 0), end - 1)
    if earlier < 0 or earlier == start:
        return ""
    period = start - earlier
    passage = text[end - period : end]
    wanted = patience * _wanted(passage)
    return passage if end >= wanted and text[end - wanted : end - period] == text[end - wanted + period : end] else ""


def _wanted(passage: str) -> int:
    """Characters of repetition that no answer has on purpose."""
    if passage.isspace():
        return 600
    if len(set(passage)) == 1 or not any(character.isalnum() for character in passage):
        # Laughter, rules, empty tables.
        return 2_000
    if len(passage) < 10:
        return 1_600
    times = 30 if len(passage) < 60 else 15 if len(passage) < 200 else 6
    return max(1_200, times * len(passage))
