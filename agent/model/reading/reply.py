"""One reply of a model server, from the bytes of its body to clean deltas."""

from collections.abc import Iterator
from typing import Any

from agent.model.contract import Call, ChatRequest, Delta, Finished, Message, ToolMessage, UserMessage
from agent.model.reading.assembly import CallAssembly
from agent.model.reading.body import Body
from agent.model.reading.calls import CallReader
from agent.model.reading.characters import Characters
from agent.model.reading.chunk import ChunkReader, Piece
from agent.model.reading.faults import Cut, Empty, Looping, NotAModel, ReplyFault, Unfinished
from agent.model.reading.names import Names
from agent.model.reading.repetition import Repetition
from agent.model.reading.speech import Speech
from agent.model.reading.usage import UsageReader
from agent.settings import Profile
from agent.text import one_line

_IDLE = 1_000
"""Chunks in a row that say nothing, after which the model is not believed to say anything any more."""


class Reply:
    """One reply as it comes in. `feed` and `finish` are generators: what is not iterated is not read."""

    def __init__(self, request: ChatRequest, profile: Profile, content_type: str = "text/event-stream") -> None:
        names = Names(tool.name for tool in request.tools)
        reader = CallReader(request.tools, names)
        self._body = Body(content_type)
        self._chunks = ChunkReader()
        self._usage = UsageReader()
        self._speech = Speech(request, profile, reader, names)
        self._calls = CallAssembly(names)
        self._reader = reader
        self._tainted = any(map(_from_outside, request.messages))
        self._text, self._thought = Characters(), Characters()
        self._watched = {"text": Repetition(), "thought": Repetition(), "arguments": Repetition(patience=2)}
        self._reason = ""
        self._began = False
        self._strange = ""
        """An object that is no part of an answer."""
        self._whole = False
        self._idle = 0
        self.payloads = 0
        """Chunks so far: signs of life, other than comments that only keep the line open."""

    @property
    def ended(self) -> bool:
        """The server said that nothing more comes, not even the usage."""
        return self._body.done

    @property
    def complete(self) -> bool:
        """The server said that the reply is over. Behind it only the usage may come: `[DONE]` says that it has."""
        return bool(self._reason) or self._body.done

    def feed(self, data: bytes) -> Iterator[Delta]:
        """The next piece of the body, cut anywhere. Raises `ReplyFault`."""
        for chunk in self._body.feed(data):
            yield from self._chunk(chunk)

    def finish(self) -> Iterator[Delta]:
        """The body has ended. Raises `ReplyFault`."""
        for chunk in self._body.finish():
            yield from self._chunk(chunk)
        if not self.complete and not (self._whole and self._body.whole):
            strange = self._body.stray or self._strange
            raise NotAModel(one_line(strange, 200)) if strange and not self._began else Cut("no end was announced")
        yield from self._speech.think(self._thought.finish())
        yield from self._speech.say(self._text.finish())
        yield from self._speech.finish()
        yield from self._end()

    def _chunk(self, chunk: dict[str, Any] | None) -> Iterator[Delta]:
        piece = self._piece(chunk)
        if piece is None:
            return
        self._idle = 0 if piece.text or piece.thought or piece.calls or piece.reason else self._idle + 1
        if self._idle > _IDLE:
            raise Looping("empty chunks")
        self._reason = piece.reason or self._reason
        self._whole = piece.whole
        if piece.thought:
            self._watched["thought"].feed(piece.thought)
            yield from self._speech.think(self._thought.feed(piece.thought))
        if piece.text:
            self._watched["text"].feed(piece.text)
            yield from self._speech.say(self._text.feed(piece.text))
        if piece.calls:
            self._speech.end_text()
        for call in piece.calls:
            self._watched["arguments"].feed(self._calls.add(call))

    def _piece(self, chunk: dict[str, Any] | None) -> Piece | None:
        self.payloads += 1
        try:
            if chunk is None:
                raise Cut("a chunk is broken, and nobody knows what stood in it")
            self._usage.read(chunk)
            piece = self._chunks.read(chunk)
        except ReplyFault:
            # Behind the end nothing can be lost any more.
            if self._reason:
                return None
            raise
        self._began = self._began or piece is not None or "choices" in chunk
        self._strange = self._strange or ("" if self._began else repr(chunk))
        return piece

    def _end(self) -> Iterator[Delta]:
        truncated = self._reason == "length"
        calls = self._made(truncated=truncated)
        if not calls and not self._speech.has_text:
            calls = [call.model_copy(update={"repaired": not call.fault}) for call in self._made_in_thought(truncated)]
            if not calls:
                yield from self._speech.thought_as_text(truncated=truncated)
        if not calls and not self._speech.has_text:
            raise Unfinished("length") if self._speech.has_thought else Empty("neither text nor calls nor reasoning")
        yield from calls
        if tokens := self._usage.tokens:
            yield tokens
        yield Finished(reason="tool_calls" if calls else "length" if truncated else "stop")

    def _made(self, *, truncated: bool) -> list[Call]:
        """The calls of the server's parser, then those in the text that are none of them."""
        calls = [self._reader.call(raw, truncated=truncated) for raw in self._calls.finish()]
        for raw in self._speech.calls:
            call = self._reader.call(raw, truncated=truncated)
            if self._tainted and not call.fault:
                # It may be an order that the model read somewhere and repeats.
                call = call.model_copy(update={"repaired": True})
            if not any(_same(call, one) for one in calls):
                calls.append(call)
        return calls

    def _made_in_thought(self, truncated: bool) -> list[Call]:
        return [self._reader.call(raw, truncated=truncated) for raw in self._speech.calls_in_thought()]


def _from_outside(message: Message) -> bool:
    match message:
        case ToolMessage(outside=outside):
            return outside
        case UserMessage(attached=attached):
            return bool(attached)
    return False


def _same(call: Call, other: Call) -> bool:
    """What could not be read is a copy of a call of that name that could."""
    return call.name == other.name and (bool(call.fault) or call.arguments == other.arguments)
