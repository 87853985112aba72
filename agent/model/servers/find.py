"""Which server a run means, which of its models, and as what profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.errors import UsageError
from agent.josa import josa
from agent.model.profiles import GENERIC, matching, profiles
from agent.model.servers.contract import Served, Server
from agent.model.servers.nearby import LOCAL_URLS, nearby
from agent.model.servers.places import api_key, endpoints, served_name
from agent.settings import Endpoint, Profile, Settings
from agent.text import printable

_STRICT = ("vllm", "sglang", "ollama", "lmstudio")
"""Engines that serve what they list and nothing else."""
_SHOWN = 12
"""Models of a server that a message lists."""


@dataclass(frozen=True)
class Found:
    """Where the model of a run is, and what is known of it."""

    profile_name: str
    profile: Profile
    endpoints: tuple[Endpoint, ...]
    """In order of preference; the first one has the name under which its server lists the model."""
    server: Server | None
    """The first endpoint as it answered; None if it does not and others may."""
    asked: str = ""
    """The model that was named, if one was."""
    notice: str = ""
    """What the user should be told about the choice."""

    @property
    def served_name(self) -> str:
        return served_name(self.profile, self.endpoints[0])

    @property
    def told_window(self) -> int | None:
        """Tokens, by the server's own word."""
        served = self.server.served(self.served_name) if self.server else None
        return served.context_tokens if served else None


async def find(settings: Settings, local_urls: Sequence[str] = LOCAL_URLS) -> Found | None:
    """Look for the model of this run; None if nothing answers where it should be.

    Raises:
        UsageError: there is no such profile, or the server does not list the model that was named.
        SettingsError: an API key cannot be sent.
    """
    known = profiles(settings)
    named = _named_profile(settings, known)
    profile = known[named or GENERIC]
    places = endpoints(settings, profile)
    if not places:
        servers = await nearby(local_urls)
        return _settled(settings, known, named, (), _serving(named, servers, known)) if servers else None
    if server := await _reached(settings, profile, places[0]):
        return _settled(settings, known, named, places, server)
    return Found(named or GENERIC, profile, places, None) if len(places) > 1 else None


def _named_profile(settings: Settings, known: Mapping[str, Profile]) -> str | None:
    """None: nothing was named, or a model of the server at an address that was given."""
    if not settings.model or settings.model in known:
        return settings.model
    if settings.base_url:
        return None
    raise UsageError(
        f"모델 프로필 {settings.model!r} 이(가) 없습니다.",
        hint=f"쓸 수 있는 프로필: {', '.join(['offline', *known])}. 서버의 모델 이름이라면 --base-url 도 함께 주세요.",
    )


async def _reached(settings: Settings, profile: Profile, endpoint: Endpoint) -> Server | None:
    # Loaded only now: without an address most runs never need it.
    from agent.model.servers.fetch import first_client
    from agent.model.servers.probe import listed, probe

    key = api_key(settings, profile, endpoint)
    asked = listed if endpoint.place == "hosted" else probe
    async with first_client(endpoint.url, key) as http:
        return await asked(http, endpoint.url, key)


def _serving(named: str | None, servers: Sequence[Server], known: Mapping[str, Profile]) -> Server:
    """The server that has the model of the profile, else the first."""
    having = (server for server in servers if named and any(matching(one, known) == named for one in server.models))
    return next(having, servers[0])


def _settled(
    settings: Settings, known: Mapping[str, Profile], named: str | None, places: tuple[Endpoint, ...], server: Server
) -> Found:
    first, *rest = places or (Endpoint(url=server.url),)
    wanted = (None if named else settings.model) or first.served_name or known[named or GENERIC].served_name
    served = _listed(server, first, wanted) if wanted else _fitting(server, named, known)
    name = named or matching(served or Served(wanted or ""), known) or GENERIC
    chosen = first.model_copy(update={"url": server.url, "served_name": served.id if served else wanted})
    notice = "" if wanted else _mismatch(named, served, known)
    return Found(name, known[name], (chosen, *rest), server, wanted or "", notice)


def _listed(server: Server, endpoint: Endpoint, wanted: str) -> Served | None:
    """The model that was named. Hosted services, gateways and llama.cpp take names that they do not list."""
    found = server.served(wanted)
    if found or not server.models or endpoint.place == "hosted" or server.kind not in _STRICT:
        return found
    names = ", ".join(printable(one.id) for one in server.models[:_SHOWN])
    more = f" 외 {len(server.models) - _SHOWN}개" if len(server.models) > _SHOWN else ""
    raise UsageError(
        f"{server.url} 의 서버에 {wanted!r} 모델이 없습니다.",
        hint=f"서버에 있는 모델: {names}{more}. 이 가운데 하나를 --model 이나 served_name 으로 고르세요.",
    )


def _fitting(server: Server, named: str | None, known: Mapping[str, Profile]) -> Served | None:
    """The first model of the profile, else the first of all."""
    fits = (one for one in server.models if named and matching(one, known) == named)
    return next(fits, next(iter(server.models), None))


def _mismatch(named: str | None, served: Served | None, known: Mapping[str, Profile]) -> str:
    """A profile was named and the server has a model that is known to be another one."""
    other = matching(served, known) if served else None
    if served is None or named in (None, GENERIC, other) or other is None:
        return ""
    answering = josa(printable(served.id), "으로/로")
    return f"서버에 {named} 프로필의 모델이 없어 {answering} 답합니다. (확인: modu models)"
