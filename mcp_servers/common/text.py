"""Text at the boundary of a server."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator


def nfc(text: str) -> str:
    """Normal form C without surrounding blanks: macOS writes Hangul decomposed, and lookups would fail on it."""
    return unicodedata.normalize("NFC", text).strip()


def one_line(text: str) -> str:
    """Every run of white space as one blank."""
    return " ".join(text.split())


Korean = Annotated[str, AfterValidator(nfc)]
"""A tool argument that people wrote."""
