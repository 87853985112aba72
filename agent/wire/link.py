"""A face's end of the wire, without an event loop: requests out, lines in, and the way back after a lost connection."""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from agent import errors
from agent.errors import UserError
from agent.wire.frames import MAX_LINE, PIECE, WireError, decode, encode
from agent.wire.track import Track

Dial = Callable[[], tuple[socket.socket, dict[str, Any]]]
"""Connects, starting the process if it does not run; with what the greeting must say besides. Raises `UserError`."""
_TRIES = 5
"""Lost connections in a row without a line in between that are borne."""
_READ = 65_536


class Lost(Exception):
    """The connection is gone."""


class _Fault(UserError):
    """An error of the other side, with the exit code it named."""


def raised(error: Mapping[str, Any]) -> UserError:
    """The exception that an error frame stands for."""
    kind = getattr(errors, str(error.get("kind")), None)
    known = isinstance(kind, type) and issubclass(kind, UserError)
    fault: UserError = (kind if known else _Fault)(str(error.get("message", "")), hint=str(error.get("hint", "")))
    fault.exit_code = int(error.get("exit_code", fault.exit_code))
    return fault


class Link:
    """One connection at a time; requests are made one after another."""

    def __init__(self, dial: Dial, greeting: dict[str, Any]) -> None:
        self._dial = dial
        self._greeting = greeting
        self._socket: socket.socket | None = None
        self._rest = bytearray()
        self._ids = 0
        self._current = 0
        self._lines = 0
        self._sending = False
        self._late: list[bytes] = []
        """What a signal handler wanted to send while something else was being sent."""

    def call(self, method: str, **params: Any) -> Any:
        """Ask and wait for the one answer. Asked again after a lost connection: only for what may be done twice."""
        *_, result = [None, *self._exchange(method, lambda: params, ())]
        return result

    def stream(self, method: str, uploads: Sequence[tuple[str, str]] = (), **params: Any) -> Iterator[dict[str, Any]]:
        """The lines of a stream; what was lost with a connection comes again, what has come does not."""
        track = Track()

        def asked() -> dict[str, Any]:
            return params | {"position": track.position} if track.begun else params

        for line in self._exchange(method, asked, uploads):
            if isinstance(line, dict) and "n" in line:
                track.take(line)
                yield line
            elif isinstance(line, dict) and "line" in line:
                yield line

    def cancel(self) -> None:
        """End the turn of the running request. May be called by a signal handler."""
        self._tell({"method": "cancel", "params": {"request": self._current}})

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def _exchange(
        self, method: str, asked: Callable[[], Mapping[str, Any]], uploads: Sequence[tuple[str, str]]
    ) -> Iterator[Any]:
        tries = 0
        while True:
            before = self._lines
            try:
                yield from self._once(method, asked(), uploads)
            except (Lost, OSError) as error:
                self.close()
                tries = 1 if self._lines > before else tries + 1
                if tries > _TRIES:
                    raise UserError(
                        "상주 프로세스와 연결이 자꾸 끊깁니다.", hint="modu daemon logs 로 까닭을 보세요."
                    ) from error
            else:
                return

    def _once(self, method: str, params: Mapping[str, Any], uploads: Sequence[tuple[str, str]]) -> Iterator[Any]:
        self._ids += 1
        number = self._current = self._ids
        greets = self._socket is None
        if greets:
            self._rest = bytearray()
            self._socket, extra = self._dial()
            self._send(encode(self._greeting | extra))
        for name, text in uploads:
            for start in range(0, len(text), PIECE):
                self._send(encode({"method": "upload", "params": {"name": name, "text": text[start : start + PIECE]}}))
        self._send(encode({"id": number, "method": method, "params": params}))
        if greets and "error" in (answer := self._line()):
            self.close()
            raise raised(answer["error"])
        while True:
            line = self._line()
            if line.get("id") != number:
                continue
            if "error" in line:
                raise raised(line["error"])
            if "result" in line:
                yield line["result"]
                return
            yield line

    def _line(self) -> dict[str, Any]:
        """Raises `Lost`, and `WireError` for what is no frame."""
        while (end := self._rest.find(b"\n")) < 0:
            if self._socket is None or not (piece := self._socket.recv(_READ)):
                raise Lost
            self._rest += piece
            if len(self._rest) > MAX_LINE + _READ:
                raise WireError("a line is too long")
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        self._lines += 1
        return decode(line)

    def _send(self, data: bytes) -> None:
        if self._socket is None:
            raise Lost
        self._sending = True
        try:
            self._socket.sendall(data)
        finally:
            self._sending = False
        while self._late and not self._sending:
            self._send(self._late.pop())

    def _tell(self, frame: Mapping[str, Any]) -> None:
        if self._socket is None:
            return
        if self._sending:
            self._late.append(encode(frame))
            return
        self._send(encode(frame))
