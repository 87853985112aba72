"""Text at the boundary of the agent: one normal form, no control characters, readable cuts."""

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean(text: str) -> str:
    """NFC without control characters: macOS writes Hangul decomposed, terminals act on escapes."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))


def clip(text: str, limit: int) -> str:
    """At most `limit` characters; a cut ends in `…`."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def one_line(text: str, limit: int = 80) -> str:
    """The text as one line for people."""
    return clip(" ".join(text.split()), limit)


def decode(data: bytes) -> tuple[str, str] | None:
    """Text and encoding of bytes from outside, or None if they are no text: UTF-8, UTF-16 with a mark, CP949."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "cp949"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else (clean(text), encoding.removesuffix("-sig"))
    return None
