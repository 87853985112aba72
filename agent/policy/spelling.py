"""What names the same thing, in one spelling: for the user's rules, and for finding a target in the user's words."""

import json
import os
import re
import unicodedata
from pathlib import Path

_PATHS = ("path", "paths")
_NUMBER = re.compile(r"\+?\d[\d\s-]*")
_BETWEEN_DIGITS = re.compile(r"[^\S\n]|[-‐-―−]")
_BEFORE = r"(?<![\w.@/\\+-])"
_AFTER = r"(?![\w@/\\]|[.:?#&=%+~-][\w/])"
_PARTICLE = "(?:님|씨)?(?:(?:에게|한테)서?(?:는|도|만)?|께서?|하고|으?로|와|과|이랑|을|를|에|의{more})?"
_MORE = "|은|는|이|가|도|만|랑|에서|부터|까지"
"""Particles that may also end a name (박지은, 김정만), so they count only behind letters of another script."""


def spellings(argument: str, value: object, workspace: Path) -> list[tuple[str, ...]]:
    """The ways to write each value of an argument; a list has several values."""
    texts = [one if isinstance(one, str) else _json(one) for one in (value if isinstance(value, list) else [value])]
    return [_path(text, workspace) if argument in _PATHS else (text,) for text in map(_composed, texts)]


def stands_in(target: str, said: str) -> bool:
    """Whether someone who said this named the target, and not something that only begins or ends like it."""
    target, said = _folded(target), _folded(said)
    if not target or len(target) > len(said):
        return False
    if _NUMBER.fullmatch(target):
        # A part of a number the user gave is another number.
        digits = re.escape(_BETWEEN_DIGITS.sub("", target))
        return re.search(rf"(?<!\d){digits}(?!\d)", _BETWEEN_DIGITS.sub("", said)) is not None
    words = r"\s*".join(map(re.escape, target.split()))
    particle = _PARTICLE.format(more=_MORE if target[-1:].isascii() else "")
    return re.search(f"{_BEFORE}{words}{particle}{_AFTER}", said) is not None


def _path(text: str, workspace: Path) -> tuple[str, ...]:
    """Without `..`: from the root, and from the workspace if it lies there."""
    path = Path(os.path.normpath(workspace / _expanded(text)))
    inside = (path.relative_to(workspace).as_posix(),) if path.is_relative_to(workspace) else ()
    return (*inside, path.as_posix())


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        # There is no such user.
        return Path(text)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    """For comparison only: full-width digits are digits, decomposed Hangul is Hangul."""
    return unicodedata.normalize("NFKC", text).casefold().strip()
