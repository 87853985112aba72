"""The profiles, and what is reachable: what `modu models` prints."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from wcwidth import wcswidth, wcwidth

from agent.contract import EngineStatus
from agent.model.choice import OFFLINE
from agent.model.profiles import matching, profiles
from agent.model.servers import advice
from agent.model.servers.contract import Server
from agent.model.servers.nearby import LOCAL_URLS
from agent.model.servers.places import api_key, endpoints
from agent.settings import Endpoint, Profile, Settings
from agent.text import one_line, printable

_GAP = "  "


@dataclass(frozen=True)
class Address:
    """A place that was asked, and what came back."""

    url: str
    server: Server | None = None
    status: EngineStatus | None = None
    left_alone: bool = False
    """A hosted service that the user has not chosen."""


async def models(settings: Settings, width: int | None) -> AsyncIterator[str]:
    """The lines, cut at the width of the terminal, if there is one."""
    known = profiles(settings)
    tried = await asyncio.gather(*(_asked(settings, *place) for place in _places(settings, known)))
    for line in [*profile_lines(known, width), "", "주소", *address_lines(tried, known)]:
        yield line


def _places(settings: Settings, known: dict[str, Profile]) -> list[tuple[str, Profile, Endpoint]]:
    """Every address that a profile names, then the usual ones of this machine; each once."""
    own = [(name, profile, one) for name, profile in known.items() for one in endpoints(settings, profile)]
    places = own + [("", Profile(), Endpoint(url=url)) for url in LOCAL_URLS]
    return list({place[2].url.rstrip("/"): place for place in reversed(places)}.values())[::-1]


async def _asked(settings: Settings, name: str, profile: Profile, endpoint: Endpoint) -> Address:
    if endpoint.place == "hosted" and name != settings.model and name not in settings.profiles:
        return Address(endpoint.url, left_alone=True)
    # Loaded only here: the table of profiles needs no client.
    from agent.model.servers.fetch import client
    from agent.model.servers.probe import listed, probe
    from agent.model.servers.status import status

    key = api_key(settings, profile, endpoint)
    async with client(endpoint.url, key) as http:
        server = await (listed if endpoint.place == "hosted" else probe)(http, endpoint.url, key)
        if server is None or not server.models:
            return Address(endpoint.url, server)
        first = server.models[0]
        return Address(endpoint.url, server, await status(http, server, first.id, first.context_tokens or 0))


def profile_lines(known: dict[str, Profile], width: int | None) -> list[str]:
    """A table; the last column is cut at the width of the terminal, if there is one."""
    heads = ("프로필", "문맥", "생각", "라이선스", "모델")
    offline = (OFFLINE, "", "", "", "내장 오프라인 엔진 (모델 없이 정해진 말만 알아듣습니다)")
    rows = [heads, offline, *(_profile_row(name, profile) for name, profile in known.items())]
    return [_cut(line, width) for line in _table(rows)]


def _profile_row(name: str, profile: Profile) -> tuple[str, ...]:
    unverified = "" if profile.verified else "[미확인] "
    title = one_line(f"{unverified}{profile.title or profile.note}", 200)
    return (name, f"{profile.context_tokens:,}", _thinking(profile), profile.licence, title)


def _thinking(profile: Profile) -> str:
    if profile.thinking.switch == "kwarg":
        return "켜짐" if profile.thinking.default else "꺼짐"
    return "항상" if profile.thinking.switch == "always" else "없음"


def address_lines(tried: Sequence[Address], known: dict[str, Profile]) -> Iterator[str]:
    """One line for each address, below it one for each model that is served there."""
    for address, line in zip(tried, _table([(one.url, _state(one)) for one in tried]), strict=True):
        yield f"{_GAP}{line}"
        models = address.server.models if address.server else ()
        rows = [(printable(one.id), advice.window(one.context_tokens), matching(one, known) or "") for one in models]
        yield from (f"{_GAP * 3}{line}" for line in _table(rows))


def _state(address: Address) -> str:
    server = address.server
    if server is None:
        return "외부 서비스라 묻지 않음" if address.left_alone else "응답 없음"
    parts = (
        advice.engine(server),
        "모델을 올리는 중" if server.loading else "",
        advice.FAULTS[server.fault] if server.fault else "",
        advice.load(address.status) if address.status else "",
    )
    return " · ".join(filter(None, parts))


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell on a terminal, where Hangul takes two places."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    padded = ((cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [_GAP.join(cells).rstrip() for cells in padded]


def _width(text: str) -> int:
    return max(0, wcswidth(text))


def _cut(line: str, width: int | None) -> str:
    if width is None or _width(line) <= width:
        return line
    taken, kept = 1, ""
    for letter in line:
        taken += max(0, wcwidth(letter))
        if taken > width:
            break
        kept += letter
    return f"{kept}…"
