"""`ChatModel` over any OpenAI-compatible server, by the `openai` package."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx2
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, AsyncOpenAI, AsyncStream
from openai._streaming import ServerSentEvent
from openai.types.chat import ChatCompletionChunk

from agent.errors import ModelFailed, ModelUnavailable, UserError
from agent.model.chunks import deltas
from agent.model.contract import ChatRequest, Delta
from agent.model.wire import body
from agent.settings import Profile
from agent.text import one_line


class _Chunks(AsyncStream[ChatCompletionChunk]):
    """Remembers whether the server said that this was all: the package drops `[DONE]`."""

    done = False

    async def _iter_events(self) -> AsyncIterator[ServerSentEvent]:
        async for event in super()._iter_events():
            self.done = self.done or event.data.startswith("[DONE]")
            yield event


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
        begun = False
        try:
            async with await self._open(request) as chunks, aclosing(deltas(chunks, lambda: chunks.done)) as found:
                begun = True
                async for delta in found:
                    yield delta
        except APIStatusError as error:
            raise self._refused(error) from error
        except APIConnectionError as error:
            raise self._lost(error, begun=begun) from error
        except (APIError, httpx2.HTTPError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise _broken(error) from error

    def _refused(self, error: APIStatusError) -> ModelFailed:
        said = error.body.get("message") if isinstance(error.body, dict) else None
        shown, key = str(said or error.message), self._client.api_key
        if len(key) > len("none"):
            # A server that refuses a key may repeat it.
            shown = shown.replace(key, "•••")
        return ModelFailed(
            f"모델 서버가 오류를 돌려주었습니다 ({error.status_code}): {one_line(shown, 300)}",
            hint=_HINTS.get(error.status_code, "서버의 로그를 확인하세요."),
        )

    async def _open(self, request: ChatRequest) -> _Chunks:
        # Not `chat.completions.create`, which writes the messages before the tools: what grows must come last.
        return await self._client.post(
            "/chat/completions",
            cast_to=ChatCompletionChunk,
            body=self._body(request),
            stream=True,
            stream_cls=_Chunks,
        )

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        sampling = {"temperature": self._profile.temperature, "top_p": self._profile.top_p}
        return {
            "model": self._served_name,
            **{key: value for key, value in sampling.items() if value is not None},
            **self._profile.extra_body,
            "stream": True,
            "stream_options": {"include_usage": True},
            **body(request),
        }

    def _lost(self, error: APIConnectionError, *, begun: bool) -> UserError:
        if isinstance(error, APITimeoutError) and not isinstance(error.__cause__, httpx2.ConnectTimeout):
            return ModelFailed(
                f"모델 서버({self._client.base_url})가 제때 답하지 않았습니다.",
                hint="서버가 바쁜지 확인하거나 model_timeout 설정을 늘리세요.",
            )
        if begun:
            return _broken(error)
        return ModelUnavailable(
            f"모델 서버({self._client.base_url})와 연결이 되지 않습니다.",
            hint="서버가 켜져 있는지 확인하거나 --model offline 으로 내장 엔진을 쓰세요.",
        )


def _broken(error: Exception) -> ModelFailed:
    return ModelFailed(
        f"모델 서버의 답이 중간에 끊기거나 깨졌습니다: {one_line(str(error), 200)}",
        hint="다시 시도하세요. 되풀이되면 서버의 로그를 확인하세요.",
    )


_HINTS = {
    400: "요청이 모델의 문맥보다 길 수 있습니다. context_tokens 설정을 서버의 한도 아래로 맞추세요.",
    401: "API 키를 MODU_API_KEY 로 주세요.",
    403: "이 키로는 쓸 수 없는 모델입니다.",
    404: "주소 끝이 /v1 인지, 모델 이름이 맞는지 확인하세요.",
    429: "잠시 뒤에 다시 시도하세요.",
    503: "서버가 모델을 올리는 중일 수 있습니다. 잠시 뒤에 다시 시도하세요.",
}
