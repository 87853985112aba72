"""What the nodes of a turn share."""

import asyncio
from dataclasses import dataclass
from typing import TypedDict

from langgraph.runtime import Runtime

from agent.model.contract import ChatModel, ToolSpec
from agent.settings import Settings
from agent.telemetry.contract import TurnObserver
from agent.tools.hub import Hub
from agent.transcript.ledger import Ledger


class State(TypedDict, total=False):
    """What a checkpoint holds: where the turn stands, and no more."""

    turn: int
    step: int


@dataclass(frozen=True)
class TurnContext:
    """The collaborators of one turn."""

    ledger: Ledger
    hub: Hub
    model: ChatModel
    settings: Settings
    tools: tuple[ToolSpec, ...]
    """Offered to the model; the same for the whole life of the session in this process."""
    hurry: asyncio.Event
    """Set when the user has seen enough thinking."""
    observer: TurnObserver


Turn = Runtime[TurnContext]
