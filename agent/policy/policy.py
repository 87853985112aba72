"""One question, one answer: may this call run, must the user be asked, or not at all?

The model is assumed to obey every order hidden in outside text; what is decided here must hold even then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from agent.events import Effect
from agent.policy.rules import first_match
from agent.policy.spelling import spellings, stands_in
from agent.settings import Mode, Settings

_ADDRESSES = ("to", "recipient", "phone", "email", "url", "paths")
"""Arguments that say where something will go, now or later, or what is opened beyond the workspace."""
_TARGETS = (*_ADDRESSES, "path", "event_id", "command")
"""Arguments that say whom or what a call reaches."""
_DANGEROUS: tuple[Effect, ...] = ("send", "execute", "delete")


@dataclass(frozen=True)
class Verdict:
    """`reason` is one Korean sentence for the user (`ask`) or for the model (`deny`)."""

    action: Literal["allow", "ask", "deny"]
    reason: str = ""


@dataclass(frozen=True)
class Subject:
    """The call being judged: facts only."""

    tool: str
    """As offered: `phone_send_message`."""
    effect: Effect
    trusted: bool
    arguments: Mapping[str, Any]
    repaired: bool = False
    """The model wrote the call broken, and we mended it."""


@dataclass(frozen=True)
class Situation:
    """The session in which it is judged."""

    mode: Mode
    tainted: bool = False
    """Outside text is in the model's context."""
    user_words: str = ""
    remembered: frozenset[str] = field(default_factory=frozenset)
    """Tools the user let through for the rest of this session."""


def judge(subject: Subject, situation: Situation, settings: Settings) -> Verdict:
    """Denials first, then what must be asked, then what is let through; whatever is left asks."""
    if rule := _rule(settings.deny, subject, settings):
        return Verdict("deny", f"설정의 금지 규칙({rule})에 걸립니다.")
    if subject.effect == "read" and subject.trusted:
        rule = _rule(settings.ask, subject, settings)
        return Verdict("ask", f"설정의 확인 규칙({rule})입니다.") if rule else Verdict("allow")
    if situation.mode == "plan":
        return Verdict("deny", "plan 모드에서는 읽기만 합니다. 무엇을 할지 계획만 말하세요.")
    return _must_ask(subject, situation, settings) or _let_through(subject, situation, settings)


def _must_ask(subject: Subject, situation: Situation, settings: Settings) -> Verdict | None:
    if subject.effect == "execute":
        return Verdict("ask", "격리 없이 이 컴퓨터에서 실행되므로 언제나 확인합니다.")
    if rule := _rule(settings.ask, subject, settings):
        return Verdict("ask", f"설정의 확인 규칙({rule})입니다.")
    if subject.repaired:
        return Verdict("ask", "모델이 깨뜨려 쓴 호출을 고쳐 읽었으므로 확인합니다.")
    if situation.tainted and _is_dangerous(subject, settings) and not _target_is_users(subject, situation):
        return Verdict("ask", "외부 자료를 읽은 뒤이고, 대상이 사용자의 말에 없어 확인합니다.")
    return None


def _let_through(subject: Subject, situation: Situation, settings: Settings) -> Verdict:
    allowed = first_match(settings.allow, subject.tool, subject.arguments, settings.workspace, all)
    if allowed or subject.tool in situation.remembered:
        return Verdict("allow")
    if situation.mode == "auto" or (situation.mode == "edit" and subject.effect == "edit" and subject.trusted):
        return Verdict("allow")
    return Verdict("ask", "바꾸는 일이므로 실행 전에 확인합니다.")


def _rule(rules: Iterable[str], subject: Subject, settings: Settings) -> str | None:
    return first_match(rules, subject.tool, subject.arguments, settings.workspace)


def _is_dangerous(subject: Subject, settings: Settings) -> bool:
    """In the hands of someone who wrote the outside text."""
    # Where a name leads is decided when a contact is saved, long before something is sent there.
    aims = any(subject.arguments.get(name) for name in _ADDRESSES)
    return subject.effect in _DANGEROUS or not subject.trusted or aims or _edits_hidden_file(subject, settings)


def _edits_hidden_file(subject: Subject, settings: Settings) -> bool:
    """Shells, editors and build services run by what stands there: .envrc, .vscode, .github."""
    files = spellings("path", subject.arguments.get("path", ""), settings.workspace)
    parts = (part for [written, *_] in files for part in PurePosixPath(written).parts)
    return subject.effect == "edit" and any(part.startswith(".") for part in parts)


def _target_is_users(subject: Subject, situation: Situation) -> bool:
    """Every target argument stands, as it is, in what the user said themselves."""
    given = [subject.arguments[name] for name in _TARGETS if subject.arguments.get(name)]
    targets = [str(one) for value in given for one in (value if isinstance(value, list) else [value])]
    return bool(targets) and subject.trusted and all(stands_in(one, situation.user_words) for one in targets)
