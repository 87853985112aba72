"""Morphemes of a text, read by mecab-ko; its dictionary is opened by the first use."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_PARTICLES = ("이", "가", "은", "는", "을", "를", "의")
_CONTENT = ("NNG", "NNP", "NNBC", "NR", "SN", "SL", "SH", "XPN", "XSN", "XR")


@dataclass(frozen=True)
class Morpheme:
    surface: str
    tag: str
    meaning: str
    """Semantic class of the dictionary, such as 인명 or 지명."""


@lru_cache(maxsize=1)
def _tagger() -> Any:
    import mecab_ko

    return mecab_ko.Tagger()


@lru_cache(maxsize=512)
def morphemes(text: str) -> tuple[Morpheme, ...]:
    """Read one line of text."""
    found: list[Morpheme] = []
    for line in _tagger().parse(" ".join(text.split())).splitlines():
        surface, tab, features = line.partition("\t")
        if tab:
            tag, meaning, *_ = features.split(",")
            found.append(Morpheme(surface, tag, meaning))
    return tuple(found)


def last_tag(text: str) -> str:
    """The tag of the last morpheme."""
    found = morphemes(text)
    return found[-1].tag if found else ""


def is_person(word: str) -> bool:
    """The dictionary knows the word as one person's name."""
    found = morphemes(word)
    return len(found) == 1 and found[0].meaning == "인명"


def is_common(word: str) -> bool:
    """The dictionary reads a common noun or a pronoun here, alone or with a particle."""
    found = morphemes(word)
    return found[0].tag in ("NNG", "NP", "MAG") and all(part.tag.startswith(("J", "X", "NNB")) for part in found[1:])


def content_words(text: str) -> list[str]:
    """The nouns, numbers and foreign words of each blank-separated word, without particles and endings."""
    words = ("".join(_leading_content(word)) for word in text.split())
    return [word for word in words if word]


def _leading_content(word: str) -> list[str]:
    # A particle is told from the end of a noun by what follows.
    found = morphemes(f"{word} 있다")[:-2] if word.endswith(_PARTICLES) else morphemes(word)
    if len(found) > 1 and found[0].tag in ("MM", "MAG", "IC") and found[-1].tag in ("NNG", "NNP"):
        # The dictionary takes unknown words apart: "온" + "보딩".
        return [word]
    kept: list[str] = []
    for morpheme in found:
        if morpheme.tag.split("+")[0] not in _CONTENT and morpheme.surface not in "-_./":
            break
        kept.append(morpheme.surface)
    return kept
