"""What the model says and thinks, and the calls that stand in between."""

from collections.abc import Iterator

from agent.model.contract import ChatRequest, Delta, Reasoning, Restarted, Text
from agent.model.reading.calls import CallReader
from agent.model.reading.edges import Edges, trimmed
from agent.model.reading.flow import Span
from agent.model.reading.marks import marks
from agent.model.reading.names import Names
from agent.model.reading.quotation import Quotations
from agent.model.reading.raw import Raw
from agent.model.reading.scanner import Scanner
from agent.model.reading.spoken import SpokenCalls
from agent.settings import Profile
from agent.settings.profile import ThinkingSwitch

_RESTARTS = 3
"""After which the end of a thinking that nobody began is left out and means nothing."""


class Speech:
    """Clean text and reasoning in, deltas out; calls are kept for the end."""

    def __init__(self, request: ChatRequest, profile: Profile, reader: CallReader, names: Names) -> None:
        thinking = profile.thinking
        self.calls: list[Raw] = []
        self._names = Names(()) if request.answer_schema is not None else names
        self._spoken = SpokenCalls(reader, Quotations(request))
        self._marks = marks(thinking.opens, thinking.closes, bool(self._names))
        self._asked_to_think = _asked_to_think(request, thinking)
        # Of a model that nothing is known of, a thinking is believed where its end is seen.
        self._scanner = Scanner(
            self._marks, self._names, expects_thought=thinking.switch != "none", may_think=not profile.repository
        )
        self._thoughts = Scanner(marks(thinking.opens, thinking.closes, False), Names(()), expects_thought=False)
        self._thoughts.begin_thinking()
        self._edges = Edges()
        self._said: list[str] = []
        self._thought: list[str] = []
        self._in_thought = False
        self._so_far: list[str] = []
        """Text, reasoning and calls as they came."""
        self._restarts = 0

    @property
    def has_text(self) -> bool:
        return any(not text.isspace() for text in self._said)

    @property
    def has_thought(self) -> bool:
        return bool(self._thought)

    def say(self, text: str) -> Iterator[Delta]:
        for span in self._scanner.feed(text) if text else ():
            yield from self._span(span)

    def think(self, text: str) -> Iterator[Delta]:
        """Reasoning that came in a field of its own."""
        self._scanner.thought_apart = self._scanner.thought_apart or bool(text.strip())
        for span in self._thoughts.feed(text) if text else ():
            yield from self._reasoning(span)

    def end_text(self) -> None:
        """A call has begun elsewhere: white space before it is none of the text's."""
        self._edges.cut_out()

    def finish(self) -> Iterator[Delta]:
        for span in self._thoughts.finish():
            yield from self._reasoning(span)
        for span in self._scanner.finish():
            yield from self._span(span)
        yield from self._text(self._edges.finish())

    def thought_as_text(self, *, truncated: bool) -> Iterator[Delta]:
        """A parser with thinking switched off puts the answer where the reasoning belongs."""
        text = trimmed("".join(self._thought))
        # A thinking that was cut is no answer.
        if text and not (truncated and self._asked_to_think):
            yield Restarted()
            yield from self._text(text)

    def calls_in_thought(self) -> list[Raw]:
        """The calls of a model that never ended its thinking."""
        scanner = Scanner(self._marks, self._names, expects_thought=False)
        spans = [*scanner.feed("".join(self._thought)), *scanner.finish()] if self._names else []
        written = [self._spoken.read(span) for span in spans if span.kind not in ("text", "thought", "cut", "restart")]
        return [call for one in written if one for call in one.calls]

    def _span(self, span: Span) -> Iterator[Delta]:
        match span.kind:
            case "text":
                yield from self._text(self._edges.feed(span.text))
            case "thought":
                yield from self._reasoning(span)
            case "cut":
                self._edges.cut_out()
            case "restart":
                yield from self._restart()
            case _:
                yield from self._possible_call(span)

    def _possible_call(self, span: Span) -> Iterator[Delta]:
        written = self._spoken.read(span)
        if written is None:
            yield from self._text(self._edges.feed(span.text))
            return
        self.calls += written.calls
        self._so_far.append(span.text)
        self._edges.cut_out()
        yield from self._text(self._edges.feed(written.rest))

    def _text(self, text: str) -> Iterator[Text]:
        if text:
            self._in_thought = False
            self._said.append(text)
            self._so_far.append(text)
            yield Text(text=text)

    def _reasoning(self, span: Span) -> Iterator[Reasoning]:
        text = span.text if self._in_thought else span.text.lstrip()
        if text and span.kind in ("text", "thought"):
            self._in_thought = True
            self._edges.cut_out()
            self._thought.append(text)
            self._so_far.append(text)
            yield Reasoning(text=text)

    def _restart(self) -> Iterator[Delta]:
        """All that was said so far was thinking whose beginning the template had put into the prompt."""
        self._edges.cut_out()
        self._restarts += 1
        if self._restarts > _RESTARTS:
            return
        so_far = ("".join(self._so_far) + self._edges.finish()).strip()
        self._edges = Edges()
        self._edges.cut_out()
        if so_far:
            self.calls, self._said = [], []
            self._thought, self._so_far = [so_far], [so_far]
            yield Restarted()
            yield Reasoning(text=so_far)


def _asked_to_think(request: ChatRequest, thinking: ThinkingSwitch) -> bool:
    if thinking.switch == "kwarg" and request.thinking is not None:
        return request.thinking != "off"
    return thinking.switch == "always" or (thinking.switch == "kwarg" and thinking.default)
