"""The tools a session offers to its model: chosen once, then the same, since a changed list voids the server's prefix
cache. What is new since is found by `find_tools`."""

from pydantic import BaseModel, ConfigDict, ValidationError

from agent import __version__
from agent.model.contract import ToolSpec
from agent.model.window import overhead, reserve
from agent.settings import Settings
from agent.tools import own
from agent.transcript.ledger import Ledger

_NAME = "tools"
_SHARE = 0.6
"""Of the room for the prompt that tool descriptions may take."""


class _Offer(BaseModel):
    """What was chosen, and for what: with another version or other servers the choice is made anew."""

    model_config = ConfigDict(frozen=True)

    version: str
    only_servers: tuple[str, ...]
    tools: tuple[ToolSpec, ...]

    def holds(self, settings: Settings, window: int) -> bool:
        same = (self.version, self.only_servers) == (__version__, settings.only_servers)
        return same and _fits(self.tools, window)


class Offering:
    """Of one session."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._offer: _Offer | None = None

    async def tools(self, core: tuple[ToolSpec, ...], settings: Settings, window: int) -> tuple[ToolSpec, ...]:
        """Written down with the session's first request. `window` in tokens."""
        store, session = self._ledger.store, self._ledger.session.id
        if self._offer is None and (kept := await store.kept(session, _NAME)):
            self._offer = _read(kept)
        if self._offer is None or not self._offer.holds(settings, window):
            tools = chosen(core, window)
            self._offer = _Offer(version=__version__, only_servers=settings.only_servers, tools=tools)
            await store.keep(session, _NAME, self._offer.model_dump_json())
        return self._offer.tools


def chosen(core: tuple[ToolSpec, ...], window: int) -> tuple[ToolSpec, ...]:
    """All core tools; where they would fill a small window, only the way to find them and use them by name."""
    tools = (*core, *own.specs())
    return tools if _fits(tools, window) else own.specs()


def _fits(tools: tuple[ToolSpec, ...], window: int) -> bool:
    return tools == own.specs() or overhead(tools) <= _SHARE * (window - reserve(window))


def _read(kept: str) -> _Offer | None:
    try:
        return _Offer.model_validate_json(kept)
    except ValidationError:
        return None
