"""What a call was about, picked out of its transcript word for word: nothing here is composed or guessed."""

import re
from collections.abc import Sequence

from mcp_servers.phone import entities
from mcp_servers.phone.models import Turn

_SHOWN, _TODOS = 5, 5
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s+|\n+")
_WEIGHTY = re.compile(
    r"까지|보내|보낼|확인|요청|부탁|약속|결정|확정|변경|취소|연기|미루|옮기|예약|계약|견적|입금|송금|납품|마감|제출|전달|"
    r"문제|급하|중요"
)
_PROMISE = re.compile(
    r"(?:할|드릴|둘|볼|갈|줄|낼|놓을|놀|릴|올|챙길|잡을|알릴|물어볼)게요?|겠습니다|겠어요|기로 (?:해|했|하)"
)
_REQUEST = re.compile(
    r"[가-힣] ?(?:주세요|주시|주실|줘|달라|주면|줄래|줄 수)|부탁|셔야|해야 (?:해|합|돼|됩)|바랍니다|까지.*(?:야|요청)"
)
_DEED = re.compile(
    r"보내|보낼|확인|연락|전화|전달|준비|예약|정리|수정|검토|제출|처리|알려|알아|공유|회신|작성|입금|송금|잡|챙기|챙길|물어|주문|"
    r"취소|등록|고치|옮기|가져|들르|찾아|사 |사다|맞추|보고|드릴|올리|올릴"
)
_SMALL_TALK = re.compile(r"여보세요|안녕하|^(?:네|예|응|아|음|그래요?|좋아요?|알겠(?:습니다|어요))[,.! ]*$")


def sentences(turns: Sequence[Turn]) -> list[Turn]:
    """The transcript as one turn per sentence."""
    return [
        Turn(speaker=turn.speaker, text=sentence.strip())
        for turn in turns
        for sentence in _SENTENCE_END.split(turn.text)
        if sentence.strip()
    ]


def telling(said: Sequence[Turn]) -> list[Turn]:
    """The few sentences that carry the call, in the order they were said."""
    known: set[str] = set()
    scored: list[tuple[float, int]] = []
    for place, turn in enumerate(said):
        facts = {*entities.times(turn.text), *entities.phones(turn.text), *entities.amounts(turn.text)}
        scored.append((_weight(turn.text, new=facts - known, old=facts & known), -place))
        known |= facts
    chosen = sorted((pair for pair in scored if pair[0] > 0), reverse=True)[:_SHOWN]
    return [said[-place] for place in sorted((place for _, place in chosen), reverse=True)]


def todos(said: Sequence[Turn]) -> list[Turn]:
    """Sentences in which somebody promises or is asked to do something."""
    found = [
        turn for turn in said if _DEED.search(turn.text) and (_PROMISE.search(turn.text) or _REQUEST.search(turn.text))
    ]
    return found[:_TODOS]


def _weight(text: str, new: set[str], old: set[str]) -> float:
    if _SMALL_TALK.search(text) and not new:
        return 0
    verbs = len(set(_WEIGHTY.findall(text)))
    pledge = bool(_PROMISE.search(text) or _REQUEST.search(text))
    digits = bool(re.search(r"\d", text))
    length = min(len(text), 60) / 120
    score = 2 * len(new) + 0.5 * len(old) + 1.5 * min(verbs, 3) + 1.5 * pledge + digits
    return score + length if score else (length if len(text) >= 15 else 0)
