"""A resident process that says what a test tells it to, on the socket where the faces of a home look for it."""

import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.wire.frames import PROTOCOL, decode, encode
from agent.wire.home import DaemonFolder

GREETED = {"modu": PROTOCOL, "build": "test", "pid": 4321, "started": 1_795_000_000}
Frame = dict[str, Any]


class Peer:
    """One connection of a face."""

    def __init__(self, number: int, made: socket.socket, heard: list[Frame]) -> None:
        self.number = number
        """From 1."""
        self._socket = made
        self._heard = heard
        self._rest = b""

    def read(self) -> Frame | None:
        """The next frame; None when the face has left."""
        while b"\n" not in self._rest:
            try:
                piece = self._socket.recv(1 << 20)
            except ConnectionError:
                return None
            if not piece:
                return None
            self._rest += piece
        line, self._rest = self._rest.split(b"\n", 1)
        self._heard.append(decode(line))
        return self._heard[-1]

    def wait_for(self, method: str) -> Frame:
        while frame := self.read():
            if frame.get("method") == method:
                return frame
        raise EOFError(method)

    def greet(self) -> None:
        self.read()
        self.write(GREETED)

    def write(self, *frames: Frame) -> None:
        self.raw(b"".join(map(encode, frames)))

    def raw(self, data: bytes) -> None:
        with suppress(ConnectionError):
            self._socket.sendall(data)

    def say(self, request: Frame, *events: Frame, session: str = "s_1", epoch: str = "e1", first: int = 1) -> None:
        """The stream of a turn from its beginning, but for its end."""
        number = request["id"]
        begun = {"id": number, "n": first - 1, "epoch": epoch, "session": session}
        self.write(begun, *({"id": number, "n": n, "event": event} for n, event in enumerate(events, first)))


Script = Callable[[Peer], None]


class ScriptedWire:
    """Plays the script once for each connection, and hangs up after it."""

    def __init__(self, home: Path, script: Script) -> None:
        folder = DaemonFolder(home)
        folder.make()
        self.heard: list[Frame] = []
        """All that faces said."""
        self._script = script
        self.socket = folder.socket
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.socket))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def methods(self) -> list[str]:
        return [frame["method"] for frame in self.heard if "method" in frame]

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        number = 0
        with suppress(OSError):
            while True:
                made, _ = self._listening.accept()
                number += 1
                with made, suppress(EOFError):
                    self._script(Peer(number, made, self.heard))


def answering(*events: Frame, result: Any = None) -> Script:
    """Every request is answered by these events and this result."""

    def play(peer: Peer) -> None:
        peer.greet()
        while frame := peer.read():
            if "id" in frame:
                peer.say(frame, *events)
                peer.write({"id": frame["id"], "result": result})

    return play


def turn(text: str, reason: str = "done") -> Sequence[Frame]:
    """The events of a turn that only talks, with every field, in the order of `agent.events`."""
    return (
        {"type": "turn_started", "session": "s_1", "turn": 1, "text": "안녕"},
        {"type": "text_delta", "text": text},
        {
            "type": "usage",
            "model": "scripted",
            "input_tokens": 3,
            "output_tokens": 2,
            "cached_tokens": 1,
            "reasoning_tokens": 0,
        },
        {"type": "turn_finished", "turn": 1, "stop_reason": reason, "text": text, "model": "scripted", "data": None},
    )
