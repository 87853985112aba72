"""Reported speech turned into the words of a message: "10분 늦는다고" becomes "10분 늦습니다"."""

import re
from collections.abc import Callable

from agent.josa import final_consonant
from agent.model.offline.morphemes import last_tag, morphemes

_BASE = 0xAC00
_N, _L, _B = 4, 8, 17
"""Indices of the final consonants ㄴ, ㄹ, ㅂ."""
REPORTED = r"(?:다|라|자|냐)[고구]|달라[고구]|(?:는|은|인|[가-힣])지"
_DIRECT = re.compile(r"(?:다|요|죠|까|네|음|함|임|됨|래|지|게|어|아|해|줘|와|[.!?~ㅋㅎ♡♥)])$")
_QUESTION = re.compile(r"(?:^|\s)(?:뭐|누구|언제|어디|얼마|몇\s?\S+)$")
_SELF = (
    (re.compile(r"(?<![가-힣])내가(?![가-힣])"), "제가"),
    (re.compile(r"(?<![가-힣])(?:나는|난)(?![가-힣])"), "저는"),
    (re.compile(r"(?<![가-힣])나도(?![가-힣])"), "저도"),
    (re.compile(r"(?<![가-힣])나한테(?![가-힣])"), "저한테"),
)


def is_reported(text: str) -> bool:
    """The text ends in reported speech."""
    return re.search(r"(?:(?:다|라|자|냐)[고구]|달라[고구]|[가-힣]지)$", text.strip()) is not None


def spoken(text: str) -> str:
    """What the reported clause says, as the user would write it to someone; other text as it is."""
    plain = re.sub(r"([다라자냐])구$", r"\1고", text.strip())
    for pattern, polite in _SELF:
        plain = pattern.sub(polite, plain)
    for ending, speak in _ENDINGS:
        if found := re.search(ending, plain):
            return speak(plain[: found.start()].rstrip()) if plain[: found.start()].strip() else plain
    return plain


def _request(stem: str) -> str:
    """ "보내" of "보내달라고" becomes "보내 주세요"."""
    return f"{stem} 주세요"


def _suggestion(stem: str) -> str:
    if stem.endswith("말"):
        return f"{stem[:-1]}맙시다"
    if final_consonant(stem[-1]) in (0, _L):
        return f"{_with_final(stem, _B)}시다"
    return f"{stem}읍시다"


def _question(stem: str) -> str:
    plain = re.sub(r"(?<=[가-힣])느$", "", stem)
    if _QUESTION.search(plain) or (last_tag(f"{plain}냐고") and _is_noun(plain)):
        return f"{plain.removesuffix('이') if _is_noun(plain.removesuffix('이')) else plain}인가요?"
    return f"{plain}나요?"


def _wondering(stem: str) -> str:
    """The clause before "지": "언제 오는", "괜찮은", "어디인", "올"."""
    if stem.endswith("는"):
        return f"{stem[:-1]}나요?"
    final = final_consonant(stem[-1])
    if final == _N:
        return f"{stem}가요?"
    return f"{stem}까요?" if final == _L else f"{stem}지요?"


def _statement(stem: str) -> str:
    last, before = stem[-1], stem[-2:-1]
    if last == "는" and before and final_consonant(before):
        return f"{stem[:-1]}습니다"
    if final_consonant(last) in (0, _N, _L):
        return f"{_with_final(stem, _B)}니다"
    return f"{stem}습니다"


def _said(stem: str) -> str:
    """The clause before "라고": direct speech, an order, or "is"."""
    for ending, say in _SAID:
        if re.search(ending, stem):
            return say(stem)
    tag = next((found.tag for found in reversed(morphemes(f"{stem}라고")) if found.surface != "라고"), "")
    if tag in ("VV", "VX", "XSV", "VV+EC", "VX+EC") and not re.search(r"(?:요|다|까|죠|네)$", stem):
        return _order(stem)
    if stem.endswith("이") and _is_noun(stem[:-1]):
        return f"{stem[:-1]}입니다"
    if not _DIRECT.search(stem) and tag.startswith(("N", "XSN")):
        return f"{stem}입니다"
    return re.sub(r"(?<=[다요])이$", "", stem)


def _order(stem: str) -> str:
    """A verb stem as a polite order: 하 → 해 주세요, 기다리 → 기다려 주세요, 읽 → 읽어 주세요."""
    return f"{joined(stem)} 주세요"


def joined(stem: str) -> str:
    """The verb stem with 아/어, contracted as people write it."""
    head, last = stem[:-1], stem[-1]
    if last == "하":
        return f"{head}해"
    initial, vowel, final = _parts(last)
    if final:
        if final == 7 and last in ("듣", "걷", "묻"):
            last = chr(_BASE + (initial * 21 + vowel) * 28 + _L)
        if final == _B and last in ("눕", "돕", "굽"):
            return f"{head}{chr(_BASE + (initial * 21 + vowel) * 28)}{'와' if last == '돕' else '워'}"
        return f"{head}{last}{'아' if vowel in (0, 2, 8) else '어'}"
    contracted = {8: 9, 13: 14, 20: 6, 18: 4}.get(vowel, vowel)
    if vowel == 18 and head and _parts(head[-1])[1] in (0, 8):
        contracted = 0
    return head + chr(_BASE + (initial * 21 + contracted) * 28)


def _with_final(stem: str, final: int) -> str:
    initial, vowel, _ = _parts(stem[-1])
    return stem[:-1] + chr(_BASE + (initial * 21 + vowel) * 28 + final)


def _parts(letter: str) -> tuple[int, int, int]:
    code = ord(letter) - _BASE
    return code // 588, code % 588 // 28, code % 28


def _is_noun(text: str) -> bool:
    return last_tag(text).startswith(("NN", "NP", "NR", "SN", "SL", "XSN"))


_SAID: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"아니$", lambda stem: f"{stem[:-1]}닙니다"),
    (r"지 말$", lambda stem: f"{stem[:-1]}마세요"),
    (r"으$", lambda stem: _order(stem[:-1])),
    (r"[거꺼]$", lambda stem: f"{stem[:-1]}겁니다"),
)
_ENDINGS = (
    (r"\s*달라고$", _request),
    (r"(?<!혼)자고$", _suggestion),
    (r"냐고$", _question),
    (r"라고$", _said),
    (r"다고$", _statement),
    (r"(?<=[는은인한된갈올할될을낸난])지$", _wondering),
)
