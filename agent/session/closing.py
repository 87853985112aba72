"""Ends a turn so that the transcript is whole: every call has a result, and the next request is valid."""

import asyncio

from agent.events import Failure, StopReason
from agent.graph.act import settle, unknown
from agent.graph.state import TurnContext
from agent.session.spoken import Spoken
from agent.transcript.entries import CallMade, Ended, Replied, Resulted

_SETTLE_SECONDS = 10.0


async def close_turn(
    context: TurnContext, turn: int, reason: StopReason, spoken: Spoken, failure: Failure | None = None
) -> list[Resulted]:
    """Give every open call its result, keep what was already said, and write the end.

    A call that was begun is asked after by its key (invariant 3); it is never sent again. Returns the results written.
    """
    ledger = context.ledger
    await ledger.refresh()
    closed = [await _close_call(context, turn, call) for call in ledger.open_calls(turn)]
    for result in closed:
        await ledger.append(turn, result)
    reply = ledger.last_reply(turn)
    said = spoken.unfinished
    if said.strip() and (reply is None or all(call.id in ledger.results(turn) for call in reply.calls)):
        step = reply.step + 1 if reply else 0
        if not (reply and reply.text == said):
            await ledger.append(turn, Replied(step=step, text=said))
    ended = Ended(stop_reason=reason, text=spoken.whole, failure=failure, model=context.model.name)
    await ledger.append(turn, ended)
    return closed


async def _close_call(context: TurnContext, turn: int, call: CallMade) -> Resulted:
    if call.id in context.ledger.intents(turn):
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                known = await settle(call, turn, context)
        except TimeoutError:
            return unknown(call)
        if known:
            return known
    text = "중단되어 실행하지 않았습니다."
    return Resulted(call_id=call.id, status="cancelled", text=text, summary=text)
