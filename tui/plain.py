"""Text from outside as harmless characters: nothing in it may steer the terminal."""

import re
import unicodedata
from typing import Any

from agent.events import EVENT, Event

_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # all but tab and newline: an escape sequence would reach the terminal as it is
    "\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # text direction: could show a command in another order than it runs
)


def plain(text: str) -> str:
    """The text composed (NFC) and without control characters."""
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def plain_event(event: Event) -> Event:
    """The event with every text in it made plain."""
    return EVENT.validate_python(_walk(event.model_dump()))


def _walk(value: Any) -> Any:
    match value:
        case str():
            return plain(value)
        case dict():
            return {key if key == "call_id" else plain(key): _walk(item) for key, item in value.items()}
        case list() | tuple():
            return [_walk(item) for item in value]
        case _:
            return value
