"""The text of an .ics file in whatever encoding it was saved."""

import codecs
import re

_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_FOLD = re.compile(rb"\r?\n[ \t]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def decoded(data: bytes) -> tuple[str, list[str]]:
    """The text without control characters (RFC 5545 section 3.1), and in Korean what had to be guessed or dropped."""
    text, faults = _text(data)
    clean = _CONTROLS.sub("", text)
    if len(clean) != len(text):
        faults.append("글에 쓸 수 없는 제어 문자를 빼고 읽었습니다.")
    return clean, faults


def _text(data: bytes) -> tuple[str, list[str]]:
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace"), []
    for start, encoding in ((b"B\0E\0", "utf-16-le"), (b"\0B\0E", "utf-16-be")):
        if data[:4].upper() == start:
            return data.decode(encoding, "replace"), []
    return _without_mark(data)


def _without_mark(data: bytes) -> tuple[str, list[str]]:
    try:
        return data.decode(), []
    except UnicodeDecodeError:
        pass
    try:
        # Folded between the octets of one character, as RFC 5545 section 3.1 allows.
        return _FOLD.sub(b"", data).decode(), []
    except UnicodeDecodeError:
        return _guessed(data)


def _guessed(data: bytes) -> tuple[str, list[str]]:
    """Mostly UTF-8 with spoilt places, else CP949, else a Western encoding."""
    read = data.decode("utf-8", "replace")
    spoilt = read.count("\ufffd")
    if sum(character > "\x7f" for character in read) > 2 * spoilt:
        return read, [f"UTF-8로 읽을 수 없는 글자 {spoilt:,}개를 '\ufffd'로 바꾸어 읽었습니다."]
    try:
        return data.decode("cp949"), []
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), ["글자 인코딩을 알 수 없어 서유럽어(cp1252)로 읽었습니다."]
