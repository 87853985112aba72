"""Getting a message to the right person: what to do where a name fits several people, or nobody."""

import re
from collections.abc import Generator

from agent.model.offline.choice import chosen
from agent.model.offline.people import NUMBER, Person, named
from agent.model.offline.phrasing import without_tail
from agent.model.offline.plan import Outcome, Reply, Step, Wanted, ask, together

_CANDIDATE = re.compile(r"(?P<name>[가-힣A-Za-z][가-힣A-Za-z ]*)\((?P<about>[^(),]+), 끝번호 (?P<tail>\d{4})\)")
_SEVERAL = re.compile(r"여러|\d+\s?(?:명|개|건)입니다|둘 이상|동명")
_NOBODY = re.compile(r"(?:이름|연락처)[이가]? 없습니다")
_MOST_QUESTIONS = 3


def delivered(person: Person, body: str, first: Outcome) -> Generator[Step, Reply, Outcome]:
    """The outcome of the message: sent again only to someone named more exactly than before."""
    outcome = first
    if outcome.failed and _SEVERAL.search(outcome.text) and person.fully != person.name:
        outcome = yield from _sent(person.fully, body)
    for _ in range(_MOST_QUESTIONS):
        if not outcome.failed:
            break
        if _SEVERAL.search(outcome.text):
            to = yield from _which(person, outcome.text)
        elif _NOBODY.search(outcome.text):
            to = yield from _whom(person)
        else:
            break
        outcome = yield from _sent(to, body)
    return outcome


def _sent(to: str, body: str) -> Generator[Step, Reply, Outcome]:
    (outcome,) = yield from together(Wanted("phone_send_message", {"to": to, "text": body}))
    return outcome


def _which(person: Person, refusal: str) -> Generator[Step, Reply, str]:
    found = [
        {"title": f"{match['about']} {match['tail']}", "to": f"{match['name'].strip()} {match['tail']}"}
        for match in _CANDIDATE.finditer(refusal)
    ]
    listing = "\n".join(f"{number}. {person.name} ({item['title']})" for number, item in enumerate(found, 1))
    shown = f"'{person.name}' 연락처가 {len(found)}개입니다.\n{listing}" if found else refusal.split(". ")[0] + "."
    answer = yield from ask(f"{shown}\n누구에게 보낼까요?")
    if number := re.search(NUMBER, answer):
        return number.group()
    picked = chosen(without_tail(answer), found)
    said = re.sub(r"\s?(?:한테|에게|께|쪽|님|이요|요)+$", "", without_tail(answer))
    return picked["to"] if picked else f"{said} {person.name}"


def _whom(person: Person) -> Generator[Step, Reply, str]:
    answer = yield from ask(f"연락처에 '{person.name}' 이름이 없습니다. 어느 전화번호로 보낼까요?")
    if number := re.search(NUMBER, answer):
        return number.group()
    other = named(without_tail(answer))
    return other.name if other else answer
