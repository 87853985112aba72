"""What a request is turned into: a generator that yields tool calls and questions and returns what to say.

A plan has no state of its own. It is run again from its beginning for every model request, and what the conversation
already holds (results, answers) is fed to it; the first step that has no reply yet is what the engine says next.
"""

import json
import re
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Wanted:
    """A tool call, by the tool's full name whether it is offered or not."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Calls:
    """Calls that do not depend on each other."""

    calls: tuple[Wanted, ...]


@dataclass(frozen=True)
class Ask:
    """A question to the user; ends in a question mark."""

    question: str


@dataclass(frozen=True)
class Outcome:
    """What a tool answered."""

    text: str
    failed: bool = False

    @property
    def value(self) -> dict[str, Any]:
        """The structured result; empty where the tool answered with plain text."""
        try:
            value = json.loads(self.text)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {"items": value} if isinstance(value, list) else {}

    @property
    def items(self) -> list[Any]:
        """The listed results; of a result that was cut to size those that are whole."""
        found = self.value.get("items")
        return found if isinstance(found, list) else _whole_items(self.text)


@dataclass(frozen=True)
class Done:
    """What came of a clause."""

    text: str
    note: str = ""
    """What a message about it would say."""
    event: dict[str, Any] = field(default_factory=dict)
    """The event it was about."""
    person: str = ""
    """The person it was about."""
    listed: tuple[dict[str, Any], ...] = ()
    """The events it listed, in the order shown."""


_NEVER_MIND = re.compile(
    r"(?:아니(?:야|요|에요|다)?|됐어요?|됐습니다|취소(?:해줘?|할게요?)?|그만(?:둬|할래)?|하지\s?마(?:세요)?|안\s?할래요?"
    r"|필요\s?없어요?)[\s.!~]*$"
)

_FOR_MODELS = re.compile(
    r"[a-z]+_[a-z]+|(?<![A-Za-z])(?:start|end|duration|when|person|text|path|pattern|offset|cursor)(?![A-Za-z])"
)
"""A refusal tells a model which argument to give; people need only the reason."""

Step = Calls | Ask
Reply = tuple[Outcome, ...] | str
Plan = Generator[Step, Reply, Done]


class Stop(Exception):
    """The plan cannot go on; the text tells the user why."""


def call(tool: str, **arguments: Any) -> Generator[Step, Reply, Outcome]:
    """One call; empty arguments are left out.

    Raises:
        Stop: the tool failed.
    """
    outcome = yield from attempt(tool, **arguments)
    if outcome.failed:
        raise Stop(failure(outcome))
    return outcome


def attempt(tool: str, **arguments: Any) -> Generator[Step, Reply, Outcome]:
    """One call whose failure the plan handles itself."""
    (outcome,) = yield from together(Wanted(tool, present(arguments)))
    return outcome


def together(*calls: Wanted) -> Generator[Step, Reply, tuple[Outcome, ...]]:
    """Several calls at once."""
    reply = yield Calls(calls)
    return (Outcome(reply, failed=True),) if isinstance(reply, str) else reply


def ask(question: str) -> Generator[Step, Reply, str]:
    """The user's answer.

    Raises:
        Stop: the user would rather not.
    """
    reply = yield Ask(question)
    answer = reply.strip() if isinstance(reply, str) else ""
    if _NEVER_MIND.match(answer):
        raise Stop("알겠습니다. 하지 않겠습니다.")
    return answer


def present(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that have a value."""
    return {key: value for key, value in arguments.items() if value not in (None, "", [])}


def failure(outcome: Outcome) -> str:
    """A failed call, told to the user."""
    if any(word in outcome.text for word in ("거절", "거부", "승인하지 않", "허락하지 않")):
        return "알겠습니다. 실행하지 않았습니다."
    sentences = re.split(r"(?<=[.!?])\s+", outcome.text.strip())
    for_people = [sentence for sentence in sentences if not _FOR_MODELS.search(sentence)] or sentences[:1]
    return f"요청을 마치지 못했습니다. {' '.join(for_people) or '이유를 알 수 없습니다.'}"


def _whole_items(text: str) -> list[Any]:
    start = text.find('"items":[')
    if start < 0 or not text.startswith("{"):
        return []
    items: list[Any] = []
    position = start + len('"items":[')
    decoder = json.JSONDecoder()
    while position < len(text) and text[position] != "]":
        try:
            item, position = decoder.raw_decode(text, position)
        except ValueError:
            break
        items.append(item)
        position += text[position : position + 1] == ","
    return items
