"""The chunks of one streamed reply as clean deltas."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Literal

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from openai.types.completion_usage import CompletionUsage

from agent.errors import ModelFailed
from agent.model.assembly import CallAssembly
from agent.model.contract import Call, Delta, Finished, Reasoning, Tokens
from agent.model.think import ThinkSplitter

_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half an emoji, cut by the server: it can be neither stored nor sent back."""


async def deltas(chunks: AsyncIterator[ChatCompletionChunk], done: Callable[[], bool]) -> AsyncGenerator[Delta, None]:
    """See `agent.model.contract`. `done` tells whether the stream closed in order, with or without a finish reason.

    Raises:
        ModelFailed: the stream ended before the server said how.
    """
    splitter, calls = ThinkSplitter(), CallAssembly()
    reason, tokens = "", None
    async for chunk in chunks:
        tokens = _tokens(chunk.usage) if chunk.usage else tokens
        for choice in (chunk.choices or ())[:1]:
            if thought := _reasoning(choice.delta):
                yield Reasoning(text=thought)
            for said in splitter.feed(_SURROGATE.sub("", choice.delta.content or "")):
                yield said
            for piece in choice.delta.tool_calls or ():
                calls.add(piece)
            reason = choice.finish_reason or reason
    for said in splitter.flush():
        yield said
    if not reason and not done():
        raise ModelFailed(
            "모델 서버의 답이 끝나기 전에 끊겼습니다.", hint="다시 시도하세요. 되풀이되면 서버의 로그를 확인하세요."
        )
    made = calls.finish(truncated=reason == "length")
    for call in made:
        yield call
    if tokens:
        yield tokens
    yield Finished(reason=_reason(reason, made))


def _reason(reported: str, made: list[Call]) -> Literal["stop", "tool_calls", "length"]:
    if made:
        return "tool_calls"
    return "length" if reported == "length" else "stop"


def _reasoning(delta: ChoiceDelta) -> str:
    # vLLM >= 0.16 and Ollama say `reasoning`; SGLang, llama.cpp and older vLLM `reasoning_content`.
    extra = delta.model_extra or {}
    return _SURROGATE.sub("", str(extra.get("reasoning") or extra.get("reasoning_content") or ""))


def _tokens(usage: CompletionUsage) -> Tokens:
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return Tokens(
        input_tokens=usage.prompt_tokens or 0,
        output_tokens=usage.completion_tokens or 0,
        cached_tokens=(prompt and prompt.cached_tokens) or 0,
        reasoning_tokens=(completion and completion.reasoning_tokens) or 0,
    )
