"""Reading the phone: messages, calls, call summaries and contacts."""

import re
from typing import Any

from agent.josa import josa
from agent.model.offline.clause import Clause
from agent.model.offline.morphemes import content_words
from agent.model.offline.people import NUMBER, mentioned, named
from agent.model.offline.phrasing import phrase, without, without_particle
from agent.model.offline.plan import Done, Plan, Stop, ask, call

_MESSAGE = r"(?:문자\s?메시지|문자|메시지|메세지|답장|SMS|sms|카톡|톡)"
_TALKED = re.compile(r"주고\s?받은|나눈|대화|오간|오고\s?간")
_NOISE = re.compile(
    rf"{_MESSAGE}(?:들)?(?:함|에서|으로|로|를|을|이|가|은|는|도|에)?|(?:보낸|받은|온|왔던|왔어|왔나|왔니|왔는지"
    rf"|왔|도착한|도착했어|있는지|있어|있나|있니|있었어|있었나)(?:요)?(?=\s|$)"
    r"|(?:보여|찾아|찾|알려|확인해|확인|읽어|검색해|목록|내역|내용|새로|새|최근|(?:안|못)\s?읽은|읽지\s?(?:않은"
    r"|못한)|나한테|저한테|내게|온\s거|뭐라고|뭐래|뭐|보냈어|보냈지|보냈나|보냈|요약해|정리해|중에서?|중|좀|혹시"
    r"|전부|모두|다|관련|관련된|얘기|이야기|말|한테|에게)(?=\s|$)"
)
_ARROWS = {"incoming": "받음", "outgoing": "보냄", "missed": "부재중"}
_SHOWN = 10


def read_messages(clause: Clause) -> Plan:
    """Find messages by person, time and word, or show a conversation."""
    who = clause.sender or clause.to or clause.companions
    contact = who.people[0].name if who else ""
    if not contact and (person := mentioned(clause.hidden)):
        contact = person.name
    if contact and _TALKED.search(clause.hidden):
        outcome = yield from call("phone_get_conversation", contact=contact)
        return _messages(outcome.items, f"{josa(contact, '과/와')} 주고받은 문자")
    text = _about(clause, contact)
    outcome = yield from call("phone_search_messages", text=text, contact=contact, when=clause.when)
    about = " ".join(filter(None, (clause.when, contact and f"{contact} 님의", text and f"'{text}'", "문자")))
    return _messages(outcome.items, about)


def list_calls(clause: Clause) -> Plan:
    """Show calls, or only the missed ones."""
    contact = _caller(clause)
    outcome = yield from call("phone_list_calls", contact=contact, when=clause.when)
    missed = bool(re.search(r"부재중|못\s?받|안\s?받|놓친", clause.hidden))
    items = [item for item in outcome.items if not missed or item.get("direction") == "missed"]
    about = " ".join(filter(None, (clause.when, contact and f"{contact} 님", "부재중 전화" if missed else "통화")))
    if not items:
        return Done(f"{josa(about, '이/가')} 없습니다.")
    lines = "\n".join(f"- {_call_line(item)}" for item in items[:_SHOWN])
    return Done(
        f"{josa(about, '은/는')} {len(items)}건입니다.\n{lines}", note=f"{about}\n{lines}", person=_name(items[0])
    )


def summarize_call(clause: Clause) -> Plan:
    """Summarise the newest call that has a transcript."""
    contact = _caller(clause)
    items = (yield from call("phone_list_calls", contact=contact, when=clause.when)).items
    about = " ".join(filter(None, (clause.when, contact and f"{josa(contact, '과/와')}의", "통화")))
    if not items:
        raise Stop(f"{josa(about, '이/가')} 없습니다.")
    recorded = next((item for item in items if item.get("has_transcript")), None)
    if recorded is None:
        raise Stop(f"{josa(about, '은/는')} 있지만 대화 기록이 있는 것이 없어 요약할 수 없습니다.")
    summary = (yield from call("phone_summarize_call", call_id=recorded["id"])).value
    text = _summary(summary, recorded)
    return Done(text, note=text, person=_name(recorded))


def find_contact(clause: Clause) -> Plan:
    """Look a person up."""
    query = _contact_words(clause) or _caller(clause)
    if not query:
        query = _named_or((yield from ask("누구의 연락처를 찾을까요?")))
    outcome = yield from call("phone_find_contact", query=query)
    found = outcome.items or ([outcome.value] if outcome.value.get("phone") else [])
    if not found:
        return Done(f"'{query}' 연락처가 없습니다.")
    lines = [_contact_line(item) for item in found]
    text = (
        f"{lines[0]}입니다."
        if len(lines) == 1
        else f"'{query}' 연락처는 {len(lines)}건입니다.\n" + "\n".join(f"- {line}" for line in lines)
    )
    return Done(text, note="\n".join(lines), person=str(found[0].get("person", "")))


