"""PLACEHOLDER by the lead until helper 2 writes the real one (overwrite this file)."""

from agent.model.choice import Choice, choose
from agent.settings import Settings


class StandingChoices:
    def __init__(self) -> None:
        self._kept: dict[str, Choice] = {}

    async def choice(self, settings: Settings) -> Choice:
        key = settings.model_dump_json(include={"model", "base_url"})
        if key not in self._kept:
            self._kept[key] = await choose(settings)
        return self._kept[key]

    def forget(self, settings: Settings) -> None:
        self._kept.clear()

    async def sweep(self) -> None:
        return

    async def close(self) -> None:
        for choice in self._kept.values():
            await choice.model.close()
