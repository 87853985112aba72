"""The wrapping of a request: fillers before it, politeness after it, quotes inside it."""

import re
from dataclasses import dataclass

_FILLERS = re.compile(
    r"^(?:(?:모두야|모두|야|저기요?|혹시|음+|어+|아|그럼|그러면|그리고|그다음에?|그런데|근데|참|자|부탁인데|미안한데"
    r"|죄송한데|죄송하지만|그리구|또|그냥|일단|우선|먼저|나)(?:[\s,.!]+|$))+"
)
_GIVE = (
    r"줘요?|줘라|주라|주라고|줄래요?|주세요|주셔요|주실래요|주시겠어요|주시겠습니까|주십시오|주시죠|주시길|줄게"
    r"|주렴|주거라|주셨으면|줬으면|주었으면|줄까요?|달라|다오"
    r"|줄\s?수\s?(?:있어요?|있니|있나요?|있을까요?|있겠니|있냐)|주실\s?수\s?(?:있나요|있을까요|있으세요|있습니까"
    r"|있으신가요|있어요|있을지요?)"
    r"|주시면\s?\S+|주면\s?(?:돼|좋겠어요?|고맙겠어|감사하겠어|안\s?돼|안\s?될까)"
)
_WISH = (
    r"(?:감사|고맙)(?:하겠습니다|하겠어요|합니다|해요|겠습니다|겠어요)|좋겠(?:어요?|습니다|네요?|다)"
    r"|부탁(?:해요?|드려요?|드립니다|드릴게요|드리겠습니다|드려도\s?될까요|합니다|할게요?|이에요)?|바랍니다|바라요"
    r"|바람|요망|할래|할까|하자"
    r"|ㄱㄱ|ㄱ|플리즈|plz|please|제발|빨리|얼른|지금\s?바로|당장|해줄래|해봐"
)
_KEEP = (
    r"봐봐|봐줘|봐라|봐요?|보자|볼래요?|볼까요?|볼\s?수\s?있(?:어요?|나요?|을까요?)|보세요|놔요?|놓아|놔둬|둬요?|두어"
    r"|두자|가자|봅시다|보고\s?싶어요?"
)
_TAIL = re.compile(
    rf"(?:[\s.!?~,;^…ㅋㅎㅠㅜ]+|(?<=[가-힣A-Za-z`'\"\d\s])(?:{_GIVE}|{_WISH}|{_KEEP})|(?<=[가-힣])요|(?<=\s)(?:좀"
    rf"|요)|(?<=\s)한번|(?<=\s)한\s번)$"
)
_DO = re.compile(r"\s*(?:해|하여|해서|하고|하기)$")
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|(?<![A-Za-z])'([^']+)'|‘([^’]+)’|「([^」]+)」|`([^`]+)`")


@dataclass(frozen=True)
class Quote:
    start: int
    end: int
    text: str


def quotes(text: str) -> list[Quote]:
    """The quoted parts, without their marks."""
    return [
        Quote(found.start(), found.end(), next(part for part in found.groups() if part is not None))
        for found in _QUOTED.finditer(text)
    ]


def masked(text: str) -> str:
    """The text with its quoted parts blanked out, of the same length."""
    for quote in quotes(text):
        text = text[: quote.start] + "□" * (quote.end - quote.start) + text[quote.end :]
    return text


def plain(text: str) -> str:
    """One line without the fillers in front of it."""
    return _FILLERS.sub("", " ".join(text.split())) or " ".join(text.split())


def without_tail(text: str) -> str:
    """The request without its polite ending: "잡아 주시겠어요?" becomes "잡아"."""
    while found := _TAIL.search(text):
        if found.start() == 0:
            return text.strip()
        text = text[: found.start()]
    return text.strip()


def without(text: str, *spans: tuple[int, int]) -> str:
    """The text with some spans cut out; a bar marks each cut so that its neighbours do not grow together."""
    for start, end in sorted(spans, reverse=True):
        text = f"{text[:start]} | {text[end:]}"
    return text


def phrase(text: str) -> str:
    """A noun phrase without cut marks, loose particles and blanks."""
    parts = [part.strip(" ,.:;!?~") for part in text.split("|")]
    joined = " ".join(part for part in parts if part and not re.fullmatch(_LOOSE, part))
    return " ".join(joined.split())


_LOOSE = (
    r"에|에는|에서|은|는|을|를|이|가|로|으로|도|까지|부터|동안|간|짜리로?|정도|쯤|의|만|날|하고|랑|이랑|와|과|좀|하나"
    r"|새로|로\s하나"
)


def without_particle(text: str) -> str:
    """A noun phrase without the particle at its end."""
    return re.sub(r"(?<=[가-힣A-Za-z\d)\"'])(?:을|를|은|는|이라는|라는|라고|이라고)$", "", text.strip()).strip()
