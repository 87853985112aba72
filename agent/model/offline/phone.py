"""Sending text messages: to whom, and in which words."""

import re

from agent.model.offline.clause import Clause
from agent.model.offline.people import Person, named
from agent.model.offline.phrasing import phrase, quotes, without, without_tail
from agent.model.offline.plan import Done, Outcome, Plan, Stop, Wanted, ask, failure, together
from agent.model.offline.recipient import delivered
from agent.model.offline.reported import is_reported, spoken

_MESSAGE = r"(?:문자\s?메시지|문자|메시지|메세지|답장|답문|SMS|sms|카톡|카카오톡|톡)"
_COMMAND = re.compile(
    rf"(?:^|(?<=\s)|(?<=고)|(?<=\|))(?:{_MESSAGE}(?:으로|로|를|을|도)?\s?)?(?:좀\s|하나\s|한\s?통\s|한\s?번\s"
    rf"|다시\s|바로\s|대신\s|꼭\s)*"
    r"(?:보내|보내고|전송|전송해|발송해|문자해|문자하고|연락해|전해|전하고|전달해|남겨|답장해|날려|쏴|물어봐|물어"
    r"|알려|알리고|말해|얘기해|이야기해|공유해|통보해|넣어|쳐|찍어|톡해|카톡해|해"
    rf"|{_MESSAGE}(?:\s?좀)?)(?:고|하고|놔|서)?(?:\s?나서)?$"
)
_BEFORE_COLON = re.compile(
    rf"{_MESSAGE}[^:\n]{{0,14}}:\s*(?P<body>.+)$|^[^:\n]{{0,30}}(?:보내|전해|알려)[^:\n]{{0,8}}:\s*(?P<other>.+)$"
)
_ORDER_FIRST = re.compile(
    rf"{_MESSAGE}(?:를|을|로|도)?\s?(?:좀\s|하나\s|한\s?통\s)*(?:보내|전송해|남겨|해|부탁)\s?\S{{0,6}}[\s.!,]+(?P<body>\S.+)$"
)
_REPORT_END = re.compile(r"(?:(?:다|라|자|냐)[고구]|달라[고구]|(?<=[는은인한된갈올할될낸난])지)(?=\s|$|\|)")
_REFERENCE = re.compile(
    r"(?:(?:이|그|저|위|방금|찾은|해당)\s?)?(?:것도|거|것|걸|내용|일정|결과|사실|그대로|요약|정보|시간|변경\s?(?:사항"
    r"|내용)|회의\s?(?:일정|시간|정보)|약속|링크)?(?:을|를|도|은|이)?"
)
_KAKAO = re.compile(r"카톡|카카오톡")
_YES = re.compile(r"^(?:네|넵|예|응|어|그래|좋아|ㅇㅇ|ㅇㅋ|오케이|ok|문자로|보내)", re.IGNORECASE)
_FINITE = re.compile(r"(?:다|요|죠|까|네|음|함|임|됨|해|줘|야|게|어|ㅎ|ㅋ|~|!|\?|습니다|세요)$")
_EVERYONE = re.compile(
    r"(?<![가-힣])(?:참석자|참석자들|참가자|다들|모두|전원)(?:\s?모두|\s?전원)?(?:한테|에게|께)(?:도|는)?"
)


def send(clause: Clause) -> Plan:
    """Send a message; the recipient and the words are asked for where they are missing."""
    if _KAKAO.search(clause.hidden):
        answer = yield from ask("카카오톡은 보낼 수 없고 문자만 보낼 수 있습니다. 대신 문자로 보낼까요?")
        if not _YES.match(answer):
            raise Stop("알겠습니다. 보내지 않았습니다.")
    people, body = _people(clause), written(clause)
    while not people:
        answer = yield from ask("누구에게 보낼까요?")
        mention = Clause(answer).to
        alone = named(answer)
        people = mention.people if mention else (alone,) if alone else ()
    if not body and clause.before and clause.before.note:
        body = clause.before.note
    if not body:
        name = people[0].name
        body = _answered((yield from ask(f"{name}에게 무슨 내용을 보낼까요?")))
    outcomes = yield from together(
        *(Wanted("phone_send_message", {"to": person.name, "text": body}) for person in people)
    )
    return (yield from _sent(people, outcomes, body))


