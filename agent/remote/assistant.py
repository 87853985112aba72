"""`Assistant` over the wire."""

from functools import partial
from pathlib import Path
from typing import Any

from agent.contract import EngineStatus, SessionSummary
from agent.remote.line import Line
from agent.remote.request import Request
from agent.remote.session import RemoteSession
from agent.wire.dialing import reach
from agent.wire.launching import launch
from agent.wire.link import Dial


class RemoteAssistant:
    """See `agent.contract.Assistant`. What is in flight when the process goes away goes on when it is back."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def open(self, session_id: str | None = None) -> RemoteSession:
        """`newest` is the session that was used last."""
        opened = await self._call("open", session=session_id)
        return RemoteSession(self._line, opened["session"])

    async def sessions(self, limit: int = 50) -> list[SessionSummary]:
        return [SessionSummary.model_validate(one) for one in await self._call("sessions", limit=limit)]

    async def delete(self, session_id: str) -> None:
        await self._call("delete", session=session_id)

    async def engine(self) -> EngineStatus:
        return EngineStatus.model_validate(await self._call("engine"))

    async def close(self) -> None:
        """Turns that run go on."""
        self._line.close()

    async def _call(self, method: str, **params: Any) -> Any:
        return await Request(self._line, f"assistant.{method}", params).result()


async def connect(home: Path, greeting: dict[str, Any], dial: Dial | None = None) -> RemoteAssistant:
    """Reach the resident process of a home, starting it if need be; or whoever `dial` connects with.

    Raises:
        Unreachable: there is none and none can be started.
        UserError: it refuses this face; the message says why.
    """
    line = Line(dial or partial(launch, home), dial or partial(reach, home), greeting)
    line.give_back(await line.take())
    return RemoteAssistant(line)
