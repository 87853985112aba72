"""How a Korean carrier counts a message."""

import unicodedata
from typing import Literal

from mcp_servers.common.refusal import Refused

SMS_BYTES, LMS_BYTES = 90, 2000
_INVISIBLE = {"Cf", "Mn", "Me"}


def size(text: str) -> int:
    """Bytes on the air: carriers send CP949 and put one `?` in place of what it lacks."""
    return len(text.encode("cp949", errors="replace"))


def kind(text: str) -> Literal["SMS", "LMS"]:
    """Which of the two the text is by its length, whoever sent it."""
    return "SMS" if size(text) <= SMS_BYTES else "LMS"


def check(text: str) -> None:
    """Refuse what cannot be sent.

    Raises:
        Refused: nothing to send, or too much of it.
    """
    if not text:
        raise Refused("보낼 내용이 비어 있습니다. text에 문자 내용을 넣으세요.")
    if (count := size(text)) > LMS_BYTES:
        raise Refused(
            f"내용이 {count:,}바이트라서 보낼 수 없습니다. 장문 문자는 {LMS_BYTES:,}바이트(한글 약 1,000자)까지이니 "
            "줄이거나 나누어 보내세요.",
            code="too_large",
        )


def lost(text: str) -> str:
    """A warning about the characters that a text message cannot carry, or nothing."""
    bad = [
        mark for mark in dict.fromkeys(text) if not _encodable(mark) and unicodedata.category(mark) not in _INVISIBLE
    ]
    if not bad:
        return ""
    return f"다음 글자는 문자에서 깨질 수 있습니다: {' '.join(bad)}"


def _encodable(mark: str) -> bool:
    try:
        mark.encode("cp949")
    except UnicodeEncodeError:
        return False
    return True
