"""What a turn needs to ask its model: enough for the first request to leave."""

from dataclasses import dataclass, replace

from agent.model.contract import ChatModel, ToolSpec
from agent.settings import Settings
from agent.tools.hub import Hub


@dataclass(frozen=True)
class Mind:
    """The same for the whole of a turn."""

    settings: Settings
    hub: Hub
    model: ChatModel
    notice: str = ""
    """What the user should know about the choice of the model."""
    tools: tuple[ToolSpec, ...] = ()
    """Offered to the model; the same for the whole life of the session."""

    def offering(self, tools: tuple[ToolSpec, ...]) -> "Mind":
        return replace(self, tools=tools)

    def asking(self, model: ChatModel) -> "Mind":
        return replace(self, model=model)
