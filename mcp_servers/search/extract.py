"""What a reader gets out of a file: parts of text in order, each with its place."""

from dataclasses import dataclass, field


class Unreadable(Exception):
    """The file has no text for us; the Korean message says why."""


@dataclass(frozen=True)
class Part:
    """A paragraph, a table row or a line of headings."""

    text: str
    place: str
    breaks: bool = False
    """A passage must not go on over the start of this part: a new page."""
    heading: bool = False


@dataclass(frozen=True)
class Extract:
    parts: list[Part] = field(default_factory=list)
    title: str = ""

    def __bool__(self) -> bool:
        return any(part.text.strip() for part in self.parts)


class Places:
    """Names places in a text without pages: by the last heading, or by the number of the paragraph."""

    def __init__(self) -> None:
        self._heading = ""
        self._paragraph = 0

    def heading(self, text: str) -> Part:
        self._heading = " ".join(text.split())[:80]
        return Part(text.strip(), self._heading, heading=True)

    def paragraph(self, text: str) -> Part:
        self._paragraph += 1
        return Part(text.strip(), self._heading or f"{self._paragraph}번째 문단")
