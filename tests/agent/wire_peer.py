"""The other end of the wire, scripted: answers requests as a test says, and notes every frame it gets."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.events import Event
from agent.wire.frames import MAX_LINE
from agent.wire.launching import Unreachable

Frame = dict[str, Any]
GREETING: Frame = {"modu": 1, "build": "test", "cwd": "/", "options": {}, "env": {}}


def numbered(number: int, event: Event, key: str = "") -> Frame:
    """A line of a stream."""
    line: Frame = {"n": number, "event": event.model_dump(mode="json")}
    return line | ({"k": key} if key else {})


class Talk:
    """One request on its connection."""

    def __init__(self, peer: "WirePeer", writer: asyncio.StreamWriter, frame: Frame) -> None:
        self.peer = peer
        self.id: int = frame["id"]
        self.method: str = frame["method"]
        self.params: Frame = frame["params"]
        self._writer = writer

    async def say(self, *lines: Frame) -> None:
        """Write lines of the answer; waits as long as nobody reads them."""
        for line in lines:
            await self.peer.write(self._writer, {"id": self.id, **line})

    async def write(self, data: bytes) -> None:
        """Write anything."""
        self._writer.write(data)
        await self._writer.drain()

    def hang_up(self) -> None:
        """The connection is lost."""
        self._writer.transport.abort()


Script = Callable[[Talk], Awaitable[None]]


class WirePeer:
    """Listens at a path. A request is answered by the script of its method."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scripts: dict[str, Script] = {}
        self.frames: list[Frame] = []
        """What was said to it, without greetings."""
        self.greetings: list[Frame] = []
        self.greeting_answers: list[Frame | None] = []
        """The next answers to a greeting that are not a welcome; None hangs up."""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._answering: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.path, limit=MAX_LINE)

    async def stop(self) -> None:
        """As a process that is killed."""
        if self._server:
            self._server.close()
        for task in self._answering:
            task.cancel()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def dial(self) -> tuple[socket.socket, Frame]:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.connect(str(self.path))
        except OSError as error:
            made.close()
            raise Unreachable("꺼져 있습니다.") from error
        return made, {}

    def asked(self, method: str) -> list[Frame]:
        """The params of all requests of a method."""
        return [frame["params"] for frame in self.frames if frame["method"] == method]

    async def write(self, writer: asyncio.StreamWriter, frame: Frame) -> None:
        writer.write(json.dumps(frame).encode() + b"\n")
        await writer.drain()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with suppress(OSError):
                self.greetings.append(json.loads(await reader.readline()))
                answer = self.greeting_answers.pop(0) if self.greeting_answers else {"modu": 1, "build": "test"}
                if answer is not None:
                    await self.write(writer, answer)
                    while line := await reader.readline():
                        self._take(json.loads(line), writer)
        finally:
            self._writers.discard(writer)
            writer.close()

    def _take(self, frame: Frame, writer: asyncio.StreamWriter) -> None:
        self.frames.append(frame)
        if script := self.scripts.get(frame["method"]):
            task = asyncio.create_task(self._answer(script, Talk(self, writer, frame)))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, script: Script, talk: Talk) -> None:
        with suppress(OSError):
            await script(talk)
