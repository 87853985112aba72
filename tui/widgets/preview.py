"""What a call would do, as text; a unified diff in colours."""

from textual.content import Content

_COLOURS = (
    ("+++", "bold"),
    ("---", "bold"),
    ("@@", "$text-accent"),
    ("+", "$text-success on $success 12%"),
    ("-", "$text-error on $error 12%"),
)


def preview(text: str) -> Content:
    """The text, with the lines of a diff coloured."""
    lines = text.rstrip().splitlines()
    if not _is_diff(lines):
        return Content("\n".join(lines))
    return Content("\n").join(Content.styled(line, _colour(line)) for line in lines)


def _is_diff(lines: list[str]) -> bool:
    return any(line.startswith("@@ ") for line in lines) and any(line.startswith("+++ ") for line in lines)


def _colour(line: str) -> str:
    return next((colour for start, colour in _COLOURS if line.startswith(start)), "")
