"""The first request of a turn leaves before the graph that will read its answer has been loaded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.model.ahead import Ahead
from agent.model.context import request
from agent.model.window import estimate, reserve
from agent.session.mind import Mind
from agent.transcript.ledger import Ledger

_CERTAIN = 0.7
"""Share of the window below which the request fits for certain; fuller ones are measured and shortened first."""


@asynccontextmanager
async def asked_ahead(mind: Mind, ledger: Ledger) -> AsyncIterator[Mind]:
    """Within the block the model has been asked what the graph will ask first."""
    asked = request(ledger.session.workspace, ledger.rows, mind.tools, mind.settings)
    window = mind.model.context_tokens
    if estimate(mind.model, asked, ledger.rows).used >= _CERTAIN * (window - reserve(window)):
        yield mind
        return
    ahead = Ahead(mind.model, asked)
    try:
        yield mind.asking(ahead)
    finally:
        await ahead.let_go()
