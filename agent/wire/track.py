"""How far a reader of numbered events has come, kept as `agent.contract.Position` in plain JSON."""

from collections.abc import Mapping
from typing import Any

_DELTAS = {"text_delta", "reasoning_delta"}
_WHOLE = {"usage", "reply_restarted", "turn_finished", "approval_asked", "question_asked"}
"""After these no reply is half told."""


class Track:
    """Takes the lines of a stream as they come; `position` asks for the rest of it."""

    def __init__(self) -> None:
        self._epoch = ""
        self._number = 0
        self._turn = 0
        self._keys: list[str] = []
        self._partial = False

    @classmethod
    def at(cls, position: Mapping[str, Any]) -> "Track":
        """Of a reader that has come so far."""
        track = cls()
        track._epoch, track._number, track._turn = position["epoch"], position["number"], position["turn"]
        track._keys, track._partial = list(position["keys"]), position["partial"]
        return track

    def take(self, line: Mapping[str, Any]) -> None:
        """A line with an event, or the acknowledgement that says where the stream begins."""
        self._epoch = line.get("epoch", self._epoch)
        self._number = line["n"]
        if key := line.get("k"):
            turn = int(key.partition("/")[0])
            if turn != self._turn:
                self._turn, self._keys = turn, []
            self._keys.append(key)
        kind = line.get("event", {}).get("type")
        if kind in _DELTAS:
            self._partial = True
        elif kind in _WHOLE:
            self._partial = False

    @property
    def begun(self) -> bool:
        # What was read of the history belongs to no epoch.
        return bool(self._epoch or self._turn)

    @property
    def position(self) -> dict[str, Any]:
        return {
            "epoch": self._epoch,
            "number": self._number,
            "turn": self._turn,
            "keys": list(self._keys),
            "partial": self._partial,
        }
