"""E-mail addresses, also with the at sign written out."""

import re
import string
from collections.abc import Iterator

from agent.privacy.reading import Reading
from agent.privacy.spans import Span

_LOCAL = string.ascii_lowercase + string.digits + "._%+-"
_LONGEST_LOCAL = 64
_AT = r"(?:@| @ | ?[(\[] ?(?:at|@|골뱅이) ?[)\]] ?| ?골뱅이 ?)"
_DOMAIN = r"(?:[a-z0-9-]{1,63}\.){1,5}(?P<last>[a-z]{2,24})(?![0-9a-z])"
_PROVIDERS = "네이버|다음|한메일|지메일|카카오|구글|네이트|naver|daum|hanmail|gmail|kakao|nate"
_SAID = rf"(?:{_PROVIDERS}) ?(?:닷|점|\.|dot) ?(?:컴|넷|com|net)"
_MAIL = re.compile(f"{_AT}(?:{_DOMAIN}|{_SAID})")
_FILES = frozenset(
    ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "py", "json", "html", "md", "txt", "zip", "pdf"]
)
_HANGUL_LOCAL = re.compile(r"(?<![가-힣])[가-힣]{2,5}\Z")
_IN_ADDRESS = re.compile(r"://[^\s/@]{0,64}\Z")


def mails(reading: Reading) -> Iterator[Span]:
    """Addresses with an ASCII local part (RFC 5321 allows 64 characters) and a domain of letters."""
    text = reading.text
    for found in _MAIL.finditer(text):
        before = text[max(0, found.start() - _LONGEST_LOCAL) : found.start()]
        local = before[len(before.rstrip(_LOCAL)) :].lstrip(".-%+") or (_hangul(before) if found[0][0] == "@" else "")
        start = found.start() - len(local)
        if local and found["last"] not in _FILES and not _is_login(text, start, found.end(), local):
            yield Span(start, found.end(), "이메일")


def _hangul(before: str) -> str:
    """Test data and jokes have names before the at sign."""
    found = _HANGUL_LOCAL.search(before)
    return found[0] if found else ""


def _is_login(text: str, start: int, end: int, local: str) -> bool:
    """A name or a password in an address of the web, a repository, or a handle on another server."""
    handle = text[start - 1 : start] == "@"
    repository = local == "git" and text[end : end + 1] in (":", "/")
    return handle or repository or bool(_IN_ADDRESS.search(text[max(0, start - 80) : start]))
