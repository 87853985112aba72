"""A greeted connection to the resident process, for one request at a time."""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Self

from agent.errors import UsageError
from agent.wire.frames import MAX_LINE, PIECE, PROTOCOL, WireError, decode, encode
from agent.wire.link import Lost, raised

_READ = 65_536
"""Bytes at a time. asyncio reads at most twice as much ahead of a slow reader, then the sender has to wait."""
_GREETING_PATIENCE = 30.0
"""Seconds: the process answers before it loads anything, but the machine may be busy."""


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = bytearray()
        self._request = 0

    @classmethod
    async def open(cls, made: socket.socket, greeting: Mapping[str, Any]) -> Self:
        """Raises `Lost` if the process is just leaving, and `UserError` if it refuses."""
        made.setblocking(False)
        connection = cls(*await asyncio.open_connection(sock=made, limit=_READ))
        try:
            await connection._greet(greeting)
        except BaseException:
            connection.close()
            raise
        return connection

    async def ask(self, method: str, params: Mapping[str, Any], uploads: Sequence[tuple[str, str]] = ()) -> None:
        """Send a request, behind the texts that it names."""
        self._request += 1
        for name, text in uploads:
            for start in range(0, len(text), PIECE):
                await self._send({"method": "upload", "params": {"name": name, "text": text[start : start + PIECE]}})
        await self._send({"id": self._request, "method": method, "params": params})

    async def answer(self) -> dict[str, Any]:
        """The next line of the answer. Raises `Lost`, and the `UserError` it tells."""
        while (line := await self._line()).get("id") != self._request:
            pass
        if "error" in line:
            raise raised(line["error"])
        return line

    def tell(self, method: str) -> None:
        """`leave` or `cancel` the request that was asked."""
        if self.usable:
            self._writer.write(encode({"method": method, "params": {"request": self._request}}))

    @property
    def usable(self) -> bool:
        return not self._reader.at_eof() and not self._writer.is_closing()

    def close(self) -> None:
        """What was written is still sent."""
        self._writer.close()

    async def _greet(self, greeting: Mapping[str, Any]) -> None:
        await self._send(greeting)
        try:
            async with asyncio.timeout(_GREETING_PATIENCE):
                answer = await self._line()
        except (TimeoutError, ConnectionError) as error:
            raise Lost from error
        if "error" in answer:
            raise raised(answer["error"])
        if answer.get("modu") != PROTOCOL:
            raise WireError("another version of the protocol")

    async def _send(self, frame: Mapping[str, Any]) -> None:
        data = encode(frame)
        if len(data) > MAX_LINE:
            raise UsageError("요청이 너무 깁니다.", hint="긴 글은 파일로 두고 읽어 달라고 하세요.")
        self._writer.write(data)
        await self._writer.drain()

    async def _line(self) -> dict[str, Any]:
        """Raises `Lost`, and `WireError` for what is no frame."""
        searched = 0
        while (end := self._rest.find(b"\n", searched)) < 0:
            searched = len(self._rest)
            if searched > MAX_LINE:
                raise WireError("a line is too long")
            if not (piece := await self._reader.read(_READ)):
                raise Lost
            self._rest += piece
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        return decode(line)
