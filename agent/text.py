"""Text at the boundary of the agent: one normal form, no control characters, readable cuts."""

import codecs
import errno
import re
import unicodedata
from collections.abc import Iterator

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What terminals act on, what turns the direction of writing, and halves of characters."""
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""Any two bytes may be a letter of CP949; these stand in no text."""


def clean(text: str) -> str:
    """NFC without control characters: macOS writes Hangul decomposed, terminals act on escapes."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))


def printable(text: str) -> str:
    """A piece of text that a terminal shows and does not obey."""
    return _CONTROL.sub("", text).replace("\r", "")


def clip(text: str, limit: int) -> str:
    """At most `limit` characters; a cut ends in `…`."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def one_line(text: str, limit: int = 80) -> str:
    """The text as one line for people."""
    return clip(" ".join(text.split()), limit)


_REFUSALS = {
    errno.ENOSPC: "디스크가 가득 찼습니다",
    errno.EDQUOT: "할당된 공간을 다 썼습니다",
    errno.EFBIG: "파일 크기 한도를 넘었습니다",
    errno.EACCES: "권한이 없습니다",
    errno.EPERM: "권한이 없습니다",
    errno.EROFS: "읽기만 되는 곳입니다",
    errno.ENOENT: "없는 경로입니다",
    errno.ENOTDIR: "폴더가 아닌 것이 경로에 있습니다",
    errno.EISDIR: "파일이 아니라 폴더입니다",
    errno.EEXIST: "같은 이름의 파일이 이미 있습니다",
    errno.EIO: "장치를 읽거나 쓸 수 없습니다",
    errno.EMFILE: "열어 둔 파일이 너무 많습니다",
}


def refusal(error: OSError) -> str:
    """Why the operating system refused."""
    return _REFUSALS.get(error.errno or 0, error.strerror or str(error))


def decode(data: bytes) -> tuple[str, str] | None:
    """Text and encoding of bytes from outside, or None if they are no text: UTF-8, UTF-16 with a mark, CP949."""
    for encoding, text in _readings(data):
        if text is not None:
            return None if "\x00" in text else (clean(text), encoding)
    return None


def _readings(data: bytes) -> Iterator[tuple[str, str | None]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16", _whole(data, "utf-16")
        return
    yield "utf-8", _whole(data, "utf-8-sig")
    yield "utf-8", _cut_short(data)
    if not _BINARY.search(data):
        yield "cp949", _whole(data, "cp949")


def _whole(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _cut_short(data: bytes) -> str | None:
    """UTF-8 that ends in the middle of a character, as `head -c` leaves it."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(data)
    except UnicodeDecodeError:
        return None
    return None if text.isascii() else text
