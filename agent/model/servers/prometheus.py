"""Figures out of the text in which servers expose their metrics (Prometheus text format 0.0.4 and OpenMetrics 1.0)."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:\\.|[^"\\])*")*)\})?[ \t]+(\S+)')
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:\\.|[^"\\])*)"')
_REPLICA = ("model_name", "engine", "dp_rank")
"""Labels of parts that each have their own share of the work; other labels (`tp_rank`) tell the same share again."""


@dataclass(frozen=True)
class Sample:
    """One line: a figure under labels."""

    labels: Mapping[str, str]
    value: float


class Metrics:
    """One scrape. A name that is not in it, or has no finite value, is None: never zero."""

    def __init__(self, text: str) -> None:
        self._samples: dict[str, list[Sample]] = defaultdict(list)
        for line in text.splitlines():
            if (found := _SAMPLE.match(line)) and (value := _number(found[3])) is not None:
                self._samples[found[1]].append(Sample(dict(_LABEL.findall(found[2] or "")), value))

    def highest(self, *names: str) -> float | None:
        """The largest value of the first name that is there: of several parts, the fullest decides."""
        return max((sample.value for sample in self._first(names)), default=None)

    def total(self, *names: str) -> int | None:
        """All values together, of a counter whose labels split it."""
        samples = self._first(names)
        return round(sum(sample.value for sample in samples)) if samples else None

    def load(self, *names: str) -> int | None:
        """The sum over replicas, of a gauge that the ranks of each replica repeat."""
        replicas: dict[tuple[str, ...], float] = {}
        for sample in self._first(names):
            replica = tuple(sample.labels.get(label, "") for label in _REPLICA)
            replicas[replica] = max(sample.value, replicas.get(replica, 0.0))
        return round(sum(replicas.values())) if replicas else None

    def _first(self, names: Iterable[str]) -> list[Sample]:
        return next((self._samples[name] for name in names if name in self._samples), [])


def _number(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
