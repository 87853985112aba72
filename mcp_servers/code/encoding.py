"""Text files as bytes and back: encoding, byte order mark and line endings stay as they were.

Standard library only: the search process imports it.
"""

import codecs
from dataclasses import dataclass

_SAMPLE = 8192
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class TextFile:
    """The text of a file and how it was written."""

    text: str
    encoding: str = "utf-8"
    mark: bytes = b""

    @property
    def lines(self) -> list[str]:
        """Lines without their ends; a final line end begins no new line."""
        lines = [line.removesuffix("\r") for line in self.text.split("\n")]
        return lines[:-1] if lines[-1] == "" else lines

    @property
    def newline(self) -> str:
        """The line end that most lines have."""
        return "\r\n" if self.text.count("\r\n") * 2 > self.text.count("\n") else "\n"

    def encode(self, text: str) -> bytes:
        """Other text, written the same way.

        Raises:
            UnicodeEncodeError: this encoding has no such character.
        """
        return self.mark + text.encode(self.encoding)


def decode(raw: bytes) -> TextFile | None:
    """The text, or nothing when the bytes are no text."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decoded(raw.removeprefix(mark), encoding, mark)
    if b"\0" in raw[:_SAMPLE]:
        return None
    return _decoded(raw, "utf-8") or _decoded(raw, "cp949")


def _decoded(raw: bytes, encoding: str, mark: bytes = b"") -> TextFile | None:
    try:
        return TextFile(raw.decode(encoding), encoding, mark)
    except UnicodeDecodeError:
        return None
