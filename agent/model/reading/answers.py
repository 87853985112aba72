"""JSON out of an answer that was asked to be nothing else."""

import json
import re
from typing import Any

from agent.model.reading.repair import mended

_FENCED = re.compile(r"```[a-zA-Z]*\s*\n(.*?)\n?```", re.DOTALL)


def parsed(text: str) -> Any:
    """The JSON value of an answer: whole, in a code fence, among other words, or broken and mended.

    Raises:
        ValueError: there is none.
    """
    for candidate in (text, *_FENCED.findall(text), _outermost(text)):
        try:
            return json.loads(candidate, parse_constant=_refuse)
        except (ValueError, RecursionError):
            continue
    if (value := mended(_outermost(text))) is None:
        raise ValueError("JSON 값이 없음")
    return value


def _outermost(text: str) -> str:
    """From the first bracket to the last."""
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    return text[min(starts) : max(text.rfind("}"), text.rfind("]")) + 1 or None] if starts else ""


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} 은(는) JSON 값이 아님")