def save_contact(clause: Clause) -> Plan:
    """Save a name and a number."""
    text = clause.text
    number = re.search(NUMBER, text)
    phone = number.group() if number else ""
    person = _saved_name(clause, number)
    email = re.search(r"[\w.+-]+@[\w-]+\.[\w.]+", text)
    if not person:
        person = _named_or((yield from ask("누구의 연락처로 저장할까요?")))
    while not phone:
        found = re.search(NUMBER, (yield from ask(f"{person} 님의 전화번호가 무엇입니까?")))
        phone = found.group() if found else ""
    outcome = yield from call("phone_save_contact", person=person, phone=phone, email=email.group() if email else "")
    contact = outcome.value.get("contact")
    saved = _contact_line(contact) if isinstance(contact, dict) else f"{person} {phone}"
    return Done(f"연락처를 저장했습니다. {saved}", note=saved, person=person)


def _caller(clause: Clause) -> str:
    for mention in (clause.companions, clause.sender, clause.to):
        if mention:
            return mention.people[0].name
    person = mentioned(clause.hidden)
    return person.name if person else ""


def _about(clause: Clause, contact: str) -> str:
    """The words that the messages shall contain."""
    if clause.quotes:
        return clause.quotes[0].text
    spans = [(span.start, span.end) for span in clause.points]
    spans += [(mention.start, mention.end) for mention in (clause.sender or clause.to or clause.companions,) if mention]
    rest = without(clause.core, *spans)
    if contact:
        rest = re.sub(rf"{re.escape(contact)}(?:\s?님|\s?씨)?(?:이|가|의|랑|이랑|와|과)?(?=\s|$)", " ", rest)
    rest = _NOISE.sub(" ", phrase(_NOISE.sub(" ", rest)))
    words = content_words(without_particle(phrase(rest)))
    return " ".join(word for word in words if word not in ("거", "것", "나", "번", "개", "통", "건"))


def _contact_words(clause: Clause) -> str:
    before = re.split(r"(?:의\s)?(?:연락처|전화\s?번호|휴대폰|핸드폰|번호|이메일|메일|폰번|전번)", clause.core)[0]
    words = without_particle(re.sub(r"(?:\s의|의)$", "", phrase(before)))
    last = words.split()
    person = named(words) or named(" ".join(last[-2:])) or mentioned(words)
    return person.name if person else "" if mentioned(clause.hidden) else words


def _named_or(answer: str) -> str:
    person = named(answer)
    return person.name if person else answer


def _saved_name(clause: Clause, number: re.Match[str] | None) -> str:
    text = clause.text[: number.start()] + " | " + clause.text[number.end() :] if number else clause.text
    for pattern in (
        r"(?:저장|등록|추가)\S*\s?:\s*([가-힣A-Za-z]{2,10})",
        r"([가-힣A-Za-z]{2,10}?)(?:이라고|라고|으로|로|이름으로)\s+(?:좀\s)?(?:연락처에?\s|주소록에?\s)?(?:저장"
        r"|등록|추가)",
        r"([가-힣A-Za-z]{2,10}?)(?:의|이|님)?\s?(?:연락처|전화번호|번호)(?:는|은|를|을)?\s*\|",
        r"([가-힣]{2,4})(?:\s?님|\s?씨)?\s*(?:은|는)?\s*\|",
        r"\|\s*([가-힣]{2,4})(?=\s)",
    ):
        found = re.search(pattern, text)
        if found and found.group(1) not in ("번호", "연락처", "전화번호", "주소록", "이걸", "저장", "추가", "등록"):
            person = named(found.group(1))
            return person.name if person else found.group(1)
    person = mentioned(text)
    return person.name if person else ""


def _name(item: dict[str, Any]) -> str:
    return str(item.get("contact") or item.get("phone") or "")


def _messages(items: list[Any], about: str) -> Done:
    if not items:
        return Done(f"{josa(about, '이/가')} 없습니다.")
    lines = "\n".join(
        f"- {item.get('when', '')} {_name(item)}({_ARROWS.get(str(item.get('direction')), '')}): {item.get('text', '')}"
        for item in items[:_SHOWN]
    )
    count = f"{len(items)}건" if len(items) <= _SHOWN else f"{len(items)}건 가운데 {_SHOWN}건"
    return Done(f"{about} {count}입니다.\n{lines}", note=str(items[0].get("text", "")), person=_name(items[0]))


def _call_line(item: dict[str, Any]) -> str:
    length = f", {item['duration']}" if item.get("duration_seconds") else ""
    return f"{item.get('when', '')} {_name(item)} ({_ARROWS.get(str(item.get('direction')), '')}{length})"


def _summary(value: dict[str, Any], recorded: dict[str, Any]) -> str:
    said = [f"- {_turn(turn)}" for turn in value.get("sentences") or []]
    todos = [f"- {_turn(turn)}" for turn in value.get("todos") or []]
    head = f"{recorded.get('when', '')} {_name(recorded)} 통화에서 뽑은 내용입니다."
    parts = [head, str(value.get("headline") or value.get("summary") or ""), *said]
    if todos:
        parts += ["할 일", *todos]
    return "\n".join(part for part in parts if part)


def _turn(turn: Any) -> str:
    return f"{turn.get('speaker', '')}: {turn.get('text', '')}" if isinstance(turn, dict) else str(turn)


def _contact_line(item: dict[str, Any]) -> str:
    about = [str(item[key]) for key in ("organization", "email", "memo") if item.get(key)]
    extra = f" ({', '.join(about)})" if about else ""
    return f"{item.get('person', '')} {item.get('phone', '')}{extra}"
