"""One request may hold several: split where one command ends and the next begins."""

import re

from agent.model.offline.phrasing import masked, plain

_PAST = {
    "보낸": "보내",
    "옮긴": "옮겨",
    "미룬": "미뤄",
    "바꾼": "바꿔",
    "지운": "지워",
    "만든": "만들",
    "돌린": "돌려",
    "알린": "알려",
}
_VERBS = (
    "잡|잡아|만들|만들어|추가|추가해|등록|등록해|넣|넣어|예약|예약해|생성|생성해|적어|올려|옮기|옮겨|미루|미뤄"
    "|당기|당겨|바꾸|바꿔|변경|변경해"
    "|취소|취소해|지우|지워|삭제|삭제해|없애|보내|전하|전해|알리|알려|보여|보이|찾|찾아|검색|검색해|확인|확인해"
    "|실행|실행해|돌리|돌려|저장|저장해"
    "|요약|요약해|정리|정리해|읽|읽어|열|열어|조회|조회해|물어보|물어봐|공유|공유해|색인|색인해|체크|체크해|수정"
    "|수정해|연기|연기해"
)
_GIVEN = r"(?:\s?(?:해|하여))?\s?(?:주|놓|두|보|버리|주시)?"
_JOINED = re.compile(
    rf"(?<=[가-힣\s])(?:{_VERBS}|{'|'.join(_PAST)}){_GIVEN}(?:하)?(?:고\s?(?:나서|난\s?(?:다음|뒤|후)에?)?(?!\s?(?:있"
    rf"|싶))|(?:은|ㄴ|한|운|린|긴|난)?\s?(?:다음에?|뒤에?|후에)|면서|시고)(?=[\s,])"
)
_SERIAL = re.compile(
    r"(?<=[가-힣\s])(?:찾아서|검색해서|확인해서|요약해서|정리해서|읽어서|조회해서|잡아서|만들어서|보고서는)(?=[\s,])"
)
_LEADING_OVER = re.compile(r"(?:(?<=고)\s?(?:나서|난\s?(?:다음|뒤|후)에?)|\s?(?:다음에?|뒤에?|후에))$")
_SENTENCE = re.compile(
    r"(?:(?<=줘)|(?<=세요)|(?<=어요)|(?<=니다)|(?<=해)|(?<=래)|(?<=요))(?:[.!?]\s*|,\s*)(?=\S)|[.!?]\s+(?=\S)|\s*\n+\s*"
)
_ADVERB = re.compile(r"^(?:,\s*)?(?:그리고\s|그\s?(?:다음|뒤|후)에?\s|이어서\s|또\s|나서\s)+")


def clauses(text: str) -> list[str]:
    """The pieces a request could be cut into, from left to right; whether each is a request is for the reader."""
    hidden = masked(text)
    cuts = sorted({found.end() for pattern in (_JOINED, _SERIAL, _SENTENCE) for found in pattern.finditer(hidden)})
    pieces: list[str] = []
    start = 0
    for cut in [*cuts, len(text)]:
        if piece := plain(_ADVERB.sub("", text[start:cut].strip(" ,"))):
            pieces.append(_finished(piece))
        start = cut
    return pieces or [text]


def _finished(piece: str) -> str:
    """A clause that leads over to the next one, as if it stood alone: "취소한 다음에" becomes "취소"."""
    found = _LEADING_OVER.search(piece)
    if found is None:
        return piece
    verb = piece[: found.start()].rstrip()
    past = next((past for past in _PAST if verb.endswith(past)), "")
    return verb.removesuffix(past) + _PAST[past] if past else re.sub(r"(?:한|은)$", "", verb)
