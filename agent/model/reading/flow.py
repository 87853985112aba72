"""Text that comes in pieces and leaves as spans, some of it after a wait."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from agent.model.reading.marks import begins_another
from agent.model.reading.pile import Kind, Pile

Mode = Literal["begin", "text", "thought", "header", "fence", "code", "pile"]


class Span(NamedTuple):
    kind: Kind | Literal["text", "thought", "cut", "restart"]
    """`cut`: machinery that means nothing; `restart`: all that was said so far was thinking."""
    text: str
    """As it was written."""
    body: str = ""
    closed: bool = True


class Flow:
    """What was not decided yet, and what is known of the text before it."""

    def __init__(self) -> None:
        self.mode: Mode = "begin"
        self.rest = ""
        self.said = False
        """There was text other than white space."""
        self.fresh = True
        """Nothing but white space since the last line break."""
        self._pile = Pile("call")

    def say(self, end: int) -> Iterator[Span]:
        """The first characters of the rest are text."""
        text, self.rest = self.rest[:end], self.rest[end:]
        return self.text(text)

    def text(self, text: str) -> Iterator[Span]:
        if text:
            start = text.rfind("\n") + 1
            self.fresh = (bool(start) or self.fresh) and not text[start:].strip()
            self.said = self.said or not text.isspace()
            yield Span("text", text)

    def hold(self, pile: Pile) -> None:
        """The rest, and what comes, may be a call."""
        self._pile, self.mode = pile, "pile"

    def resume(self) -> None:
        """Behind machinery: as long as nothing was said the whole answer may be a call."""
        self.mode = "text" if self.said else "begin"

    def on_pile(self, last: bool) -> Iterator[Span]:
        pile, piece = self._pile, self.rest
        self.rest = ""
        end = pile.add(piece)
        # Had they come one by one, all characters but the last would have been asked about before the end was seen.
        if pile.is_no_call(end[1] - 1 if end else None):
            self.rest, self.mode = pile.written, "code" if pile.kind == "block" else "text"
            yield from self.text(pile.opener)
        elif end:
            yield self._ended(pile, *end)
        elif last:
            self.mode = "text"
            yield Span(pile.kind, pile.opener + pile.written, pile.body(), closed=False)

    def _ended(self, pile: Pile, start: int, after: int) -> Span:
        written = pile.written
        if begins_another(written[start:after]):
            after = start
        self.rest, self.mode = written[after:], "text"
        # A notation that is told by its tags keeps them.
        return Span(pile.kind, pile.opener + written[:after], pile.body(start if pile.opener else after))
