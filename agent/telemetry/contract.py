"""What is told of a turn, whoever listens: OpenTelemetry's semantic conventions for generative AI, without contents.

https://opentelemetry.io/docs/specs/semconv/gen-ai/ (spans `invoke_agent`, `chat`, `execute_tool`; histograms
`gen_ai.client.token.usage` and `gen_ai.client.operation.duration`).
"""

from contextlib import AbstractContextManager
from typing import Protocol


class Observed(Protocol):
    """One span. A name is an attribute of the conventions, such as `gen_ai.usage.input_tokens`."""

    def tell(self, **attributes: str | int | float | bool) -> None:
        """Dots of the name are written as double underscores."""
        ...


class TurnObserver(Protocol):
    """One turn; its spans are children of the turn's."""

    def chat(self, model: str) -> AbstractContextManager[Observed]:
        """One request to the model. Tokens told here are counted in the histogram."""
        ...

    def tool(self, name: str, call_id: str) -> AbstractContextManager[Observed]:
        """One tool call."""
        ...

    def end(self, stop_reason: str) -> None: ...


class Telemetry(Protocol):
    def turn(self, session: str, turn: int) -> TurnObserver: ...

    def close(self) -> None:
        """Send what has not been sent."""
        ...
