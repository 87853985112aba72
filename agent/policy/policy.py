"""One question, one answer: may this call run, must the user be asked, or not at all?

The model is assumed to obey every order hidden in outside text; what is decided here must hold even then.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.events import Effect
from agent.policy.rules import any_matches
from agent.settings import Mode, Settings

_TARGETS = ("to", "recipient", "phone", "email", "url", "path", "event_id", "command")
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
    if rule := any_matches(settings.deny, subject.tool, subject.arguments):
        return Verdict("deny", f"설정의 금지 규칙({rule})에 걸립니다.")
    if subject.effect == "read" and subject.trusted:
        rule = any_matches(settings.ask, subject.tool, subject.arguments)
        return Verdict("ask", f"설정의 확인 규칙({rule})입니다.") if rule else Verdict("allow")
    if situation.mode == "plan":
        return Verdict("deny", "plan 모드에서는 읽기만 합니다. 무엇을 할지 계획만 말하세요.")
    return _must_ask(subject, situation, settings) or _let_through(subject, situation, settings)


def _must_ask(subject: Subject, situation: Situation, settings: Settings) -> Verdict | None:
    if subject.effect == "execute":
        return Verdict("ask", "격리 없이 이 컴퓨터에서 실행되므로 언제나 확인합니다.")
    if rule := any_matches(settings.ask, subject.tool, subject.arguments):
        return Verdict("ask", f"설정의 확인 규칙({rule})입니다.")
    reaches_out = subject.effect in _DANGEROUS or not subject.trusted
    if situation.tainted and reaches_out and not _target_is_users(subject, situation):
        return Verdict("ask", "외부 자료를 읽은 뒤이고, 대상이 사용자의 말에 없어 확인합니다.")
    return None


def _let_through(subject: Subject, situation: Situation, settings: Settings) -> Verdict:
    if any_matches(settings.allow, subject.tool, subject.arguments) or subject.tool in situation.remembered:
        return Verdict("allow")
    if situation.mode == "auto" or (situation.mode == "edit" and subject.effect == "edit" and subject.trusted):
        return Verdict("allow")
    return Verdict("ask", "바꾸는 일이므로 실행 전에 확인합니다.")


def _target_is_users(subject: Subject, situation: Situation) -> bool:
    """Every target argument stands, as it is, in what the user said themselves."""
    targets = [str(subject.arguments[name]) for name in _TARGETS if subject.arguments.get(name)]
    said = _squeezed(situation.user_words)
    return bool(targets) and subject.trusted and all(_stands_in(_squeezed(target), said) for target in targets)


def _stands_in(target: str, said: str) -> bool:
    # A part of a number the user gave is another number.
    return re.search(rf"(?<!\d){re.escape(target)}(?!\d)", said) is not None


def _squeezed(text: str) -> str:
    """For comparison only: 010-1234-5678 and 010 1234 5678 are one number."""
    kept = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in kept if not char.isspace() and char != "-")
