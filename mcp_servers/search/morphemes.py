"""Index terms of Korean text: content morphemes by mecab-ko, and character bigrams beside them."""

import re
import threading
import unicodedata
from collections.abc import Iterator
from typing import Any

_KEPT = ("N", "VV", "VA", "MAG", "XR", "SL", "SH", "SN")
_DROPPED_TAGS = ("NNB",)
_EMPTY = {"하", "되", "있", "없", "것", "수", "등", "이", "그", "저"}
_UNBROKEN = re.compile(r"(\S{64})(?=\S)")
_WORD = re.compile(r"[^\W_]+")
_HANGUL = re.compile(r"[가-힣ㄱ-ㆎ]+|[^가-힣ㄱ-ㆎ]+")


def searchable(text: str) -> str:
    """The form in which texts and queries are compared (never the one that is stored)."""
    return unicodedata.normalize("NFKC", text).casefold().replace("\0", " ")


class Morphemes:
    """The dictionary is loaded by the first call. Safe in several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tagger: Any = None

    def terms(self, text: str) -> list[str]:
        """Content morphemes in order; particles and endings are dropped."""
        # mecab takes quadratic time over a run without blanks.
        lines = _UNBROKEN.sub(r"\1 ", searchable(text)).splitlines()
        return [term for line in lines if line.strip() for term in self._line(line)]

    def _line(self, line: str) -> Iterator[str]:
        for parsed in self._parse(line).splitlines():
            surface, _, features = parsed.partition("\t")
            fields = features.split(",")
            for term in _morphemes(surface, fields):
                yield from (word for word in _WORD.findall(term) if word not in _EMPTY)

    def _parse(self, line: str) -> str:
        with self._lock:
            if self._tagger is None:
                # 0.03 s and 50 MB, only for those who search.
                import mecab_ko

                self._tagger = mecab_ko.Tagger()
            return str(self._tagger.parse(line))


def bigrams(text: str) -> list[str]:
    """Two letters at a time inside Hangul words; other words whole."""
    return [
        gram
        for word in _WORD.findall(searchable(text))
        for run in _HANGUL.findall(word)
        for gram in (_pairs(run) if len(run) > 2 and "가" <= run[0] <= "힣" else (run,))
    ]


def _pairs(word: str) -> Iterator[str]:
    return (word[at : at + 2] for at in range(len(word) - 1))


def _morphemes(surface: str, fields: list[str]) -> Iterator[str]:
    """The word itself, the parts of a compound, and the stem of an inflected form."""
    tag = fields[0]
    kind, expression = (fields[4], fields[7]) if len(fields) > 7 else ("*", "*")
    if kind == "Inflect":
        stem, stem_tag, *_ = f"{expression.split('+')[0]}//".split("/")
        if _is_content(stem_tag):
            yield stem
        return
    if not _is_content(tag):
        return
    yield surface
    if kind == "Compound":
        parts = (part.split("/")[0] for part in expression.split("+"))
        yield from (part for part in parts if len(part) > 1)


def _is_content(tag: str) -> bool:
    return tag.startswith(_KEPT) and tag not in _DROPPED_TAGS
