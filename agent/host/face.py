"""What the process keeps of one face: its settings as the files say them now, and the sessions under these."""

from pathlib import Path

from agent.host.notes import TurnNotes
from agent.host.origin import Origin
from agent.session.assistant import LocalAssistant
from agent.session.rooms import Rooms
from agent.session.runtime import Runtime
from agent.session.stock import Stock
from agent.settings import Settings
from agent.wire.home import DaemonFolder


class Face:
    """One a connection."""

    def __init__(self, origin: Origin, home: Path, stock: Stock, rooms: Rooms, tries: int = 1) -> None:
        self.origin = origin
        self._home = home
        self._stock = stock
        self._rooms = rooms
        self.notes = TurnNotes(DaemonFolder(home).turns, origin, tries)
        self._read_at: tuple[int, ...] = ()
        self._settings: Settings | None = None
        self._assistant: LocalAssistant | None = None

    def settings(self) -> Settings:
        """Read again when a file has changed. Raises `SettingsError`."""
        stamp = tuple(_changed(path / "config.toml") for path in (self._home, self._project))
        if self._settings is None or stamp != self._read_at:
            self._settings, self._read_at = self.origin.settings(self._home), stamp
            self._assistant = None
        return self._settings

    async def assistant(self) -> LocalAssistant:
        """Raises `SettingsError`, `StorageError`."""
        settings = self.settings()
        if self._assistant is None:
            runtime = await Runtime.open(settings, self._stock)
            self._assistant = LocalAssistant(runtime, self._rooms, self.notes)
        return self._assistant

    @property
    def _project(self) -> Path:
        return Path(str(self.origin.options.get("workspace") or self.origin.cwd)) / ".modu"


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
