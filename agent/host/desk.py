"""Answers requests, by a table of methods, with the sessions of one home."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.errors import UsageError, UserError
from agent.host import talk
from agent.host.call import Call
from agent.host.face import Face
from agent.host.notes import Note, left
from agent.host.origin import Origin
from agent.host.pulse import Pulse
from agent.session.audience import watch
from agent.session.log import Entry
from agent.session.rooms import Rooms
from agent.session.stock import Stock
from agent.wire.home import DaemonFolder

log = logging.getLogger(__name__)

Method = Callable[[Call], Awaitable[Any]]
_GLANCE = 0.5
"""Seconds between two looks whether an older build has ended a turn."""
_PATIENCE = 660.0
"""Seconds; an older build of this process may still be at a turn, and is given ten minutes for it."""
_STREAMS = {"session.say", "session.send", "session.resume", "session.follow"}
STILL_ANSWERED = {"session.cancel", "session.answer_now", "daemon.status", "daemon.stop"}
"""By a process that is leaving."""
_FACES = 64
"""Faces that are remembered between their connections."""


class Desk:
    """One a process."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.stock = Stock(patience=_PATIENCE)
        self.rooms = Rooms()
        own = Face(Origin(cwd=str(home), env=dict(os.environ)), home, self.stock, self.rooms)
        self.reminders = watch(own.settings, self.stock, self.rooms, self._environments)
        self.pulse = Pulse(self.stock, self.rooms, self.reminders)
        self.leaving = False
        self._taken_up: dict[str, asyncio.Event] = {}
        self._recovering: list[asyncio.Task[None]] = []
        self._calls: dict[Call, asyncio.Task[Any] | None] = {}
        self._faces: dict[str, Face] = {}
        self.on_stop: Callable[[float], None] = lambda _patience: None
        self._methods: dict[str, Method] = {
            "assistant.open": self._open,
            "assistant.sessions": self._sessions,
            "assistant.delete": self._delete,
            "assistant.engine": self._engine,
            "session.say": talk.say,
            "session.send": talk.send,
            "session.resume": talk.resume,
            "session.follow": talk.follow,
            "session.history": self._history,
            "session.cancel": self._cancel,
            "session.answer_now": self._answer_now,
            "session.pin": self._pin,
            "session.context": self._context,
            "report.doctor": self._doctor,
            "report.models": self._models,
            "daemon.status": self._status,
            "daemon.stop": self._stop,
        }

    def face(self, name: str, origin: Origin) -> Face:
        """The same for every connection of one face."""
        face = self._faces.pop(name, None)
        if face is None or face.origin != origin:
            face = Face(origin, self.home, self.stock, self.rooms)
        if name:
            self._faces[name] = face
            if len(self._faces) > _FACES:
                del self._faces[next(iter(self._faces))]
        return face

    def _environments(self) -> Iterator[Mapping[str, str]]:
        yield from (face.origin.env for face in reversed(self._faces.values()))
        yield os.environ

    async def answer(self, method: str, call: Call) -> Any:
        """The result. Raises `UserError`."""
        if method not in self._methods:
            raise UsageError(f"모르는 요청입니다: {method}", hint="창과 상주 프로세스의 판이 다르면 다시 시작하세요.")
        await self.taken_up(talk.named(call))
        if method not in _STREAMS:
            return await self._methods[method](call)
        task = asyncio.current_task()
        self._calls[call] = task
        try:
            return await self._methods[method](call)
        finally:
            del self._calls[call]

    @property
    def busy(self) -> bool:
        """A turn runs, or a request is about to begin one."""
        return bool(self.rooms.running) or any(not (call.drive or call.follows) for call in self._calls)

    def leave(self) -> None:
        """Begin no more turns. Who waits for one asks again, somewhere else, and so does who follows what has ended."""
        self.leaving = True
        for call, task in self._calls.items():
            waits = call.drive and call.drive.task is None
            ended = call.follows and not call.follows.busy
            if task and (waits or ended):
                task.cancel()

    def recover(self) -> None:
        """Begin to go on with the turns that a crash cut."""
        for session_id, note in left(DaemonFolder(self.home).turns).items():
            self._taken_up[session_id] = asyncio.Event()
            self._recovering.append(asyncio.create_task(self._go_on(session_id, note)))

    async def taken_up(self, session_id: str) -> None:
        """Returns when a turn of the session that a crash cut is on its way again, so that nobody overtakes it."""
        if waiting := self._taken_up.get(session_id):
            await waiting.wait()

    async def _go_on(self, session_id: str, note: Note) -> None:
        origin = note.origin.on(os.environ)
        face = Face(origin, self.home, self.stock, self.rooms, note.tries + 1)
        try:
            session = await (await face.assistant()).open(session_id)
            while not session.free:
                # An older build of this process is still at it.
                self._taken_up[session_id].set()
                await asyncio.sleep(_GLANCE)
            await session.room.ledger.refresh()
            beginning = asyncio.create_task(session.room.begin(session.recovering()))
            # By then it has its place in the order of the room.
            await asyncio.sleep(0)
        except UserError as error:
            log.warning("%s: %s", session_id, error)
            return
        finally:
            self._taken_up[session_id].set()
        await beginning

    async def close(self) -> None:
        """Turns that run are cancelled."""
        await self.reminders.close()
        for task in self._recovering:
            task.cancel()
        await asyncio.gather(*self._recovering, return_exceptions=True)
        await self.rooms.close()
        await self.stock.close()

    async def _open(self, call: Call) -> dict[str, str]:
        return {"session": (await talk.opened(call)).id}

    async def _sessions(self, call: Call) -> list[dict[str, Any]]:
        found = await (await call.face.assistant()).sessions(int(call.params.get("limit", 50)))
        return [one.model_dump(mode="json") for one in found]

    async def _delete(self, call: Call) -> None:
        await (await call.face.assistant()).delete(call.text("session"))

    async def _engine(self, call: Call) -> dict[str, Any]:
        return (await (await call.face.assistant()).engine()).model_dump(mode="json")

    async def _history(self, call: Call) -> None:
        session = await talk.opened(call)
        await call.begin(session.id, ("", 0))
        for event in await session.history():
            await call.tell([Entry(event, "")], ("", 0))

    async def _cancel(self, call: Call) -> None:
        if room := self.rooms.get(call.text("session")):
            await room.stop()

    async def _answer_now(self, call: Call) -> None:
        (await talk.opened(call)).answer_now()

    async def _pin(self, call: Call) -> None:
        await (await talk.opened(call)).pin(call.text("text"))

    async def _context(self, call: Call) -> dict[str, Any]:
        return (await (await talk.opened(call)).context()).model_dump(mode="json")

    async def _doctor(self, call: Call) -> dict[str, int]:
        from agent.host.checkup import Checkup

        checkup = Checkup(call.face.settings)
        async for line in checkup.lines():
            await call.line(line)
        return {"exit_code": checkup.exit_code}

    async def _models(self, call: Call) -> dict[str, int]:
        from agent.host.models import models

        async for line in models(call.face.settings(), call.params.get("width")):
            await call.line(line)
        return {"exit_code": 0}

    async def _status(self, _call: Call) -> dict[str, Any]:
        return await self.pulse.status()

    async def _stop(self, call: Call) -> None:
        self.on_stop(float(call.params.get("patience", 10)))
