"""How far a starting model server is, read from its log: vLLM, SGLang and llama.cpp say it in their own words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_CHUNK = 1 << 20


class Phase(IntEnum):
    """In the order of time; a start never goes back."""

    STARTING = 0
    DOWNLOADING = 1
    """Nobody writes this into the log of a server that has no terminal: the folder of the weights tells it."""
    LOADING = 2
    PREPARING = 3
    """Compiling, measuring memory, capturing graphs, warming up."""
    READY = 4


@dataclass(frozen=True)
class Progress:
    """A phase and how much of it is done."""

    phase: Phase = Phase.STARTING
    percent: int | None = None
    """None where the server does not say."""

    def after(self, line: str) -> "Progress":
        """The progress once this line of the log was read. Several workers write into one log: nothing goes back."""
        seen = _seen(line)
        if seen is None and self.phase is Phase.STARTING and _BEGINS.search(line):
            return Progress(Phase.LOADING)
        if self.phase is Phase.LOADING and _DOTS.fullmatch(line):
            seen = Progress(Phase.LOADING, len(line))
        if seen is None or seen.phase < self.phase:
            return self
        if seen.phase > self.phase:
            return seen
        return Progress(self.phase, max(self.percent or 0, seen.percent or 0) or None)


_BEGINS = re.compile(r"Starting to load model|Load weight begin|loading model(?: '|$)")
"""Also written before a download, so it says nothing where one is going on."""
_SIGNS = [
    # vLLM and SGLang read shards with the same bar; a draft model has a bar of its own.
    (Phase.LOADING, re.compile(r"shards:\s+(\d+)% Completed")),
    (Phase.LOADING, re.compile(r"load_tensors: loading model tensors")),
    (Phase.PREPARING, re.compile(r"(?i)capturing (?:cuda ?graph|batches).*?:\s+(\d+)%\|")),
    (
        Phase.PREPARING,
        re.compile(
            r"Loading weights took|Model loading took|for vLLM's torch\.compile|Dynamo bytecode|[GC]PU KV cache size"
            r"|Load weight end|KV Cache is allocated|Captur\w+ (?:the model for )?(?:cuda|CUDA) graph"
            r"|warming up the model|initializing slots|load_model: initializing|threadpool init"
        ),
    ),
]
"""Words of the logs of vLLM 0.6 to 0.33, SGLang 0.4 to 0.5, llama-server and xllamacpp."""
_DOTS = re.compile(r"\.{1,100}")
"""llama.cpp draws a hundred dots while it reads the tensors."""


def _seen(line: str) -> Progress | None:
    for phase, sign in _SIGNS:
        if found := sign.search(line):
            return Progress(phase, int(found[1]) if found.groups() else None)
    return None


class LogReader:
    """Reads a growing log; bars that redraw themselves with a carriage return count as lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""

    def lines(self) -> Iterator[str]:
        """What came since the last call; the last line may be unfinished, and then comes again when it has grown."""
        with self._path.open("rb") as log:
            log.seek(self._offset)
            grown = log.read(_CHUNK)
        if not grown:
            return
        self._offset += len(grown)
        *whole, self._rest = re.split(rb"[\r\n]+", self._rest + grown)
        for line in (*whole, self._rest):
            yield line.decode("utf-8", errors="replace").strip()
