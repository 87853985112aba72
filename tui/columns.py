"""Text in columns, measured in terminal cells."""

from wcwidth import wcswidth


def padded(text: str, cells: int) -> str:
    """The text and blanks up to the next column, at least two."""
    return text + " " * max(cells - wcswidth(text), 2)
