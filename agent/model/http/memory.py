"""What servers refused once, so that it is not sent to them again, also by the next process."""

import json
import time
from pathlib import Path

_KEPT_SECONDS = 6 * 3600
"""A server is started anew with other options sooner or later."""


class ServerMemory:
    """Refused fields by server and model, in one small file of the home folder."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._refused: dict[str, dict[str, float]] = _read(file) if file else {}

    def refused(self, server: str) -> frozenset[str]:
        """What this server does not take."""
        now = time.time()
        return frozenset(name for name, until in self._refused.get(server, {}).items() if until > now)

    def refuse(self, server: str, names: frozenset[str]) -> None:
        """Remember it. A file that cannot be written costs a refused request, not function."""
        if not names:
            return
        until = time.time() + _KEPT_SECONDS
        self._refused[server] = self._refused.get(server, {}) | dict.fromkeys(sorted(names), until)
        if self._file is None:
            return
        fresh = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.write_text(json.dumps(_read(self._file) | self._refused), encoding="utf-8")
            fresh.replace(self._file)
        except OSError:
            return


def _read(file: Path) -> dict[str, dict[str, float]]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {
            str(server): {str(name): float(until) for name, until in refused.items()}
            for server, refused in found.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
