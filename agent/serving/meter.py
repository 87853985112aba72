"""The progress of a start on standard error: one line that is redrawn on a terminal, plain lines in a pipe."""

import os
from typing import TextIO

from agent.serving.progress import Phase, Progress

_NAMES = {
    Phase.STARTING: "시작하는 중",
    Phase.DOWNLOADING: "내려받는 중",
    Phase.LOADING: "가중치 읽는 중",
    Phase.PREPARING: "그래프 준비",
    Phase.READY: "준비 끝",
}
_STEP = 10
"""Percent between two plain lines."""
_SIGN_OF_LIFE = 60
"""Seconds after which a plain line is written though nothing has changed."""


class Meter:
    """Called again and again with the progress so far."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._redraws = stream.isatty()
        self._said: tuple[Phase, int, float] | None = None

    def show(self, progress: Progress, seconds: float) -> None:
        line = f"{_NAMES[progress.phase]}{_percent(progress)} ({_duration(seconds)})"
        if self._redraws:
            self._redraw(line, progress.phase)
            return
        said = (progress.phase, (progress.percent or 0) // _STEP, seconds // _SIGN_OF_LIFE)
        if said != self._said:
            self._said = said
            self._stream.write(line + "\n")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away before something else is written."""
        if self._redraws:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _redraw(self, line: str, phase: Phase) -> None:
        # A Hangul letter takes two columns, and a line that wraps could not be redrawn.
        room = os.get_terminal_size(self._stream.fileno()).columns // 2
        self._stream.write("\r\x1b[K" + (line + "\n" if phase is Phase.READY else line[:room]))
        self._stream.flush()


def _percent(progress: Progress) -> str:
    return "" if progress.percent is None else f" {progress.percent}%"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}분 {rest}초" if minutes else f"{rest}초"