def written(clause: Clause) -> str:
    """The words of the message, or nothing where the clause has none of its own."""
    text = clause.text.strip()
    if found := _BEFORE_COLON.search(text):
        return (found.group("body") or found.group("other")).strip(" \"'“”")
    if clause.quotes:
        return max((quote.text for quote in clause.quotes), key=len)
    core = clause.core
    if (late := _ORDER_FIRST.search(text)) and not _COMMAND.search(core):
        return _answered(late.group("body"))
    spans = [(mention.start, mention.end) for mention in (clause.to,) if mention]
    spans += [found.span() for found in _EVERYONE.finditer(core)]
    rest = without(core, *spans)
    rest = _COMMAND.sub("", rest).strip()
    rest = re.sub(rf"(?:^|(?<=\s)){_MESSAGE}(?:으로|로)(?=\s|$)", " ", rest)
    ends = list(_REPORT_END.finditer(rest))
    if ends:
        return spoken(_clean(rest[: ends[-1].end()]))
    rest = _clean(re.sub(rf"(?:^|\s){_MESSAGE}(?:를|을)?\s*$", "", rest))
    if not rest or _REFERENCE.fullmatch(rest):
        return ""
    return rest if _FINITE.search(rest) else ""


def topic(clause: Clause) -> str:
    """What the message shall be about where it says no words of its own: "내일 일정" of "내일 일정 민수에게 보내줘"."""
    if written(clause):
        return ""
    mention = clause.to
    rest = without(clause.core, *([(mention.start, mention.end)] if mention else []))
    rest = re.sub(rf"(?:^|(?<=\s)){_MESSAGE}(?:으로|로)(?=\s|$)", " ", _COMMAND.sub("", rest))
    rest = _clean(rest)
    return "" if _REFERENCE.fullmatch(rest) else rest


def _people(clause: Clause) -> tuple[Person, ...]:
    before = clause.before
    if before and before.event.get("attendees") and _EVERYONE.search(clause.hidden):
        return tuple(Person(str(name)) for name in before.event["attendees"])
    if clause.to:
        return clause.to.people
    return ()


def _clean(text: str) -> str:
    text = re.sub(r"^(?:\s|\|)*(?:에게|한테|께)\s", "", text)
    return phrase(text)


def _answered(text: str) -> str:
    """An answer or an addition as the words of a message: quotes stay verbatim, reported speech is turned."""
    if found := quotes(text):
        return found[0].text
    core = without_tail(text)
    told = re.sub(r"\s?(?:문자\s?)?(?:보내|전해|말해|해|알려|물어)$", "", core)
    return spoken(told) if is_reported(told) and _REPORT_END.search(told) else text.strip()


def _sent(people: tuple[Person, ...], outcomes: tuple[Outcome, ...], body: str) -> Plan:
    lines: list[str] = []
    failed: list[str] = []
    for person, first in zip(people, outcomes, strict=False):
        outcome = yield from delivered(person, body, first)
        if outcome.failed:
            failed.append(failure(outcome))
        else:
            lines.append(_receipt(person, outcome, body))
    if failed and not lines:
        raise Stop("\n".join(dict.fromkeys(failed)))
    return Done("\n".join([*lines, *failed]), person=people[0].name)


def _receipt(person: Person, outcome: Outcome, body: str) -> str:
    """What became of the message, honest about one that was only kept."""
    message = outcome.value.get("message")
    if not isinstance(message, dict):
        return str(outcome.value.get("summary") or f"{person.fully}에게 문자를 보냈습니다: {body}")
    to = message.get("contact") or message.get("person") or message.get("to") or person.fully
    kept = message.get("delivery") == "local"
    deed = "보낼 문자를 저장했습니다(이 컴퓨터에만 저장, 실제 발송 안 됨)" if kept else "문자를 보냈습니다"
    return f"{to}에게 {deed}: {message.get('text', body)}"
