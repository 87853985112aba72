"""`Session` over the wire."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

from agent.contract import AS_USUAL, Attachment, ContextUse, Decision, Numbered, Position, RequestOptions
from agent.errors import UserError
from agent.events import EVENT, ApprovalAsked, Event, Failure, Notice, QuestionAsked, TurnFinished
from agent.remote.line import Absence, Line
from agent.remote.request import AWAY, Request
from agent.wire.track import Track

AGAIN = Notice(text="상주 프로세스에 다시 연결하는 중…")
BACK = Notice(text="상주 프로세스에 다시 연결했습니다.")
_LAST = (TurnFinished, ApprovalAsked, QuestionAsked)
_LONG = 65_536
"""Characters of an attachment; a longer one goes ahead in pieces."""
_HURRY = 2.0
"""Seconds; later it would end a thinking that the user has not seen yet."""


class RemoteSession:
    """See `agent.contract.Session`."""

    def __init__(self, line: Line, session_id: str) -> None:
        self._line = line
        self._id = session_id
        self._unheard: set[Request] = set()
        """Requests for a turn that has told nothing yet."""
        self._hurries: set[asyncio.Task[None]] = set()
        self._told = Track()
        """Of the newest turn that was sent or resumed here."""

    @property
    def _position(self) -> Position:
        return Position.model_validate(self._told.position)

    @property
    def id(self) -> str:
        return self._id

    def send(
        self, text: str, attachments: Sequence[Attachment] = (), options: RequestOptions = AS_USUAL
    ) -> AsyncGenerator[Event, None]:
        key = os.urandom(16).hex()
        ahead = {f"{key}/{n}": one.text for n, one in enumerate(attachments) if len(one.text) > _LONG}
        params = {
            "session": self._id,
            "text": text,
            "attachments": [_named(one, f"{key}/{n}", ahead) for n, one in enumerate(attachments)],
            "options": options.model_dump(mode="json"),
            "key": key,
        }
        request = Request(self._line, "session.send", params, tuple(ahead.items()), endless=True)
        self._told = request.track
        return self._turn(request)

    def resume(self, decision: Decision) -> AsyncGenerator[Event, None]:
        params = {"session": self._id, "decision": decision.model_dump(mode="json")}
        request = Request(self._line, "session.resume", params, position=self._position, endless=True)
        self._told = request.track
        return self._turn(request)

    async def follow(self, position: Position | None = None) -> AsyncGenerator[Numbered, None]:
        """A `Notice` without a key says when the process has been away for a while, and when it is back."""
        params = {"session": self._id, "position": position.model_dump(mode="json") if position else None}
        request = Request(self._line, "session.follow", params, position=position, endless=True, outage=Absence)
        away = False
        try:
            async with aclosing(request.lines()) as lines:
                async for line in lines:
                    if line is AWAY or (away and "session" in line):
                        away = line is AWAY
                        yield _numbered(request.track, event=AGAIN if away else BACK)
                    elif "event" in line:
                        yield _numbered(request.track, key=line.get("k", ""), event=line["event"])
        except UserError as error:
            for event in _failed(error, request.track):
                yield _numbered(request.track, event=event)

    async def cancel(self) -> None:
        for request in self._unheard:
            request.cancel()
        # Where the process cannot be reached nothing runs, and the stream of the turn says so.
        with suppress(UserError):
            await self._call("cancel")

    def answer_now(self) -> None:
        hurry = asyncio.create_task(self._hurry())
        self._hurries.add(hurry)
        hurry.add_done_callback(self._hurries.discard)

    async def pin(self, text: str) -> None:
        await self._call("pin", text=text)

    async def context(self) -> ContextUse:
        return ContextUse.model_validate(await self._call("context"))

    async def history(self) -> list[Event]:
        request = Request(self._line, "session.history", {"session": self._id})
        events: list[Event] = []
        async with aclosing(request.lines()) as lines:
            async for line in lines:
                if "session" in line:
                    events.clear()
                elif "event" in line:
                    events.append(EVENT.validate_python(line["event"]))
        return events

    async def _hurry(self) -> None:
        with suppress(UserError, TimeoutError):
            async with asyncio.timeout(_HURRY):
                await self._call("answer_now")

    async def _call(self, method: str, **params: Any) -> Any:
        return await Request(self._line, f"session.{method}", {"session": self._id, **params}).result()

    async def _turn(self, request: Request) -> AsyncGenerator[Event, None]:
        """The events of a turn, the last of which ends the stream."""
        self._unheard.add(request)
        try:
            async with aclosing(request.lines()) as lines:
                async for line in lines:
                    if "event" in line:
                        self._unheard.discard(request)
                        yield (event := EVENT.validate_python(line["event"]))
                        if isinstance(event, _LAST):
                            return
        except UserError as error:
            for event in _failed(error, request.track):
                yield event
        finally:
            self._unheard.discard(request)


def _named(attachment: Attachment, name: str, ahead: Mapping[str, str]) -> dict[str, str]:
    content = {"upload": name} if name in ahead else {"text": attachment.text}
    return {"source": attachment.source, **content}


def _numbered(track: Track, *, event: Any, key: str = "") -> Numbered:
    position = track.position
    return Numbered.model_validate(
        {"epoch": position["epoch"], "number": position["number"], "key": key, "event": event}
    )


def _failed(error: UserError, track: Track) -> tuple[Event, Event]:
    return (
        Failure(message=str(error), hint=error.hint, exit_code=error.exit_code),
        TurnFinished(turn=max(1, track.position["turn"]), stop_reason="error"),
    )
