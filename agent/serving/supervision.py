"""One model server from its start to its end: started, watched while it loads, stopped whole."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from agent.errors import UserError
from agent.serving import failure, health, process
from agent.serving.interruption import Interruption
from agent.serving.progress import LogReader, Phase, Progress
from agent.serving.registry import Entry, Registry
from agent.serving.weights import Download
from agent.text import refusal

_GLANCE = 0.2
"""Seconds between two looks at a server that loads, and at one that runs."""

Show = Callable[[Progress, float], None]
"""Gets the progress and the seconds since the start, again and again."""
End = Literal["ready", "interrupted", "stopped"]
"""`interrupted`: by the user of this command; `stopped`: by another command."""


@dataclass(frozen=True)
class Launch:
    """What is to be started."""

    name: str
    engine: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    """All that the child sees."""
    url: str
    served_name: str
    key: str = ""
    """What the server asks of its clients."""
    download: Download | None = None
    """What it fetches first."""


class ModelServer:
    """A started server; leaving the `with` block stops it, unless `leave` was called."""

    def __init__(self, launch: Launch, registry: Registry, interruption: Interruption) -> None:
        """Start it and write it down. Raises `UserError` if the program cannot be run."""
        self._launch = launch
        self._registry = registry
        self._interruption = interruption
        self._left = False
        self.log = registry.log(launch.name)
        try:
            self._child = process.start(launch.command, launch.env, self.log)
        except OSError as error:
            raise UserError(
                f"{launch.command[0]} 을(를) 실행할 수 없습니다: {refusal(error)}",
                hint="설치와 실행 권한을 확인하세요.",
            ) from error
        self._entry = Entry(
            name=launch.name,
            pid=self._child.pid,
            identity=process.identity(self._child.pid) or "",
            engine=launch.engine,
            served_name=launch.served_name,
            url=launch.url,
            log=self.log,
        )
        try:
            registry.write(self._entry)
        except UserError:
            self._stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._left:
            self._stop()

    def until_ready(self, show: Show) -> End:
        """Wait until the server answers. Raises `UserError` that explains why it ended instead."""
        log, began = LogReader(self.log), time.monotonic()
        progress = Progress(Phase.DOWNLOADING if self._launch.download else Phase.STARTING)
        while not self._interruption.wait(_GLANCE):
            progress = self._grown(progress, log)
            if self._child.poll() is not None:
                return self._ended("시작하다 멈췄습니다")
            ready = health.ask(self._launch.url, self._launch.key).state == "ready"
            show(Progress(Phase.READY) if ready else progress, time.monotonic() - began)
            if ready:
                return "ready"
        return "interrupted"

    def until_end(self) -> End:
        """Wait until it is to stop. Raises `UserError` if it ends by itself."""
        while not self._interruption.wait(_GLANCE):
            if self._child.poll() is not None:
                return self._ended("멈췄습니다")
        return "interrupted"

    def leave(self) -> None:
        """Let it run on when this process ends."""
        self._left = True

    def _grown(self, progress: Progress, log: LogReader) -> Progress:
        for line in log.lines():
            progress = progress.after(line)
        if progress.phase is Phase.DOWNLOADING and self._launch.download:
            return Progress(Phase.DOWNLOADING, self._launch.download.percent)
        return progress

    def _ended(self, how: str) -> End:
        if not self._registry.knows(self._entry):
            return "stopped"
        raise failure.explain(f"{self._launch.name} 서버가 {how}", self._child.returncode, self.log)

    def _stop(self) -> None:
        """End it and all it has started, also where it is gone and they are not; who insists does not wait."""
        self._registry.remove(self._entry)
        process.stop(self._child.pid, hurry=lambda: self._interruption.insists)
        self._child.wait()
