"""A whole request as one plan: its clauses in order, each with what came of the one before."""

import re
from collections.abc import Callable, Generator

from agent.model.offline import calendar, calendar_change, code, documents, phone, phone_read, talk
from agent.model.offline.clause import Clause
from agent.model.offline.clauses import clauses
from agent.model.offline.intents import COMMANDS, intent_of
from agent.model.offline.plan import Ask, Done, Plan, Reply, Step, Stop

PLANS: dict[str, Callable[[Clause], Plan]] = {
    "hello": talk.hello,
    "thanks": talk.thanks,
    "help": talk.capabilities,
    "unable": talk.unable,
    "other": talk.unable,
    "dial": talk.dial,
    "create": calendar.create,
    "list_events": calendar.list_events,
    "free": calendar.free,
    "change": calendar_change.change,
    "cancel": calendar_change.cancel,
    "send": phone.send,
    "read_messages": phone_read.read_messages,
    "list_calls": phone_read.list_calls,
    "summarize_call": phone_read.summarize_call,
    "find_contact": phone_read.find_contact,
    "save_contact": phone_read.save_contact,
    "search_documents": documents.search_documents,
    "read_document": documents.read_document,
    "index": documents.index,
    "list_sources": documents.list_sources,
    "search_code": code.search_code,
    "read_file": code.read_file,
    "list_files": code.list_files,
    "run": code.run,
    "git_status": code.git_status,
    "git_diff": code.git_diff,
    "edit_file": code.edit_file,
    "write_file": code.write_file,
}
_TOPICS = ("list_events", "find_contact", "search_documents", "free", "list_calls")
"""What a message can be about: read first, then sent."""


_LONGEST = 2000
"""Characters of a request that are read; more than that is no command."""


def interpret(text: str, attached: str, earlier: Done | None) -> Plan:
    """The plan of a request. `earlier` is what the turns before it came to: "그 일정", "그 사람"."""
    if attached and re.search(r"요약|정리|핵심|줄여|간추려", text):
        return talk.summarize_attached(attached)
    said: list[str] = []
    before = earlier
    for piece in divided(text[:_LONGEST], earlier):
        try:
            before = yield from _after(said, _planned(Clause(piece, before)))
        except Stop as stop:
            said.append(str(stop))
            break
        said.append(before.text)
    return Done("\n".join(said))


def divided(text: str, earlier: Done | None = None) -> list[str]:
    """The requests in a text. A piece that is none by itself belongs to its neighbour."""
    requests: list[str] = []
    pending = ""
    for piece in clauses(text):
        joined = f"{pending} {piece}".strip()
        before = Done("") if requests else earlier
        if intent_of(Clause(piece, before)) in COMMANDS and intent_of(Clause(joined, before)) in COMMANDS:
            if requests and _only_notes(piece, requests[-1]):
                requests[-1] = f"{requests[-1]} {piece}"
            else:
                requests.append(joined)
            pending = ""
        else:
            pending = joined
    if pending and requests and intent_of(Clause(pending)) not in ("hello", "thanks"):
        # Words of a message follow the order to send it; a detail of anything else reads as well before it.
        sends = intent_of(Clause(requests[-1])) == "send"
        requests[-1] = f"{requests[-1]} {pending}" if sends else f"{pending} {requests[-1]}"
    elif pending and not requests:
        requests = [pending]
    return requests or [text]


def _only_notes(piece: str, before: str) -> bool:
    """ "수요일 4시에 면담 있어. 달력에 적어놔": the second sentence only says what to do with the first."""
    clause = Clause(piece)
    if not Clause(before).points or clause.points:
        return False
    match intent_of(clause):
        case "create":
            return not calendar.drafted(clause).title
        case "cancel":
            return not calendar_change.target_words(clause)
        case _:
            return False


def is_request(text: str) -> bool:
    """The text asks for something by itself, rather than answering a question."""
    last = divided(text)[-1]
    return intent_of(Clause(last)) in COMMANDS - {"create", "search_documents"} or bool(
        re.search(r"(?:줘|주세요|알려|잡아|찾아|보여|뭐야|얼마야|할까\?|있어\?)[요.?!\s]*$", text)
        and intent_of(Clause(last)) in COMMANDS
    )


def _planned(clause: Clause) -> Plan:
    intent = intent_of(clause)
    if intent == "send" and (about := phone.topic(clause)):
        topic = Clause(f"{about} 알려줘", clause.before)
        follows = bool(clause.before and clause.before.note) and intent_of(topic) == "search_documents"
        if intent_of(topic) in _TOPICS and not follows:
            return _about(topic, clause, intent_of(topic))
    return PLANS[intent](clause)


def _about(topic: Clause, clause: Clause, intent: str) -> Plan:
    found = yield from PLANS[intent](topic)
    if not found.note:
        return found
    sent = yield from phone.send(Clause(clause.text, found))
    return Done(f"{found.text}\n{sent.text}", note=found.note, person=sent.person)


def _after(said: list[str], plan: Plan) -> Generator[Step, Reply, Done]:
    """The plan, with what was already said put before its first question."""
    reply: Reply | None = None
    while True:
        try:
            step = next(plan) if reply is None else plan.send(reply)
        except StopIteration as finished:
            done: Done = finished.value
            return done
        if isinstance(step, Ask) and said:
            step = Ask("\n".join([*said, step.question]))
            said.clear()
        reply = yield step
