"""Follows one reply of the model: what is said becomes events at once, and is gathered for the transcript."""

import itertools
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from agent.errors import ModelFailed
from agent.events import Notice, ReasoningDelta, ReplyRestarted, TextDelta
from agent.graph.state import Turn
from agent.model.contract import (
    Call,
    ChatRequest,
    Crossing,
    Delta,
    Finished,
    Reasoning,
    Remark,
    Restarted,
    Text,
    Tokens,
)
from agent.transcript.entries import Crossed


@dataclass
class Heard:
    """One whole reply."""

    said: list[str] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    tokens: Tokens = field(default_factory=Tokens)

    @property
    def text(self) -> str:
        return "".join(self.said)


async def listen(asked: ChatRequest, turn: int, step: int, runtime: Turn) -> Heard:
    """Ask and follow the answer. When the user has seen enough thinking, ask again for an answer without it.

    Raises:
        ModelUnavailable, ModelFailed, ContextOverflow: as `ChatModel.stream`.
    """
    heard, context = Heard(), runtime.context
    context.hurry.clear()
    attempts = itertools.count()
    with context.observer.chat(context.model.name) as observed:
        if not await _follow(asked, heard, turn, step, attempts, runtime):
            runtime.stream_writer(Notice(text="생각을 멈추고 바로 답하게 합니다."))
            await _follow(asked.model_copy(update={"thinking": "off"}), heard, turn, step, attempts, runtime)
        observed.tell(
            gen_ai__usage__input_tokens=heard.tokens.input_tokens,
            gen_ai__usage__output_tokens=heard.tokens.output_tokens,
            gen_ai__response__model=context.model.name,
        )
    if not heard.text.strip() and not heard.calls:
        raise ModelFailed("모델이 빈 답을 돌려주었습니다.", hint="다시 시도하거나 다른 모델을 고르세요.")
    return heard


async def _follow(
    asked: ChatRequest, heard: Heard, turn: int, step: int, attempts: "itertools.count[int]", runtime: Turn
) -> bool:
    """False if the user broke off the thinking."""
    hurry = runtime.context.hurry
    async with aclosing(runtime.context.model.stream(asked)) as deltas:
        async for delta in deltas:
            if isinstance(delta, Crossing):
                # Written before it leaves: the generator sends only when it is asked for the next delta.
                await _audit(crossed(delta, step, next(attempts)), turn, runtime)
                continue
            _take(delta, heard, runtime)
            if isinstance(delta, Reasoning) and hurry.is_set() and not heard.said and asked.thinking != "off":
                return False
    return True


async def _audit(left: Crossed, turn: int, runtime: Turn) -> None:
    ledger = runtime.context.ledger
    told = any(earlier.endpoint == left.endpoint for earlier in ledger.of(turn, Crossed))
    await ledger.append(turn, left)
    if not told:
        runtime.stream_writer(Notice(text=left.shown))


def _take(delta: Delta, heard: Heard, runtime: Turn) -> None:
    match delta:
        case Reasoning(text=text):
            heard.thought.append(text)
            runtime.stream_writer(ReasoningDelta(text=text))
        case Text(text=text):
            heard.said.append(text)
            runtime.stream_writer(TextDelta(text=text))
        case Restarted():
            heard.said.clear()
            heard.thought.clear()
            runtime.stream_writer(ReplyRestarted())
        case Call():
            heard.calls.append(delta)
        case Tokens():
            heard.tokens = delta
        case Remark(text=text):
            runtime.stream_writer(Notice(text=text))
        case Finished(reason="length") if not heard.calls:
            runtime.stream_writer(Notice(text="답이 길이 한도에서 잘렸습니다. '계속해 줘'라고 하면 이어서 합니다."))


def crossed(crossing: Crossing, step: int, attempt: int) -> Crossed:
    """The audit row of a request that leaves the user's own machines."""
    return Crossed(step=step, attempt=attempt, **crossing.model_dump())


def whole(deltas: Sequence[Delta]) -> str:
    """The text of deltas that nobody watches come in."""
    said: list[str] = []
    for delta in deltas:
        match delta:
            case Text(text=text):
                said.append(text)
            case Restarted():
                said.clear()
    return "".join(said)
