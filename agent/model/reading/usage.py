"""What a reply has cost, in the words of every server."""

from collections.abc import Iterable, Mapping
from typing import Any

from agent.model.contract import Tokens

_COUNTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "input_tokens": (("usage", "prompt_tokens"), ("usage", "input_tokens"), ("prompt_eval_count",)),
    "output_tokens": (
        ("usage", "completion_tokens"),
        ("usage", "output_tokens"),
        ("eval_count",),
        ("timings", "predicted_n"),
    ),
    "cached_tokens": (
        ("usage", "prompt_tokens_details", "cached_tokens"),
        ("usage", "input_tokens_details", "cached_tokens"),
        ("usage", "cached_tokens"),
        ("usage", "prompt_cache_hit_tokens"),
        ("timings", "cache_n"),
    ),
    "reasoning_tokens": (
        ("usage", "completion_tokens_details", "reasoning_tokens"),
        ("usage", "output_tokens_details", "reasoning_tokens"),
        ("usage", "reasoning_tokens"),
    ),
}
_SPOKEN_OF = {"usage", "timings", "eval_count", "prompt_eval_count"}


class UsageReader:
    """Counts only grow in the course of a reply, so the greatest one holds."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(_COUNTS, 0)

    def read(self, chunk: Mapping[str, Any]) -> None:
        if _SPOKEN_OF.isdisjoint(chunk):
            return
        for count, places in _COUNTS.items():
            self._counts[count] = max(self._counts[count], _first(chunk, places))
        # llama.cpp counts only what the cache did not hold as prompt.
        whole_prompt = _count(chunk, ("timings", "prompt_n")) + _count(chunk, ("timings", "cache_n"))
        self._counts["input_tokens"] = max(self._counts["input_tokens"], whole_prompt)

    @property
    def tokens(self) -> Tokens | None:
        return Tokens(**self._counts) if any(self._counts.values()) else None


def _first(chunk: Mapping[str, Any], places: Iterable[tuple[str, ...]]) -> int:
    return next((count for place in places if (count := _count(chunk, place))), 0)


def _count(chunk: Mapping[str, Any], place: tuple[str, ...]) -> int:
    value: Any = chunk
    for key in place:
        value = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdecimal() and len(value) < 16 else 0
    if isinstance(value, float):
        value = int(value) if 0 <= value < 1e15 else 0
    return max(value, 0) if isinstance(value, int) and not isinstance(value, bool) else 0
