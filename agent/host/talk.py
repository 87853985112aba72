"""The requests that run turns: say, send, resume, follow."""

import asyncio
import re
from contextlib import aclosing

from pydantic import TypeAdapter

from agent.contract import DECISION, Attachment, Decision, Position, QuestionAnswered, RequestOptions, TurnContinued
from agent.errors import UsageError
from agent.events import QuestionAsked, TurnFinished
from agent.host.call import Call
from agent.session.answer_schema import request_options
from agent.session.drive import Drive
from agent.session.local import ANSWERED, WAITS, LocalSession
from agent.session.room import Room

_KEY = re.compile(r"[0-9a-f]{16,64}")
_ATTACHMENTS: TypeAdapter[list[Attachment]] = TypeAdapter(list[Attachment])


def named(call: Call) -> str:
    """The session that the request names. A new one is named after the request, so that asking again opens it again."""
    key = call.text("key")
    return call.text("session") or (f"s_{key[:10]}" if _KEY.fullmatch(key) else "")


async def opened(call: Call) -> LocalSession:
    assistant = await call.face.assistant()
    if call.text("session") or not named(call):
        return await assistant.open(call.text("session") or None)
    return await assistant.open_named(named(call))


async def say(call: Call) -> None:
    """What the user says next: the answer if the session waits for one, else a request; nothing: go on."""
    session = await opened(call)
    options, text = _options(call), call.text("text")
    if not text and not call.params.get("attachments"):
        _need_no_request(options)
        await _resume(call, session, TurnContinued())
        return
    if not await _joined(call, session):
        ledger = session.room.ledger
        parked = None if session.room.running else ledger.parked_on(ledger.turn)
        if parked and isinstance(parked.request, QuestionAsked) and not call.params.get("attachments"):
            _need_no_request(options)
            answer = QuestionAnswered(text=text, asked=parked.call_ids)
            await _resume(call, session, answer)
            return
        await _send(call, session, options)


async def send(call: Call) -> None:
    """Run one turn."""
    session = await opened(call)
    options = _options(call)
    if not await _joined(call, session):
        await _send(call, session, options)


async def resume(call: Call) -> None:
    """Go on with a parked or interrupted turn."""
    await _resume(call, await opened(call), DECISION.validate_python(call.params["decision"]))


async def follow(call: Call) -> None:
    """History, then live, until the face leaves."""
    session = await opened(call)
    position = _position(call)
    reader = session.reader(position)
    call.follows = session.room
    await call.begin(session.id, reader.place)
    with session.room.attended():
        watching = asyncio.create_task(session.watch_others())
        try:
            async with aclosing(reader.batches()) as batches:
                async for batch in batches:
                    await call.tell(batch, reader.place)
        finally:
            watching.cancel()


async def _send(call: Call, session: LocalSession, options: RequestOptions) -> None:
    room = session.room
    if session.must_wait:
        await call.begin(session.id, (room.log.epoch, room.log.last))
        await call.aside(WAITS, (room.log.epoch, room.log.last))
    call.drive = drive = session.sending(call.text("text"), _attachments(call), options, call.text("key"))
    try:
        await room.begin(drive)
    except asyncio.CancelledError:
        if drive.task or not call.cancelled:
            raise
        # It still waited for the turn of another face.
        ended = TurnFinished(turn=max(1, room.ledger.turn), stop_reason="cancelled")
        await call.aside(ended, (room.log.epoch, room.log.last))
        return
    await _tell(call, session, drive, _start(room, drive), 0)


async def _resume(call: Call, session: LocalSession, decision: Decision) -> None:
    room, position = session.room, _position(call)
    await room.ledger.refresh()
    turn, here = room.ledger.turn, (room.log.epoch, room.log.last)
    if position and position.turn != turn:
        position = None
    # Given again after a crash, an answer was taken before it.
    again = position is not None and position.epoch != room.log.epoch
    if drive := room.running:
        if not again and not isinstance(decision, TurnContinued):
            await call.begin(session.id, here)
            await call.aside(ANSWERED, here)
    elif late := session.too_late(decision):
        if not again:
            await call.begin(session.id, here)
            for event in late:
                await call.aside(event, here)
            return
    else:
        call.drive = drive = session.resuming(decision)
        await room.begin(drive)
    await _tell(call, session, drive, position or _start(room, drive), turn)


async def _joined(call: Call, session: LocalSession) -> bool:
    """A request that has already begun its turn, perhaps before a crash, sees the rest of it."""
    room, key, position = session.room, call.text("key"), _position(call)
    if drive := room.known(key):
        await drive.started.wait()
        start = _start(room, drive)
        within = position and position.epoch == room.log.epoch and position.number > drive.before
        await _tell(call, session, drive, position if within else start, drive.turn)
        return True
    await room.ledger.refresh()
    turn = room.ledger.turn_of(key) if key else None
    if turn is None:
        return False
    ledger, drive = room.ledger, room.running
    if turn == ledger.turn and not drive and not ledger.ended(turn) and not ledger.parked_on(turn):
        call.drive = drive = session.resuming(TurnContinued())
        await room.begin(drive)
    knows = position is not None and position.turn == turn
    rest = drive if turn == ledger.turn else None
    await _tell(call, session, rest, position if knows else Position(turn=turn), turn)
    return True


def _start(room: Room, drive: Drive | None) -> Position:
    return Position(epoch=room.log.epoch, number=drive.before if drive else room.log.last)


async def _tell(call: Call, session: LocalSession, drive: Drive | None, position: Position | None, turn: int) -> None:
    call.drive = drive
    reader = session.reader(position)
    await call.begin(session.id, reader.place)
    async with aclosing(session.room.told(reader, drive, turn)) as batches:
        async for batch in batches:
            await call.tell(batch, reader.place)


def _position(call: Call) -> Position | None:
    given = call.params.get("position")
    return Position.model_validate(given) if given else None


def _attachments(call: Call) -> list[Attachment]:
    given = [
        one if "upload" not in one else {"source": one["source"], "text": call.uploaded(str(one["upload"]))}
        for one in call.params.get("attachments") or ()
    ]
    return _ATTACHMENTS.validate_python(given)


def _options(call: Call) -> RequestOptions:
    """Raises `UsageError` for what cannot be meant."""
    return request_options(call.params.get("options") or {}, call.params.get("schema"))


def _need_no_request(options: RequestOptions) -> None:
    """A turn goes on as it began; a wish that would be dropped in silence is refused."""
    if options.private or options.thinking is not None:
        raise UsageError(
            "하던 일을 이어 갈 때는 --private 와 --thinking 을 바꿀 수 없습니다.",
            hint="두 옵션 없이 이어 가거나, 새 요청으로 보내세요.",
        )
