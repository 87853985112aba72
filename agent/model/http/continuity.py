"""A reply that is asked for again says nothing twice: what was given out already is passed over."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.model.contract import Call, Delta, Finished, Reasoning, Restarted, Text


class Continuity:
    """Every delta of every attempt goes through `take`; `again` begins the next attempt."""

    def __init__(self) -> None:
        self._given: list[Reasoning | Text] = []
        self._owed: _Said | None = None
        self._now = _Said()

    def again(self) -> None:
        """The attempt failed; the next one is measured against what was given out."""
        self._owed = _joined(self._given) if self._given else None
        self._now = _Said()

    def keep(self) -> None:
        """What was given out stays: the next attempt goes on behind it."""
        self._given.clear()
        self._owed, self._now = None, _Said()

    def take(self, delta: Delta) -> Iterator[Delta]:
        """The delta as the reader should get it: now, later, or after a `Restarted`."""
        match delta:
            case Reasoning() | Text():
                yield from self._say(delta)
            case Restarted():
                self._given.clear()
                self._owed, self._now = None, _Said()
                yield delta
            case Call() | Finished():
                yield from self._settle()
                yield delta
            case _:
                yield delta

    def _say(self, delta: Reasoning | Text) -> Iterator[Delta]:
        if self._owed is None:
            self._given.append(delta)
            yield delta
            return
        self._now.add(delta)
        if self._now.within(self._owed):
            return
        if self._owed.within(self._now):
            for rest in self._now.beyond(self._owed):
                self._given.append(rest)
                yield rest
            self._owed = None
            return
        yield from self._start_over()

    def _settle(self) -> Iterator[Delta]:
        """The attempt has said all: what was given out and does not come again is void."""
        if self._owed is not None and self._now != self._owed:
            yield from self._start_over()
        self._owed = None

    def _start_over(self) -> Iterator[Delta]:
        self._owed = None
        self._given = list(self._now.deltas())
        yield Restarted()
        yield from self._given


@dataclass
class _Said:
    """Reasoning and text of one attempt."""

    reasoning: str = ""
    text: str = ""

    def add(self, delta: Reasoning | Text) -> None:
        if isinstance(delta, Reasoning):
            self.reasoning += delta.text
        else:
            self.text += delta.text

    def within(self, other: "_Said") -> bool:
        return other.reasoning.startswith(self.reasoning) and other.text.startswith(self.text)

    def beyond(self, other: "_Said") -> Iterator[Reasoning | Text]:
        yield from _Said(self.reasoning[len(other.reasoning) :], self.text[len(other.text) :]).deltas()

    def deltas(self) -> Iterator[Reasoning | Text]:
        if self.reasoning:
            yield Reasoning(text=self.reasoning)
        if self.text:
            yield Text(text=self.text)


def _joined(deltas: list[Reasoning | Text]) -> _Said:
    return _Said(
        "".join(one.text for one in deltas if isinstance(one, Reasoning)),
        "".join(one.text for one in deltas if isinstance(one, Text)),
    )
