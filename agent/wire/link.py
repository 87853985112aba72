"""A face's end of the wire, without an event loop: requests out, lines in, and the way back after a lost connection."""

import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from agent import errors
from agent.errors import UsageError, UserError
from agent.wire.frames import MAX_LINE, PIECE, PROTOCOL, WireError, decode, encode
from agent.wire.track import Track

Dial = Callable[[], tuple[socket.socket, dict[str, Any]]]
"""Connects, starting the process if it does not run; with what the greeting must say besides. Raises `UserError`."""
_LOSSES = 5
"""Lost connections that are borne without getting any further in between."""
_PAUSE = 0.02
"""Seconds before the connection is made again, doubled with every loss."""
_READ = 65_536


class Lost(Exception):
    """The connection is gone."""


def raised(error: object) -> UserError:
    """The exception that an error frame stands for."""
    told = error if isinstance(error, Mapping) else {}
    kind = getattr(errors, str(told.get("kind")), None)
    known = kind if isinstance(kind, type) and issubclass(kind, UserError) else UserError
    fault = known(str(told.get("message", "")), hint=str(told.get("hint", "")))
    code = told.get("exit_code")
    fault.exit_code = code if isinstance(code, int) else known.exit_code
    return fault


class Link:
    """One connection at a time; requests are made one after another."""

    def __init__(self, dial: Dial, greeting: Mapping[str, Any], patience: float = 30.0) -> None:
        """A process that is well answers the greeting within `patience` seconds: before it loads anything."""
        self.peer: dict[str, Any] = {}
        """What the other side said of itself when it was greeted: `build`, `pid`, `started`."""
        self._dial = dial
        self._greeting = greeting
        self._patience = patience
        self._socket: socket.socket | None = None
        self._rest = bytearray()
        self._number = 0
        self._losses = 0
        self._sent = False
        self._cancelled = False
        self._asking = False

    @property
    def asking(self) -> bool:
        """A request is on its way or being answered, so that `cancel` means something."""
        return self._asking

    def greet(self) -> None:
        """Connect now rather than with the first request. Raises `UserError`."""
        for _ in self._persistently(self._greeted):
            pass

    def call(self, method: str, **params: Any) -> Any:
        """Ask and wait for the one answer. Asked again after a lost connection: only for what may be done twice."""
        *_, last = self._exchange(method, lambda: params)
        return last["result"]

    def report(self, method: str, show: Callable[[str], None], **params: Any) -> Any:
        """Show the lines of a report as they come, each once; its result."""
        shown = came = 0

        def from_its_start() -> Mapping[str, Any]:
            nonlocal came
            came = 0
            return params

        last: dict[str, Any] = {}
        for last in self._exchange(method, from_its_start):
            came += 1
            if came > shown and "line" in last:
                shown = came
                show(last["line"])
        return last["result"]

    def stream(
        self, method: str, uploads: Sequence[tuple[str, str]] = (), track: Track | None = None, **params: Any
    ) -> Iterator[dict[str, Any]]:
        """The lines of a stream; what was lost with a connection comes again, what has come does not.

        `track`: of the stream before, that this one goes on with.
        """
        track = track or Track()
        restarted = False
        opened: dict[str, str] = {}

        def asked() -> Mapping[str, Any]:
            # A session that was new, or the newest, has a name by now.
            return params | opened | {"position": track.position} if track.begun else params

        for line in self._exchange(method, asked, uploads):
            if "n" not in line:
                continue
            if "session" in line:
                restarted = track.begun and line.get("epoch") != track.position["epoch"]
                opened = {"session": line["session"]}
            elif line.get("k") or not restarted:
                # A process that dies of every reply says a part of it each time, and gets no further by that.
                self._losses = 0
            track.take(line)
            yield line

    def cancel(self) -> None:
        """End the turn of the running request, over whichever connection. May be called by a signal handler."""
        self._cancelled = True
        if self._sent:
            self._tell_cancelled()

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def _exchange(
        self, method: str, asked: Callable[[], Mapping[str, Any]], uploads: Sequence[tuple[str, str]] = ()
    ) -> Iterator[dict[str, Any]]:
        """The lines of the answer, the last with its result."""
        self._cancelled = False
        try:
            yield from self._persistently(lambda: self._once(method, asked(), uploads))
        finally:
            self._asking = self._sent = False

    def _persistently(self, attempt: Callable[[], Iterator[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
        self._losses = 0
        while True:
            try:
                yield from attempt()
            except (Lost, OSError) as error:
                self.close()
                self._losses += 1
                if self._losses > _LOSSES:
                    raise UserError(
                        "상주 프로세스와 연결이 자꾸 끊깁니다.", hint="modu daemon logs 로 까닭을 보세요."
                    ) from error
                time.sleep(_PAUSE * 2**self._losses)
            except WireError as error:
                self.close()
                raise UserError(
                    f"상주 프로세스의 말을 알아들을 수 없습니다: {error}",
                    hint="modu daemon restart 로 다시 시작하세요.",
                ) from error
            else:
                return

    def _once(
        self, method: str, params: Mapping[str, Any], uploads: Sequence[tuple[str, str]]
    ) -> Iterator[dict[str, Any]]:
        new = self._socket is None
        if new:
            self._connect()
        self._number += 1
        self._asking, self._sent = True, False
        # What a process said before it closed the connection can still be read.
        with suppress(OSError):
            for name, text in uploads:
                for start in range(0, len(text), PIECE):
                    piece = {"name": name, "text": text[start : start + PIECE]}
                    self._send({"method": "upload", "params": piece})
            self._send({"id": self._number, "method": method, "params": params})
        self._sent = True
        if self._cancelled:
            self._tell_cancelled()
        if new:
            self._hear()
        while True:
            line = self._line()
            if line.get("id") != self._number:
                continue
            if "error" in line:
                raise raised(line["error"])
            yield line
            if "result" in line:
                return

    def _greeted(self) -> Iterator[dict[str, Any]]:
        if self._socket is None:
            self._connect()
            self._hear()
        yield self.peer

    def _connect(self) -> None:
        """Connect and greet. The answer need not be waited for before the first request is sent."""
        self._rest.clear()
        self._socket, extra = self._dial()
        with suppress(OSError):
            self._send({**self._greeting, **extra})

    def _hear(self) -> None:
        """The answer to the greeting. Raises the `UserError` with which the process refuses."""
        if self._socket is None:
            raise Lost
        self._socket.settimeout(self._patience)
        try:
            answer = self._line()
        except TimeoutError as error:
            self.close()
            raise UserError(
                "상주 프로세스가 대답하지 않습니다.", hint="modu daemon restart 로 다시 시작하세요."
            ) from error
        self._socket.settimeout(None)
        if "error" in answer:
            self.close()
            raise raised(answer["error"])
        if answer.get("modu") != PROTOCOL:
            raise WireError("another version of the protocol")
        self.peer = answer

    def _line(self) -> dict[str, Any]:
        """Raises `Lost`, and `WireError` for what is no frame."""
        searched = 0
        while (end := self._rest.find(b"\n", searched)) < 0:
            searched = len(self._rest)
            if searched > MAX_LINE:
                raise WireError("a line is too long")
            if self._socket is None or not (piece := self._socket.recv(_READ)):
                raise Lost
            self._rest += piece
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        return decode(line)

    def _send(self, frame: Mapping[str, Any]) -> None:
        if self._socket is None:
            raise Lost
        if len(data := encode(frame)) > MAX_LINE:
            raise UsageError("요청이 너무 깁니다.", hint="긴 글은 표준 입력으로 건네세요.")
        self._socket.sendall(data)

    def _tell_cancelled(self) -> None:
        """Where the connection is lost just now, it is told again with the request."""
        with suppress(Lost, OSError):
            self._send({"method": "cancel", "params": {"request": self._number}})
