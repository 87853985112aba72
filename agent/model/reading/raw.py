"""A call as it was written, before anything is made of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Raw:
    name: str
    arguments: str | dict[str, Any] = ""
    """As written, or what was already read as JSON."""
    repaired: bool = False
    said_arguments: bool = True
    """False: it did not say which of its members are the arguments, so all the others stand here."""
    unreadable: bool = False
    """It is cut off or broken beyond repair; the arguments are the whole text of it."""
