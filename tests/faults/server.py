"""A model server over raw sockets, so that an answer can stop, break or come in any pieces at any byte."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.faults.conversation import Post, Task
from tests.faults.strict import Strict

KEY = "sk-faults-0123456789abcdef"
"""What every request must carry and nobody may ever see."""
MODEL = "faulty-7b"
LISTED = {"id": MODEL, "object": "model", "owned_by": "us"}
Ending = Literal["keep", "close", "reset", "hang"]


class Connection:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer
        self.complaints: list[str] = []
        """Of whoever answers, about the client."""
        self.kept = True
        """Whether the next request may come over it."""

    async def send(self, *pieces: bytes) -> None:
        """Each piece leaves as a packet of its own. Raises `ConnectionError` once the client has gone."""
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            # The client runs in this very loop: it reads what has come before the next piece is written.
            await asyncio.sleep(0)
            if self.reader.at_eof():
                raise ConnectionResetError

    async def end(self, how: Ending) -> None:
        self.kept = how == "keep"
        if how == "hang":
            await self.reader.read()
        if how == "reset":
            sock: socket.socket = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()


Do = Callable[[Connection], Awaitable[None]]
"""What is done with the connection once the request has been read."""
Script = Callable[[Post], Do]


def sends(*pieces: bytes, ends: Ending = "keep") -> Do:
    """These very bytes."""

    async def do(connection: Connection) -> None:
        await connection.send(*pieces)
        await connection.end(ends)

    return do


@dataclass
class FaultServer:
    """Listens on a port of its own. `complaints` holds what a strict server would have refused."""

    script: Script
    task: Task
    strict: Strict
    listed: dict[str, Any] = field(default_factory=dict)
    """What `/v1/models` says of the model beside its id."""
    models: Do | None = None
    """What it does instead."""
    posts: list[Post] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _serving: set["asyncio.Task[Any]"] = field(default_factory=set)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def listen(self) -> None:
        """Again on the same port, if it has listened before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 24)
        self.port = self._server.sockets[0].getsockname()[1]

    async def deafen(self) -> None:
        """Whoever connects is refused from now on; open connections are cut."""
        if self._server:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        connection = Connection(reader, writer)
        try:
            while connection.kept:
                await self._one(connection)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.complaints += connection.complaints
            self._serving.discard(task)
            connection.close()

    async def _one(self, connection: Connection) -> None:
        head = (await connection.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        raw = await connection.reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = request.split(" ")
        await self._act(method, path, headers, raw)(connection)

    def _act(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Do:
        if (method, path) == ("GET", "/v1/models"):
            return self.models or answers({"object": "list", "data": [LISTED | self.listed]})
        if (method, path) != ("POST", "/v1/chat/completions"):
            return answers({"detail": "Not Found"}, status="404 Not Found")
        if headers.get("authorization") != f"Bearer {KEY}":
            self.complaints.append("the key is missing")
        body, complaints = self.strict.read(raw)
        post = self.task.post(body, self.posts, asyncio.get_running_loop().time())
        self.complaints += [f"request {len(self.posts) + 1} ({post.stage}): {one}" for one in complaints]
        self.posts.append(post)
        return self.script(post)


def answers(value: Any, *, status: str = "200 OK", headers: str = "") -> Do:
    """A whole JSON answer."""
    body = json.dumps(value, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return sends(head.encode(), body)
