"""Which of several shown things an answer means: "두 번째", "3시 거", "예산 회의"."""

import re
from collections.abc import Sequence
from typing import Any

from agent.model.offline.morphemes import content_words
from agent.model.offline.spans import hour_of

_ORDINALS = ("첫", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열")
_ORDINAL = re.compile(
    rf"(?:(?P<word>{'|'.join(_ORDINALS)})\s?번?째|(?P<digits>\d+)\s?(?:번째|번|째)|^(?P<bare>\d+)[.\s]*$|(?P<last>마지막"
    rf"|맨\s?끝))"
)
_FILLER = re.compile(
    r"(?:거로|걸로|것으로|거|것|꺼|이요|요|으로|로|일정|해줘|해주세요|취소|변경|을|를|에|은|는|\s|[.!?~])+$"
)


def chosen(answer: str, items: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The item that is meant, or None if that is not clear."""
    if found := _ORDINAL.search(answer.strip()):
        return _at(found, items)
    said = _FILLER.sub("", answer.strip())
    if not said:
        return None
    for fits in (_by_title, _by_hour, _by_when, _by_word):
        hits = [item for item in items if fits(said, item)]
        if len(hits) == 1:
            return hits[0]
    return None


def _at(found: re.Match[str], items: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    if found.group("last"):
        return items[-1]
    digits = found.group("digits") or found.group("bare")
    index = int(digits) - 1 if digits else _ORDINALS.index(found.group("word"))
    return items[index] if 0 <= index < len(items) else None


def _key(text: Any) -> str:
    return "".join(str(text).casefold().split())


def _by_title(said: str, item: dict[str, Any]) -> bool:
    return _key(said) in _key(item.get("title", "")) or _key(item.get("title") or "\n") in _key(said)


def _by_hour(said: str, item: dict[str, Any]) -> bool:
    hour = hour_of(said)
    found = re.search(r"T(\d{2}):", str(item.get("start", "")))
    return hour is not None and found is not None and int(found.group(1)) % 12 == hour % 12


def _by_when(said: str, item: dict[str, Any]) -> bool:
    return _key(said) in _key(item.get("when", ""))


def _by_word(said: str, item: dict[str, Any]) -> bool:
    """One word of the answer is in the title: "인사팀 이지은이요"."""
    return any(len(word) > 1 and _key(word) in _key(item.get("title", "")) for word in content_words(said))
