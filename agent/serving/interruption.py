"""Ctrl-C, SIGTERM and a closed terminal, noted instead of raised: no server is left behind half stopped."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """While it is entered, the process is told to end only by what is noted here."""

    def __init__(self) -> None:
        self._told = threading.Event()
        self._times = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        # What is ignored stays so: `nohup` means that a closed terminal ends nothing.
        heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._note) for number in heeded}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def insists(self) -> bool:
        """Told more than once."""
        return self._times > 1

    def wait(self, seconds: float) -> bool:
        """Sleep, but not past an interruption; returns whether one came."""
        return self._told.wait(seconds)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._times += 1
        self._told.set()
