"""`ChatModel` over any OpenAI-compatible server, by the `openai` package."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Literal, cast

import httpx2
from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from openai.types.completion_usage import CompletionUsage

from agent.errors import ModelFailed, ModelUnavailable
from agent.model.assembly import CallAssembly
from agent.model.contract import ChatRequest, Delta, Finished, Reasoning, Text, Tokens
from agent.model.think import ThinkSplitter
from agent.model.wire import body
from agent.settings import Profile
from agent.text import one_line


class OpenAIChat:
    """One served model at one base URL."""

    def __init__(self, client: AsyncOpenAI, served_name: str, profile: Profile) -> None:
        self._client = client
        self._served_name = served_name
        self._profile = profile

    @property
    def name(self) -> str:
        return self._served_name

    async def close(self) -> None:
        await self._client.close()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        """See `ChatModel.stream`."""
        try:
            async with await self._client.chat.completions.create(**self._body(request)) as chunks:
                async for delta in _deltas(chunks):
                    yield delta
        except APIStatusError as error:
            raise _status_error(error) from error
        except APIConnectionError as error:
            raise ModelUnavailable(
                f"모델 서버({self._client.base_url})와 연결이 되지 않습니다.",
                hint="서버가 켜져 있는지 확인하거나 --model offline 으로 내장 엔진을 쓰세요.",
            ) from error
        except (APIError, httpx2.HTTPError, json.JSONDecodeError) as error:
            raise ModelFailed(
                f"모델 서버의 답이 중간에 끊기거나 깨졌습니다: {one_line(str(error), 200)}",
                hint="다시 시도하세요. 되풀이되면 서버의 로그를 확인하세요.",
            ) from error

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        sampling = {"temperature": self._profile.temperature, "top_p": self._profile.top_p}
        return {
            "model": self._served_name,
            **body(request),
            **{key: value for key, value in sampling.items() if value is not None},
            "stream": True,
            "stream_options": {"include_usage": True},
            "extra_body": self._profile.extra_body or None,
        }


async def _deltas(chunks: AsyncIterator[ChatCompletionChunk]) -> AsyncIterator[Delta]:
    splitter, calls = ThinkSplitter(), CallAssembly()
    reason: str | None = None
    async for chunk in chunks:
        if chunk.usage:
            yield _tokens(chunk.usage)
        for choice in chunk.choices[:1]:
            if thought := _reasoning(choice.delta):
                yield Reasoning(text=thought)
            for said in splitter.feed(choice.delta.content or ""):
                yield said
            for piece in choice.delta.tool_calls or ():
                if piece.function:
                    calls.add(piece.index, piece.function.name, piece.function.arguments)
            reason = choice.finish_reason or reason
    for said in splitter.flush():
        yield said
    made = calls.finish(truncated=reason == "length")
    for call in made:
        yield call
    yield Finished(reason=cast(Literal["tool_calls", "length", "stop"], _reason(reason, bool(made))))


def _reason(reported: str | None, called: bool) -> str:
    if called:
        return "tool_calls"
    return "length" if reported == "length" else "stop"


def _reasoning(delta: ChoiceDelta) -> str:
    # vLLM >= 0.16 and Ollama say `reasoning`; SGLang, llama.cpp and older vLLM `reasoning_content`.
    extra = delta.model_extra or {}
    return str(extra.get("reasoning") or extra.get("reasoning_content") or "")


def _tokens(usage: CompletionUsage) -> Tokens:
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return Tokens(
        input_tokens=usage.prompt_tokens or 0,
        output_tokens=usage.completion_tokens or 0,
        cached_tokens=(prompt and prompt.cached_tokens) or 0,
        reasoning_tokens=(completion and completion.reasoning_tokens) or 0,
    )


def _status_error(error: APIStatusError) -> ModelFailed:
    hints = {
        401: "API 키를 MODU_API_KEY 로 주세요.",
        403: "이 키로는 쓸 수 없는 모델입니다.",
        404: "주소 끝이 /v1 인지, 모델 이름이 맞는지 확인하세요.",
        429: "잠시 뒤에 다시 시도하세요.",
    }
    return ModelFailed(
        f"모델 서버가 오류를 돌려주었습니다 ({error.status_code}): {one_line(error.message, 300)}",
        hint=hints.get(error.status_code, "서버의 로그를 확인하세요."),
    )
