"""The offline engine: continues a conversation by rules, as a pure function of its messages and tools."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from agent.contract import EngineStatus
from agent.model.contract import (
    AssistantMessage,
    Call,
    ChatRequest,
    Delta,
    Finished,
    Message,
    Text,
    Tokens,
    ToolMessage,
    ToolSpec,
    UserMessage,
)
from agent.model.offline.interpreter import interpret, is_request
from agent.model.offline.memory import remembered
from agent.model.offline.plan import Ask, Calls, Done, Outcome, Reply, Step, Wanted
from agent.model.offline.talk import not_offered
from agent.text import clean

_LONGEST_THREAD = 6
"""How many of the user's messages may belong to one request, through questions and answers."""


@dataclass(frozen=True)
class _Recorded:
    """Something the conversation holds after the request: calls with their outcomes, or a question with its answer."""

    names: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    question: str = ""
    answer: str = ""


class _Diverged(Exception):
    """The conversation did not go the way this plan goes."""


class OfflineModel:
    """Answers without a model."""

    name = "offline"
    context_tokens = 32_768
    recalls_reasoning = False

    async def count(self, request: ChatRequest) -> int | None:
        """There is no tokenizer."""
        return None

    async def status(self) -> EngineStatus:
        return EngineStatus(engine="offline", model="offline", url="", context_tokens=self.context_tokens)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """Continue the conversation; the same messages always give the same deltas."""
        step = next_step(request)
        if isinstance(step, Calls):
            for wanted in step.calls:
                yield _call(wanted, request.tools)
        else:
            yield Text(text=step.question if isinstance(step, Ask) else step.text)
        yield Tokens()
        yield Finished(reason="tool_calls" if isinstance(step, Calls) else "stop")

    async def close(self) -> None:
        """Nothing is open."""


def next_step(request: ChatRequest) -> Step | Done:
    """What comes next: calls, a question, or the answer."""
    messages = request.messages
    users = [place for place, message in enumerate(messages) if isinstance(message, UserMessage)]
    if not users:
        return Done("무엇을 도와드릴까요?")
    for place in _beginnings(messages, users):
        try:
            step = _replayed(messages, place, request.tools)
        except _Diverged:
            continue
        return _offered(step, request.tools)
    return _reported(messages[users[-1] + 1 :])


def _beginnings(messages: Sequence[Message], users: list[int]) -> list[int]:
    """Where the running request may have begun, the earliest first: further back only through questions."""
    found = [users[-1]]
    for earlier, later in zip(reversed(users[:-1]), reversed(users), strict=False):
        before = messages[later - 1]
        asked = isinstance(before, AssistantMessage) and not before.calls and before.text.rstrip().endswith("?")
        if not asked or len(found) == _LONGEST_THREAD:
            break
        found.append(earlier)
    return found[::-1]


def _replayed(messages: Sequence[Message], place: int, tools: Sequence[ToolSpec]) -> Step | Done:
    """Run the plan of the request at `place` over what is recorded after it.

    Raises:
        _Diverged: the record is not one of this plan.
    """
    request = messages[place]
    if not isinstance(request, UserMessage):
        raise _Diverged
    plan = interpret(clean(request.text), request.attached, remembered(messages[:place]))
    reply: Reply | None = None
    recorded = _record(messages[place + 1 :])
    while True:
        try:
            step = next(plan) if reply is None else plan.send(reply)
        except StopIteration as finished:
            if recorded:
                raise _Diverged from None
            done: Done = finished.value
            return done
        if not recorded:
            return step
        reply = _reply(step, recorded.pop(0), tools)


def _reply(step: Step, recorded: _Recorded, tools: Sequence[ToolSpec]) -> Reply:
    if isinstance(step, Ask):
        if step.question != recorded.question or is_request(recorded.answer):
            raise _Diverged
        return recorded.answer
    if recorded.names != tuple(_call(wanted, tools).name for wanted in step.calls):
        raise _Diverged
    return recorded.outcomes


def _record(messages: Sequence[Message]) -> list[_Recorded]:
    results = {message.call_id: message for message in messages if isinstance(message, ToolMessage)}
    recorded: list[_Recorded] = []
    question = ""
    for message in messages:
        match message:
            case AssistantMessage(calls=calls) if calls:
                outcomes = tuple(_outcome(results.get(call.id)) for call in calls)
                recorded.append(_Recorded(names=tuple(call.name for call in calls), outcomes=outcomes))
            case AssistantMessage(text=text):
                question = text
            case UserMessage(text=text):
                recorded.append(_Recorded(question=question, answer=clean(text)))
    return recorded


def _outcome(message: ToolMessage | None) -> Outcome:
    if message is None:
        return Outcome("결과가 기록되지 않았습니다.", failed=True)
    return Outcome(message.text, message.failed)


def _call(wanted: Wanted, tools: Sequence[ToolSpec]) -> Call:
    if any(tool.name == wanted.tool for tool in tools):
        return Call(name=wanted.tool, arguments=wanted.arguments)
    return Call(name="use_tool", arguments={"tool": wanted.tool, "arguments": wanted.arguments})


def _offered(step: Step | Done, tools: Sequence[ToolSpec]) -> Step | Done:
    """The step, if its tools can be reached at all."""
    names = {tool.name for tool in tools}
    if isinstance(step, Calls) and "use_tool" not in names:
        missing = [wanted.tool for wanted in step.calls if wanted.tool not in names]
        if missing:
            return Done(not_offered(missing[0]))
    return step


def _reported(messages: Sequence[Message]) -> Done:
    """What the tools answered, where another model began the turn: nothing is done twice."""
    results = [Outcome(message.text, message.failed) for message in messages if isinstance(message, ToolMessage)]
    lines = [str(outcome.value.get("summary") or outcome.text)[:400] for outcome in results]
    return Done(
        "여기까지의 결과입니다.\n" + "\n".join(f"- {line}" for line in lines) if lines else "무엇을 도와드릴까요?"
    )
