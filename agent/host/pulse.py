"""How the process is: what it holds, what it costs, since when nobody has needed it."""

import os
import time
from pathlib import Path
from typing import Any

from agent.reminders.watch import Watch
from agent.session.rooms import Rooms
from agent.session.stock import Stock

_WINDOW = 60.0
"""Seconds over which the rate of events is taken."""


class Pulse:
    """Counts faces and looks at rooms; asked by `modu daemon status` and before an idle end."""

    def __init__(self, stock: Stock, rooms: Rooms, reminders: Watch) -> None:
        self._stock = stock
        self._rooms = rooms
        self._reminders = reminders
        self._started = time.time()
        self._left = time.monotonic()
        self.faces = 0

    def entered(self) -> None:
        """A face has been let in."""
        self.faces += 1

    def left(self) -> None:
        self.faces -= 1
        self._left = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """0 while a face is there, a turn runs or a reminder waits."""
        if self.faces or self._rooms.running or self._reminders.holds:
            return 0.0
        used = max([self._left, *(room.used for room in self._rooms.loaded)])
        return time.monotonic() - used

    @property
    def asking(self) -> bool:
        """A face waits, and no model has been asked yet."""
        return self.faces > 0 and not self._stock.engines

    async def status(self) -> dict[str, Any]:
        """Plain JSON; sizes in bytes, times in seconds, an instant to come as the user's clock will show it."""
        rooms = self._rooms.loaded
        reminder = self._reminders.next_at
        recent = sum(room.log.since(time.monotonic() - _WINDOW) for room in rooms)
        return {
            "pid": os.getpid(),
            "started": self._started,
            "uptime": time.time() - self._started,
            # Without the one that asks.
            "faces": self.faces - 1,
            "sessions": [
                {"id": room.id, "running": bool(room.running), "readers": room.readers, "events": room.log.last}
                for room in rooms
            ],
            "servers": {name: state for hub in self._stock.hubs for name, state in hub.states.items()},
            "models": self._stock.models,
            "next_reminder": reminder and reminder.isoformat(timespec="seconds"),
            "memory": _resident(),
            "memory_peak": _peak(),
            "events_per_minute": recent,
        }


def _resident() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return _peak()
    return pages * os.sysconf("SC_PAGE_SIZE")


def _peak() -> int:
    try:
        import resource
    except ImportError:
        return 0
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if os.uname().sysname == "Darwin" else kilobytes * 1024
