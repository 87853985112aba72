"""The arguments of a call as a model wrote them, read as the object that is meant."""

import re
from typing import Any

from agent.model.reading.fitting import fit
from agent.model.reading.repair import mended
from agent.model.reading.values import leading, loads, storable

__all__ = ["fit", "read"]

_NOTHING = {"", "null", "None", "{}", '""'}
_HARMLESS = re.compile(r"[\]})\"';.\s]*(?:<.*|`{3}.*|(?<=\n)[^{\[\":]*)?", re.DOTALL)
"""Brackets too many, machinery or a sentence on a line of its own behind the object."""
_LAYERS = 3
"""How often JSON may stand as a string in JSON."""


def read(written: str) -> tuple[dict[str, Any] | None, bool]:
    """The arguments, or None if they cannot be read; and whether they had to be mended."""
    if written.strip() in _NOTHING:
        return {}, False
    try:
        return _read(written)
    except ValueError:
        return None, False


def _read(written: str) -> tuple[dict[str, Any] | None, bool]:
    values, rest = leading(written)
    if not values:
        return _object(mended(written)), True
    objects = [_unlayered(value) for value in values]
    # Some servers send an empty object first, or the whole once more at the end.
    distinct = [one for n, one in enumerate(objects) if one and one not in objects[:n]]
    if len(distinct) > 1 or not all(isinstance(one, dict) or one is None for one in objects):
        return _sole(distinct), True
    if rest and not (_HARMLESS.fullmatch(rest) and distinct):
        return _object(mended(written)), True
    return storable(distinct[0] if distinct else {}), bool(rest)


def _unlayered(value: Any) -> Any:
    for _ in range(_LAYERS):
        if not isinstance(value, str):
            break
        value = loads(value) if value.strip() else {}
    return value


def _sole(values: list[Any]) -> dict[str, Any] | None:
    """The one object of the one list."""
    match values:
        case [[dict(only)]]:
            return _object(storable(only))
    return None


def _object(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None
