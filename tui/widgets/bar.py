"""A share as a bar."""

from textual.content import Content


def bar(share: float, cells: int) -> Content:
    """Blanks on two colours: terminals disagree on the width of block characters."""
    filled = round(min(max(share, 0), 1) * cells)
    if share > 0:
        filled = max(filled, 1)
    return Content.assemble((" " * filled, "on $primary"), (" " * (cells - filled), "on $secondary 30%"))
