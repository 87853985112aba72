"""Frames: one JSON object a line, of bounded length. `docs/wire.md` says which frames there are."""

import json
from collections.abc import Mapping
from typing import Any

from agent.errors import ModuError

PROTOCOL = 1
"""Goes up when a face and a process that differ in it could not understand each other."""
MAX_LINE = 16 * 1024 * 1024
"""Bytes of a line with its end. Longer texts travel in pieces (`upload`)."""
PIECE = 1024 * 1024
"""Characters of one piece; each is at most twelve bytes in JSON."""


class WireError(ModuError):
    """The other side does not speak this protocol."""


def encode(frame: Mapping[str, Any]) -> bytes:
    """ASCII: what the environment holds need not be valid Unicode, and escapes carry it whole."""
    return json.dumps(frame, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Raises `WireError` for what is no frame."""
    try:
        frame = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise WireError("a line is no JSON") from error
    if not isinstance(frame, dict):
        raise WireError("a frame is a JSON object")
    return frame
