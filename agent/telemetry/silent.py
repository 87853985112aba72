"""Telemetry that is switched off: loads nothing and tells nobody."""

from collections.abc import Iterator
from contextlib import contextmanager

from agent.telemetry.contract import Observed, TurnObserver


class Silent:
    """`Telemetry`, `TurnObserver` and `Observed` in one: none of them does anything."""

    def turn(self, session: str, turn: int) -> TurnObserver:
        return self

    def close(self) -> None:
        return

    @contextmanager
    def chat(self, model: str) -> Iterator[Observed]:
        yield self

    @contextmanager
    def tool(self, name: str, call_id: str) -> Iterator[Observed]:
        yield self

    def end(self, stop_reason: str) -> None:
        return

    def tell(self, **attributes: str | int | float | bool) -> None:
        return
