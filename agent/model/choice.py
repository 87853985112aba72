"""Which model answers: the one the user names, else one that is in reach, else the offline engine."""

import asyncio
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from agent.errors import ModelUnavailable, UsageError
from agent.model.contract import ChatModel
from agent.settings import Profile, Settings

OFFLINE = "offline"
LOCAL_URLS = ("http://127.0.0.1:8000/v1", "http://127.0.0.1:30000/v1", "http://127.0.0.1:8080/v1")
"""Where vLLM, SGLang and llama.cpp listen by default."""
_PROBE_SECONDS, _CONNECT_SECONDS = 0.3, 3.0


@dataclass(frozen=True)
class Choice:
    """A model, the size of its context, and what the user should be told about the choice."""

    model: ChatModel
    context_tokens: int
    notice: str = ""


def profiles(settings: Settings) -> dict[str, Profile]:
    """Ours and the user's, who may replace ours."""
    shipped = tomllib.loads((Path(__file__).parent / "profiles.toml").read_text(encoding="utf-8"))
    return {name: Profile.model_validate(value) for name, value in shipped.items()} | settings.profiles


async def choose(settings: Settings, local_urls: Sequence[str] = LOCAL_URLS) -> Choice:
    """Find the model of this run.

    Raises:
        UsageError: there is no such profile.
        ModelUnavailable: the model was named for this very request and nothing answers at its address.
    """
    if settings.model == OFFLINE:
        return _offline("")
    profile = _profile(settings)
    url = settings.base_url or profile.base_url
    if found := await _reached(url) if url else await _local(local_urls):
        return await _served(settings, profile, found)
    if settings.model_is_explicit:
        raise ModelUnavailable(
            f"모델 서버에 연결할 수 없습니다: {url or ', '.join(local_urls)}",
            hint="서버가 켜져 있는지, 주소가 맞는지 확인하거나 --model offline 으로 내장 엔진을 쓰세요.",
        )
    return _offline("모델 서버가 없어 내장 오프라인 엔진으로 답합니다. (연결 확인: modu doctor)")


def _profile(settings: Settings) -> Profile:
    known = profiles(settings)
    name = settings.model or "generic"
    if name in known:
        return known[name]
    if settings.base_url:
        return known["generic"].model_copy(update={"served_name": name})
    raise UsageError(
        f"모델 프로필 {name!r} 이(가) 없습니다.",
        hint=f"쓸 수 있는 프로필: {', '.join([OFFLINE, *known])}. 서버의 모델 이름이라면 --base-url 도 함께 주세요.",
    )


def _offline(notice: str) -> Choice:
    # Loaded only when it answers: the dictionary of the analyser takes 46 MB.
    from agent.model.offline.engine import OfflineModel

    return Choice(OfflineModel(), Profile().context_tokens, notice)


async def _reached(url: str) -> str | None:
    return url if await listens(url, _CONNECT_SECONDS) else None


async def _local(urls: Sequence[str]) -> str | None:
    answers = await asyncio.gather(*(listens(url, _PROBE_SECONDS) for url in urls))
    for url, listening in zip(urls, answers, strict=True):
        if listening and await _models(url, "none", _PROBE_SECONDS * 5):
            return url
    return None


async def listens(url: str, seconds: float) -> bool:
    """Whether anything accepts connections there."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def _leaves_the_machine(url: str) -> bool:
    """Only then a proxy of the environment is meant."""
    return urlsplit(url).hostname not in ("localhost", "127.0.0.1", "::1")


async def _models(url: str, key: str, seconds: float) -> list[str]:
    """The names a server lists; empty if it is no model server or does not say."""
    # Loaded only once a port is known to listen.
    import httpx

    try:
        async with httpx.AsyncClient(timeout=seconds, trust_env=_leaves_the_machine(url)) as http:
            answer = await http.get(f"{url.rstrip('/')}/models", headers={"Authorization": f"Bearer {key}"})
            return [str(model["id"]) for model in answer.raise_for_status().json()["data"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return []


async def _served(settings: Settings, profile: Profile, url: str) -> Choice:
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

    from agent.model.openai_chat import OpenAIChat

    key = _api_key(settings, profile, os.environ)
    name = profile.served_name or next(iter(await _models(url, key, _CONNECT_SECONDS)), "default")
    timeout = Timeout(settings.model_timeout, connect=_CONNECT_SECONDS)
    http = DefaultAsyncHttpxClient(timeout=timeout, trust_env=_leaves_the_machine(url))
    client = AsyncOpenAI(base_url=url, api_key=key, timeout=timeout, max_retries=1, http_client=http)
    return Choice(OpenAIChat(client, name, profile), settings.context_tokens or profile.context_tokens)


def _api_key(settings: Settings, profile: Profile, env: Mapping[str, str]) -> str:
    if settings.api_key:
        return settings.api_key.get_secret_value()
    # A local server asks for none, but the protocol's client insists on one.
    return env.get(profile.api_key_env or "", "") or "none"
