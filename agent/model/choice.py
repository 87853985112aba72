"""Which model answers: the one the user names, else one that is in reach, else the offline engine."""

import asyncio
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.errors import ModelUnavailable
from agent.model.contract import ChatModel
from agent.model.profiles import GENERIC, profiles
from agent.model.servers.address import leaves_the_machine
from agent.model.servers.contract import Server
from agent.model.servers.find import Found, find
from agent.model.servers.nearby import LOCAL_URLS
from agent.model.servers.places import api_key, endpoints, served_name
from agent.settings import Endpoint, Profile, Settings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from agent.model.http.recovery import Patience

OFFLINE = "offline"
NO_SERVER = "모델 서버가 없어 내장 오프라인 엔진으로 답합니다. (연결 확인: modu doctor)"
_CLIENT = "agent.model.http.chat"
_CONNECT_SECONDS = 3.0
_LOADING = 2.5
"""Times the usual patience, for a server that says it is loading."""
_TRIES = 9
"""Beyond the first, where no other endpoint can take over."""


@dataclass(frozen=True)
class Choice:
    """A model, and what the user should be told about the choice."""

    model: ChatModel
    notice: str = ""
    found: Found | None = None
    """Where the model is; None: it is the built-in engine."""


async def choose(settings: Settings, local_urls: Sequence[str] = LOCAL_URLS) -> Choice:
    """Find the model of this run.

    Raises:
        UsageError: there is no such profile, or the server does not list the model that was named.
        SettingsError: an API key cannot be sent.
        ModelUnavailable: the model was named for this very request and nothing answers at its address.
    """
    return await settled(settings, await sought(settings, local_urls), local_urls)


async def sought(settings: Settings, local_urls: Sequence[str] = LOCAL_URLS) -> Found | None:
    """The first half of `choose`: where the model is. None: nowhere, or it need not be looked for."""
    if settings.model == OFFLINE:
        return None
    if any(map(leaves_the_machine, addresses(settings))):
        # A server far away takes its time to tell what it is: the client is loaded meanwhile.
        asyncio.get_running_loop().run_in_executor(None, importlib.import_module, _CLIENT)
    return await find(settings, local_urls)


async def settled(settings: Settings, found: Found | None, local_urls: Sequence[str] = LOCAL_URLS) -> Choice:
    """The second half: ready to be asked. Client and engine take most of a second to load, so a thread does it."""
    if found:
        return Choice(await asyncio.to_thread(_model, settings, found), found.notice, found)
    if settings.model != OFFLINE and settings.model_is_explicit:
        raise ModelUnavailable(
            f"모델 서버에 연결할 수 없습니다: {', '.join(addresses(settings) or local_urls)}",
            hint="서버가 켜져 있는지, 주소가 맞는지 확인하거나 --model offline 으로 내장 엔진을 쓰세요.",
        )
    return Choice(await asyncio.to_thread(_offline), "" if settings.model == OFFLINE else NO_SERVER)


def addresses(settings: Settings) -> list[str]:
    """Where the user says that the model is; empty if that is left to us."""
    known = profiles(settings)
    return [endpoint.url for endpoint in endpoints(settings, known.get(settings.model or GENERIC, known[GENERIC]))]


def context_tokens(settings: Settings, profile: Profile, told: int | None) -> int:
    """The window to work with: never larger than the server's own."""
    wanted = settings.context_tokens or told or profile.context_tokens
    return min(wanted, told or wanted)


def connect(
    settings: Settings, profile: Profile, endpoint: Endpoint, server: Server | None, patience: "Patience"
) -> ChatModel:
    """A client for one endpoint; `server` is what is known of it, if it was asked. Opens no connection yet."""
    from agent.model.http.chat import OpenAIChat
    from agent.model.http.memory import ServerMemory

    name, there = served_name(profile, endpoint), server or Server(endpoint.url.rstrip("/"))
    served = there.served(name)
    return OpenAIChat(
        client=_client(settings, there.url, api_key(settings, profile, endpoint)),
        server=there,
        served_name=name,
        profile=profile,
        context_tokens=context_tokens(settings, profile, served.context_tokens if served else None),
        memory=ServerMemory(settings.home / "cache" / "model-servers.json"),
        patience=patience,
    )


def _model(settings: Settings, found: Found) -> ChatModel:
    from agent.model.http.recovery import Patience

    first, *rest = found.endpoints
    patience = Patience(
        silence=settings.model_timeout, loading=_LOADING * settings.model_timeout, tries=1 if rest else _TRIES
    )
    model = connect(settings, found.profile, first, found.server, patience)
    if not rest and first.place == "own" and not first.masked:
        return model
    from agent.model.tiers import Tier, Tiered

    substitutes = (Tier(endpoint, connect(settings, found.profile, endpoint, None, patience)) for endpoint in rest)
    return Tiered([Tier(first, model), *substitutes])


def _client(settings: Settings, url: str, key: str) -> "AsyncOpenAI":
    import httpx2
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

    from agent.model.servers.fetch import certificates

    timeout, outside = Timeout(settings.model_timeout, connect=_CONNECT_SECONDS), leaves_the_machine(url)
    verify = certificates(httpx2, outside) if outside or url.startswith("https:") else False
    http = DefaultAsyncHttpxClient(timeout=timeout, trust_env=outside, verify=verify)
    return AsyncOpenAI(base_url=url, api_key=key, timeout=timeout, max_retries=0, http_client=http)


def _offline() -> ChatModel:
    # Loaded only when it answers: the dictionary of the analyser takes 46 MB.
    from agent.model.offline.engine import OfflineModel

    return OfflineModel()
