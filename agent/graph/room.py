"""Makes room in the model's window: large results leave first, under a handle, then the oldest turns, summed up."""

from agent.events import Compacted, Notice
from agent.graph.state import Turn, TurnContext
from agent.model.context import request
from agent.model.contract import ChatRequest
from agent.model.window import Fill, counted, estimate, reserve
from agent.transcript.compaction import compaction, to_shelve
from agent.transcript.entries import Shelved

_NEAR, _FULL = 0.7, 0.9
"""Shares of the room for the prompt: from the first on the server counts, above the second room is made."""
_KEPT = 0.5
"""Share of the room that is in use afterwards."""


async def fitting_request(turn: int, step: int, runtime: Turn) -> ChatRequest:
    """The next request, short enough for the window as far as that can be known."""
    context = runtime.context
    asked = _request(context)
    if await _full(context, asked):
        await make_room(turn, step, runtime)
        asked = _request(context)
    return asked


async def make_room(turn: int, step: int, runtime: Turn) -> bool:
    """Shelve and compact down to half of the room. False if nothing could leave any more."""
    context = runtime.context
    room = _room(context)
    before = _filled(context).used
    surplus = before - round(_KEPT * room)
    shelved = await _shelve(turn, step, surplus, runtime)
    if (surplus := _filled(context).used - round(_KEPT * room)) <= 0:
        return shelved
    history = sum(count for name, count in _filled(context).parts.items() if name not in _FIXED)
    left = compaction(context.ledger.rows, max(0, history - surplus))
    if left is None:
        return shelved
    await context.ledger.append(turn, left)
    runtime.stream_writer(Compacted(summary=left.summary, turns=left.turns))
    return True


async def _shelve(turn: int, step: int, surplus: int, runtime: Turn) -> bool:
    context = runtime.context
    ledger, session = context.ledger, context.ledger.session.id
    leaving = to_shelve(ledger.rows, surplus)
    if not leaving:
        return False
    handles = {
        result.call_id: await ledger.store.put_blob(session, result.text, outside=result.outside) for result in leaving
    }
    await ledger.append(turn, Shelved(step=step, handles=handles))
    runtime.stream_writer(Notice(text=f"긴 도구 결과 {len(handles)}건을 치워 두어 모델의 문맥에 자리를 만들었습니다."))
    return True


async def _full(context: TurnContext, asked: ChatRequest) -> bool:
    room, guess = _room(context), estimate(context.model, asked, context.ledger.rows)
    if guess.used < _NEAR * room:
        return False
    known = await counted(context.model, asked, context.ledger.rows)
    return known.used > _FULL * room


def _filled(context: TurnContext) -> Fill:
    return estimate(context.model, _request(context), context.ledger.rows)


def _room(context: TurnContext) -> int:
    window = context.model.context_tokens
    return window - reserve(window)


def _request(context: TurnContext) -> ChatRequest:
    return request(context.ledger.session.workspace, context.ledger.rows, context.tools, context.settings)


_FIXED = ("시스템 지시문", "도구 설명")
"""Parts that nothing can be taken from."""
