"""How people call people: names with titles, honorifics, particles, or only initial consonants."""

import re
import unicodedata
from dataclasses import dataclass

_PARTICLE = re.compile(r"(?<=[가-힣])\s*(?:에게서|한테서|에게|한테|께)$")
_HONORIFIC = re.compile(r"(?<=[가-힣])\s*(?:님|씨)$")
TITLES = (
    "부사장",
    "본부장",
    "센터장",
    "연구원",
    "선생",
    "과장",
    "대리",
    "부장",
    "팀장",
    "사원",
    "차장",
    "이사",
    "상무",
    "전무",
    "사장",
    "대표",
    "회장",
    "교수",
    "박사",
    "원장",
    "실장",
    "소장",
    "국장",
    "주임",
    "책임",
    "선임",
    "수석",
    "매니저",
    "프로",
    "간사",
    "위원",
    "기사",
    "변호사",
    "회계사",
    "세무사",
    "의원",
    "선배",
    "후배",
    "인턴",
)
_CHOSEONG = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"


def key(text: str) -> str:
    """What two writings of the same name have in common."""
    return "".join(unicodedata.normalize("NFC", text).casefold().split())


def initials(text: str) -> str:
    """The initial consonants (김민수 → ㄱㅁㅅ); other characters stay."""
    return "".join(_initial(letter) for letter in key(text))


def is_initials(text: str) -> bool:
    return bool(text) and all(letter in _CHOSEONG for letter in initials(text)) and key(text) == initials(text)


@dataclass(frozen=True)
class Spoken:
    """A person as the user named them."""

    whole: str
    """Key of the words as they came, without particle and honorific."""
    names: tuple[str, ...]
    titles: tuple[str, ...]
    tail: str = ""
    """Last four digits of the number, given to tell namesakes apart."""


def spoken(text: str) -> Spoken:
    """Take "디자인팀 김민수 과장님께" apart."""
    plain = _strip(unicodedata.normalize("NFC", text).strip())
    names: list[str] = []
    titles: list[str] = []
    tail = ""
    for word in map(_strip, plain.split()):
        if re.fullmatch(r"\(?\d{4}\)?", word):
            tail = word.strip("()")
        elif word in TITLES:
            titles.append(word)
        elif title := next((title for title in TITLES if word.endswith(title) and len(word) > len(title)), ""):
            names.append(word.removesuffix(title))
            titles.append(title)
        else:
            names.append(word)
    return Spoken(key(plain), tuple(map(key, filter(None, names))), tuple(titles), tail)


@dataclass(frozen=True)
class Known:
    """What of a contact can be recognised."""

    person: str
    organization: str
    memo: str
    phone: str


def closeness(said: Spoken, contact: Known) -> int:
    """How surely the spoken person is this contact: 0 no, 1 by part of the name, 2 by name, 3 by name and title."""
    own = spoken(contact.person)
    if not contact.phone.endswith(said.tail) or (said.titles and own.titles and not set(said.titles) & set(own.titles)):
        return 0
    about = key(contact.person + contact.organization + contact.memo)
    titled = bool(said.titles) and all(title in about for title in said.titles)
    base = "".join(own.names)
    called = "".join(name for name in said.names if name == base or name not in key(contact.organization))
    if said.whole == key(contact.person) or (called and called == base):
        return 3 if titled else 2
    given_name = len(called) >= 2 and len(base) == 3 and called == base[1:]
    surname = len(called) == 1 and base.startswith(called) and titled
    return 1 if given_name or surname else 0


def _strip(text: str) -> str:
    return _HONORIFIC.sub("", _PARTICLE.sub("", text))


def _initial(letter: str) -> str:
    code = ord(letter) - 0xAC00
    if 0 <= code < 11172:
        return _CHOSEONG[code // 588]
    jamo = ord(letter) - 0x1100
    return _CHOSEONG[jamo] if 0 <= jamo < len(_CHOSEONG) else letter
