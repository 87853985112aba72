"""The choices of a process that stays: kept from turn to turn, looked at again, exchanged when their server changed."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.errors import UserError
from agent.model.choice import OFFLINE, Choice, settled, sought
from agent.model.contract import ChatModel
from agent.model.profiles import profiles
from agent.model.servers.address import listens
from agent.model.servers.find import Found
from agent.model.servers.nearby import LOCAL_URLS
from agent.settings import Profile, Settings

_MATTERS = {"home", "model", "base_url", "profiles", "context_tokens", "model_timeout", "model_is_explicit"}
"""The settings that a choice depends on, beside the keys."""
_LISTENING = 1.0
"""Seconds in which a busy server at least takes a connection."""


@dataclass(frozen=True)
class Ages:
    """Seconds."""

    stand_in: float = 2
    """Of the offline engine in place of a server, before the next call looks for one again; less if that is quick."""
    server: float = 30
    """Of what is known of a server, before it is looked at again beside a call."""
    unused: float = 600
    """Without a call, before a client is closed."""
    parted: float = 60
    """Of a client that was exchanged, before it is closed: somebody may just be using it."""


class StandingChoices:
    """`choice` at the start of each turn; `sweep` now and then, while no turn runs; `close` in the end."""

    def __init__(self, local_urls: Sequence[str] = LOCAL_URLS, ages: Ages | None = None) -> None:
        self._local_urls = local_urls
        self._ages = ages or Ages()
        self._places: dict[tuple[str, ...], _Place] = {}

    async def choice(self, settings: Settings) -> Choice:
        """The model for these settings; made once, also for calls that come at the same time. Good for one turn.

        Raises as `choose`; what was raised is not kept.
        """
        key = _key(settings)
        if key not in self._places:
            self._places[key] = _Place(settings, self._local_urls, self._ages)
        return await self._places[key].choice()

    @property
    def names(self) -> list[str]:
        """Of the models that are kept."""
        return sorted(place.name for place in self._places.values() if place.name)

    def forget(self, settings: Settings) -> None:
        """It did not answer: the next call looks for one anew."""
        if place := self._places.get(_key(settings)):
            place.forget()

    async def sweep(self) -> None:
        """Close what has been exchanged, and what nobody has used for long."""
        for key, place in list(self._places.items()):
            if place.unused:
                del self._places[key]
                await place.close()
            else:
                await place.dismiss(self._ages.parted)

    async def close(self) -> None:
        for place in self._places.values():
            await place.close()
        self._places.clear()


class _Place:
    """The choice for one set of settings."""

    def __init__(self, settings: Settings, local_urls: Sequence[str], ages: Ages) -> None:
        self._settings = settings
        self._local_urls = local_urls
        self._ages = ages
        self._kept: Choice | None = None
        self._looked = self._used = time.monotonic()
        self._took = 0.0
        """Seconds of the last search."""
        self._looking: asyncio.Task[None] | None = None
        self._parted: list[tuple[float, ChatModel]] = []
        """Since when, and what some turn may still use."""

    @property
    def name(self) -> str:
        return self._kept.model.name if self._kept else ""

    @property
    def unused(self) -> bool:
        return not self._busy and time.monotonic() - self._used > self._ages.unused

    async def choice(self) -> Choice:
        self._used = time.monotonic()
        if self._kept and self._stands_in(self._kept):
            await asyncio.shield(self._look())
        while (kept := self._kept) is None:
            await asyncio.shield(self._look())
        if kept.found and self._age > self._ages.server:
            self._look()
        return kept

    def forget(self) -> None:
        self._part(self._kept)
        self._kept = None

    def _part(self, choice: Choice | None) -> None:
        if choice:
            self._parted.append((time.monotonic(), choice.model))

    async def dismiss(self, seconds: float) -> None:
        """Close what was parted with so long ago."""
        until = time.monotonic() - seconds
        due = [model for since, model in self._parted if since <= until]
        self._parted = [(since, model) for since, model in self._parted if since > until]
        for model in due:
            await model.close()

    async def close(self) -> None:
        if self._looking:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        self.forget()
        await self.dismiss(0)

    @property
    def _busy(self) -> bool:
        return self._looking is not None and not self._looking.done()

    @property
    def _age(self) -> float:
        return time.monotonic() - self._looked

    def _stands_in(self, kept: Choice) -> bool:
        """For a server that may be there by now."""
        wait = min(self._ages.stand_in, self._took)
        return not kept.found and self._settings.model != OFFLINE and self._age > wait

    def _look(self) -> asyncio.Task[None]:
        if self._looking is None or self._looking.done():
            kept = self._kept
            looking = self._again(kept, kept.found) if kept and kept.found else self._anew(kept)
            self._looking = asyncio.create_task(looking)
        return self._looking

    async def _anew(self, stand_in: Choice | None) -> None:
        begun = time.monotonic()
        found = await sought(self._settings, self._local_urls)
        self._took = time.monotonic() - begun
        if found or not stand_in:
            self._keep(await settled(self._settings, found, self._local_urls))
        self._looked = time.monotonic()

    async def _again(self, kept: Choice, known: Found) -> None:
        try:
            found = await sought(self._settings, self._local_urls)
            if found is None and await listens(known.endpoints[0].url, _LISTENING):
                # Too busy to say what it is.
                found = known
            new = await settled(self._settings, found) if found and _changed(known, found) else None
        except UserError:
            found = new = None
        if self._kept is not kept:
            # Forgotten meanwhile.
            self._part(new)
            return
        self._looked = time.monotonic()
        if new:
            self._keep(new)
        elif not found:
            # The next call says why, or finds another.
            self.forget()

    def _keep(self, choice: Choice) -> None:
        self.forget()
        self._kept = choice


def _changed(before: Found, now: Found) -> bool:
    """Another model is served, or otherwise. A server that is too busy to list its models has not changed."""
    return bool(now.server and now.server.models) and _told(before) != _told(now)


def _told(found: Found) -> tuple[object, ...]:
    kind = found.server.kind if found.server else None
    return found.endpoints, found.profile_name, found.profile, found.told_window, kind


def _key(settings: Settings) -> tuple[str, ...]:
    given = settings.api_key.get_secret_value() if settings.api_key else ""
    known = profiles(settings).values()
    variables = sorted({name for profile in known for name in _variables(profile)})
    return settings.model_dump_json(include=_MATTERS), given, *(settings.variable(name) or "" for name in variables)


def _variables(profile: Profile) -> Iterator[str]:
    """Names of those that hold keys."""
    yield from filter(None, (profile.api_key_env, *(endpoint.api_key_env for endpoint in profile.endpoints)))
