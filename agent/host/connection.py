"""One face's connection: greeting, requests side by side, lines out in order of each request."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from agent.errors import UserError
from agent.host.call import Call
from agent.host.desk import STILL_ANSWERED, Desk
from agent.host.face import Face
from agent.host.gate import Gate
from agent.host.origin import Origin
from agent.wire.frames import WireError, decode, encode

log = logging.getLogger(__name__)

_GREETING = 30.0
"""Seconds for a face to say who it is."""
_UPLOADS = 80 * 1024 * 1024
"""Characters that a face may have sent ahead."""


class Connection:
    """Serves one face until it leaves."""

    def __init__(self, gate: Gate, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._gate = gate
        self._desk = desk
        self._reader = reader
        self._writer = writer
        self._face: Face
        self._calls: dict[int, tuple[Call, asyncio.Task[None]]] = {}
        self._endings: set[asyncio.Task[None]] = set()
        self._uploads: dict[str, list[str]] = {}
        self._room = _UPLOADS

    async def serve(self) -> None:
        """To the end of the connection."""
        try:
            if await self._greet():
                self._desk.pulse.entered()
                try:
                    while line := await self._line():
                        self._take(line)
                finally:
                    self._desk.pulse.left()
        except ConnectionError as error:
            log.info("connection ended: %s", error)
        except (WireError, asyncio.LimitOverrunError, TimeoutError, ValueError) as error:
            log.warning("connection ended: %s", error)
        finally:
            tasks = [task for _, task in self._calls.values()]
            for task in tasks:
                task.cancel()
            self._writer.close()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(OSError):
                await self._writer.wait_closed()

    async def _greet(self) -> bool:
        async with asyncio.timeout(_GREETING):
            greeting = await self._line()
        if greeting is None or not self._gate.admits(greeting) or self._gate.gives_way(greeting):
            return False
        if fault := self._gate.misfit(greeting):
            await self._send({"error": _shown(fault)})
            return False
        self._face = self._desk.face(str(greeting.get("face", "")), Origin.of(greeting))
        await self._send(self._gate.answer)
        return True

    async def _line(self) -> dict[str, Any] | None:
        """None at the end of the stream."""
        try:
            return decode(await self._reader.readuntil(b"\n"))
        except asyncio.IncompleteReadError:
            return None

    def _take(self, frame: dict[str, Any]) -> None:
        params: dict[str, Any] = frame.get("params") or {}
        match frame.get("method"):
            case "upload":
                self._keep(str(params["name"]), str(params["text"]))
            case "leave":
                if found := self._calls.get(params.get("request", 0)):
                    found[1].cancel()
            case "cancel":
                if found := self._calls.get(params.get("request", 0)):
                    self._cancel(*found)
            case method if self._desk.leaving and method not in STILL_ANSWERED:
                # Without an answer the face asks again, and by then somebody else.
                raise ConnectionAbortedError("the process is leaving")
            case method:
                call = Call(int(frame["id"]), params, self._face, self._write, self._uploaded)
                task = asyncio.create_task(self._answer(call, str(method)), name=f"request {call.number}")
                self._calls[call.number] = (call, task)
                task.add_done_callback(lambda _: self._calls.pop(call.number, None))

    def _cancel(self, call: Call, task: "asyncio.Task[None]") -> None:
        """End the turn that the request began, or the wait for it."""
        call.cancelled = True
        if call.drive is None:
            return
        if call.drive.task is None:
            task.cancel()
            return
        ending = asyncio.create_task(call.drive.turns.cancel())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    def _keep(self, name: str, text: str) -> None:
        self._room -= len(text)
        if self._room < 0:
            raise WireError("too much was uploaded")
        self._uploads.setdefault(name, []).append(text)

    def _uploaded(self, name: str) -> str:
        """What came in pieces; taken once."""
        text = "".join(self._uploads.pop(name, ()))
        self._room += len(text)
        return text

    async def _answer(self, call: Call, method: str) -> None:
        try:
            answer = {"result": await self._desk.answer(method, call)}
        except UserError as error:
            answer = {"error": _shown(error)}
        except asyncio.CancelledError:
            if self._desk.leaving:
                self._writer.transport.abort()
                return
            answer = {"result": None}
        except ConnectionError:
            return
        except Exception as bug:
            log.exception("%s failed", method)
            fault = UserError(
                f"모두의 잘못으로 멈췄습니다: {type(bug).__name__}: {bug}", hint="modu daemon logs 로 기록을 보세요."
            )
            answer = {"error": _shown(fault)}
        with suppress(ConnectionError):
            await self._send({"id": call.number, **answer})

    async def _send(self, frame: Mapping[str, Any]) -> None:
        await self._write(encode(frame))

    async def _write(self, line: bytes) -> None:
        """Waits while the other side does not take it: its reader falls behind, and nobody else."""
        self._writer.write(line)
        await self._writer.drain()


def _shown(error: UserError) -> dict[str, Any]:
    return {
        "kind": type(error).__name__,
        "message": str(error),
        "hint": error.hint,
        "exit_code": error.exit_code,
    }
