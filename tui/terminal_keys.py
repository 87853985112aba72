"""Keys for a new line that Textual does not tell apart from Enter."""

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import Keys

NEWLINE_KEYS = frozenset({"shift+enter", "ctrl+j", "alt+enter", "shift+\r", "alt+\r"})
"""By the names Textual gives them, in the several keyboard protocols."""


def learn_alt_enter() -> None:
    """Make Alt+Enter of a plain terminal (escape, return) a new line: Textual drops the Alt and would send the text."""
    if isinstance(ANSI_SEQUENCES_KEYS, dict):
        ANSI_SEQUENCES_KEYS.setdefault("\x1b\r", (Keys.ControlJ,))
